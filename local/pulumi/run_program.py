"""Runs one Pulumi program for the language host, in the interpreter of the program's project.

Imports the standard library and `pulumi` only: another project's environment has no more. What the
engine said about the run is the first argument, as JSON. Ends with BAIL when the engine has been
told what was wrong.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BAIL = 32  # the exit code by which the Python SDK says: already reported


def main() -> int:
    """Exit code of the run: 0, BAIL, or 1 when the engine could not be told."""
    run: dict[str, Any] = json.loads(sys.argv[1])
    try:
        import pulumi
        from pulumi.runtime import reset_options, run_in_stack, set_all_config
    except ImportError as error:
        print(
            f"E_PULUMI_PROGRAM: python={sys.executable} cannot import the Pulumi SDK ({error}); "
            "expected the environment of the project; fix: install the project's requirements",
            file=sys.stderr,
        )
        return 1
    reset_options(**run["options"])
    set_all_config(run["config"], run["secret_keys"])
    program: str = run["program"]
    sys.path.insert(0, os.path.dirname(program))
    sys.argv = [program]
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(run["parallel"], 1) * 4))

    def execute() -> None:
        runpy.run_path(program, run_name="__main__")

    try:
        loop.run_until_complete(run_in_stack(execute))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a program raises is reported
        text = _explain(error)
        if text:
            pulumi.log.error(text)
            return BAIL
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.close()
    return 0


def _explain(error: BaseException) -> str | None:
    """What to tell the user of a program that ended by an exception; None when it is no failure."""
    import grpc
    import pulumi

    if isinstance(error, SystemExit):
        return f"the program ended itself: {error.code}" if error.code else None
    if isinstance(error, pulumi.RunError):
        return str(error)
    if isinstance(error, grpc.RpcError):
        ended = error.code() == grpc.StatusCode.UNAVAILABLE
        return None if ended else str(error.details())
    return "the program failed:\n" + "".join(traceback.format_exception(error))


if __name__ == "__main__":
    sys.exit(main())
