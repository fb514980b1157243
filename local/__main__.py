"""`python -m local COMMAND`, behind the make targets: parse, call, turn errors into one line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC

from analysis.command_line import CommandLine, of_file, reader_left, whole
from analysis.errors import AnalysisError
from local import settings
from local.errors import LaptopError
from local.settings import Laptop

INTERRUPTED = 130
EVENTS_MAX = 1_000_000  # what the generator makes in one run


def _say(text: str) -> None:
    print(text, flush=True)


def fetch(laptop: Laptop, options: argparse.Namespace) -> int:
    """Bring everything into the cache; says nothing when all is there."""
    from local import stack

    stack.fetch(laptop, _say)
    return 0


def up(laptop: Laptop, options: argparse.Namespace) -> int:
    """Start the parts and deploy."""
    from local import stack
    from local.supervisor import Supervisor, exclusively

    with exclusively(laptop):
        stack.fetch(laptop, _say)
        stack.start(laptop, Supervisor(laptop), _say)
        result = stack.deploy(laptop, _say)
    changes = ", ".join(f"{count} {kind}" for kind, count in sorted(result.changes.items()))
    _say(f"deployed in {result.seconds:.1f} s: {changes}")
    _say(f'endpoint {laptop.endpoint}; next: `make status`, or `eval "$(make env)"` for your tools')
    return 0


def demo(laptop: Laptop, options: argparse.Namespace) -> int:
    """The whole pipeline, to a report."""
    from local.demo import run
    from local.supervisor import exclusively

    with exclusively(laptop):
        return run(laptop, options.events)


def status(laptop: Laptop, options: argparse.Namespace) -> int:
    """What runs and how far the events have come."""
    from local.status import report

    return report(laptop)


def logs(laptop: Laptop, options: argparse.Namespace) -> int:
    """The last lines of every log file."""
    found = sorted((laptop.state / "logs").glob("*.log"))
    if not found:
        _say(f"no logs in {laptop.state / 'logs'}; `make up` starts what writes them")
    for path in found:
        _say(f"==> {path}")
        for line in path.read_text(errors="replace").splitlines()[-options.lines :]:
            _say(f"    {line}")
    return 0


def down(laptop: Laptop, options: argparse.Namespace) -> int:
    """Stop every part."""
    from local import stack
    from local.supervisor import Supervisor, exclusively

    with exclusively(laptop):
        stopped = stack.stop(laptop, Supervisor(laptop))
    _say(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")
    return 0


def reset(laptop: Laptop, options: argparse.Namespace) -> int:
    """Stop every part and delete the data."""
    from local import stack

    down(laptop, options)
    stack.erase(laptop)
    _say(f"deleted {laptop.state}; `make demo` builds everything again")
    return 0


def env(laptop: Laptop, options: argparse.Namespace) -> int:
    """Shell exports for the user's own tools."""
    import shlex

    from local.engine import environment

    for name, value in environment(laptop).items():
        _say(f"export {name}={shlex.quote(value)}")
    return 0


def crawl(laptop: Laptop, options: argparse.Namespace) -> int:
    """Make the newest hours visible to queries."""
    from local import operations
    from local.engine import Engine

    outputs = operations.deployed(Engine(laptop).outputs())
    if not outputs["crawler"]:
        _say("nothing to crawl: partitions are projected, so that queries see every hour at once")
        return 0
    last = operations.crawl(laptop, outputs)
    began = last["StartTime"].astimezone(UTC)
    _say(f"crawled: {last['Status']}; queries see what was delivered by {began:%H:%M:%S}Z")
    return 0


def notebook(laptop: Laptop, options: argparse.Namespace) -> int:
    """Open JupyterLab on the notebooks; on the laptop with the laptop's environment."""
    from local.engine import environment

    extra = environment(laptop) if options.stack == "local" else {}
    jupyter = str(settings.REPO / ".venv" / "bin" / "jupyter")
    path = {"PYTHONPATH": str(settings.REPO), "ACME_STACK": options.stack}
    os.execve(jupyter, lab(os.geteuid()), {**os.environ, **extra, **path})


def lab(user_id: int) -> list[str]:
    """JupyterLab's command line. It refuses root (a container's usual user) unless told."""
    command = ["jupyter", "lab", "--ip=127.0.0.1", "--notebook-dir", str(settings.REPO)]
    command.append("--LabApp.default_url=/lab/tree/notebooks")
    return [*command, "--allow-root"] if user_id == 0 else command


COMMANDS: dict[str, Callable[[Laptop, argparse.Namespace], int]] = {
    "fetch": fetch,
    "up": up,
    "demo": demo,
    "status": status,
    "logs": logs,
    "down": down,
    "reset": reset,
    "env": env,
    "crawl": crawl,
    "notebook": notebook,
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = CommandLine(prog="python -m local", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, function in COMMANDS.items():
        one = commands.add_parser(name, help=function.__doc__)
        if name == "demo":
            one.add_argument(
                "--events",
                type=whole(1, EVENTS_MAX),
                default=100_000,
                help="events of the first run",
            )
        if name == "logs":
            one.add_argument("--lines", type=whole(1, 10_000), default=5, help="lines of each log")
        if name == "notebook":
            one.add_argument("--stack", default="local", help="the stack that notebooks ask")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; an exit code as `LaptopError` describes it, 130 after Ctrl-C."""
    # Not the handler of SIGINT: a shell that runs this in the background has it ignored.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](settings.load(), options)
    except (LaptopError, AnalysisError) as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return reader_left()
    except OSError as error:
        expected = "data in ACME_STATE_DIR and parts in ACME_CACHE_DIR, which you may write to"
        print(of_file(error, expected, "set that variable to another folder"), file=sys.stderr)
        return LaptopError.exit_code


if __name__ == "__main__":
    sys.exit(main())
