"""Proof at the start that the emulator is the one that this code was written for.

Each module that takes a part of the emulator in hand lists it in its `SEAMS`, as `module:name` and
what is expected there: the signature of a function, or the type of a value. Nothing is patched
before all of them hold, so an upgrade fails here, with every difference, and not in a request.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping

VERSION = "1.5.33"


class SeamError(RuntimeError):
    """The emulator differs from what is known; the text names each difference."""


def check(seams: Mapping[str, str]) -> None:
    """Raise SeamError unless the emulator has VERSION and every seam its expected shape."""
    from importlib.metadata import version

    found = version("ministack")
    problems = [] if found == VERSION else [f"ministack={found} is not {VERSION}"]
    for seam, expected in seams.items():
        shape = _shape(seam)
        if shape != expected:
            problems.append(f"{seam}={shape} is not {expected}")
    if problems:
        raise SeamError(
            f"E_EMULATOR_SEAM: {'; '.join(problems)}; "
            f"fix: install requirements/emulator.txt, or adapt local/aws to the new emulator"
        )


def _shape(seam: str) -> str:
    module_name, _, path = seam.partition(":")
    try:
        thing = importlib.import_module(module_name)
        for name in path.split("."):
            thing = getattr(thing, name)
    except (ImportError, AttributeError):
        return "missing"
    if isinstance(thing, type) or not callable(thing):
        return "class" if isinstance(thing, type) else type(thing).__name__
    names = ", ".join(
        ("*" if parameter.kind is inspect.Parameter.KEYWORD_ONLY else "") + name
        for name, parameter in inspect.signature(thing).parameters.items()
    )
    return f"({names})"
