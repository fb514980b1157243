"""Runs a notebook without a browser and writes it, executed, as a page that needs nothing else.

The notebook in `notebooks/` is never changed. When a cell fails, the page still shows all that ran.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbconvert import HTMLExporter
from papermill.exceptions import PapermillExecutionError

from analysis.errors import AnalysisError, shown
from analysis.page import page

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
CELL_SECONDS = 300
KERNEL = "python3"


class LocalKernelManager(AsyncKernelManager):
    """Talks to its kernel through socket files of this user, not through open ports."""

    transport = "ipc"


def execute(name: str, folder: Path, **parameters: Any) -> Path:
    """Execute `notebooks/<name>.ipynb` with `parameters`; return the page `<folder>/<name>.html`.

    Raises AnalysisError: E_NOTEBOOK_NAME, E_NOTEBOOK_PARAMETER (a parameter that the notebook does
    not have), E_NOTEBOOK_FAILED (a cell raised; the page tells which and how).
    """
    source = FOLDER / f"{name}.ipynb"
    if not source.is_file():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.ipynb")))
        raise AnalysisError(
            "E_NOTEBOOK_NAME",
            f"notebook={shown(name)} is not in notebooks/; expected one of {known}",
            "use a name of the list",
            exit_code=2,
        )
    known_parameters = papermill.inspect_notebook(str(source))
    unknown = sorted(set(parameters) - set(known_parameters))
    if unknown:
        raise AnalysisError(
            "E_NOTEBOOK_PARAMETER",
            f"{name} has no parameter {', '.join(unknown)}; expected {', '.join(known_parameters)}",
            "give only parameters of its tagged cell",
            exit_code=2,
        )
    folder.mkdir(parents=True, exist_ok=True)
    executed, written = folder / f"{name}.ipynb", folder / f"{name}.html"
    try:
        papermill.execute_notebook(
            str(source),
            str(executed),
            parameters=parameters,
            kernel_name=KERNEL,
            cwd=str(FOLDER.parent),
            execution_timeout=CELL_SECONDS,
            kernel_manager_class=LocalKernelManager,
            progress_bar=False,
            log_output=False,
            shutdown_kernel="immediate",  # it has said all it will: a grace lets it only complain
        )
    except PapermillExecutionError as error:
        raise AnalysisError(
            "E_NOTEBOOK_FAILED",
            f"{name}, cell {error.exec_count}: {error.ename}: {str(error.evalue)[:300]}",
            f"open {written}: it shows what ran and where it stopped",
            exit_code=4,
        ) from error
    finally:
        if executed.exists():
            written.write_text(html(executed), "utf-8")
    return written


def html(executed: Path) -> str:
    """An executed notebook as one page without any outside file."""
    notebook = nbformat.read(str(executed), as_version=4)
    exporter = HTMLExporter(template_name="basic", embed_images=True)
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    exporter.exclude_anchor_links = True
    body, _ = exporter.from_notebook_node(notebook)
    return page(
        executed.stem.replace("_", " ").capitalize() + "?", f'<main class="nb">{body}</main>'
    )
