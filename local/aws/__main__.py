"""Start the emulator with the services that it lacks: `python -m local.aws`.

Reads ACME_EMULATOR_PORT, ACME_KAFKA_PORT, ACME_STATE_DIR, ACME_REGION (and what the services read
themselves), all set by the supervisor. SIGTERM ends it with its state saved.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from local.aws import hooks, selfcheck, state

REQUIRED = ("ACME_EMULATOR_PORT", "ACME_KAFKA_PORT", "ACME_STATE_DIR", "ACME_REGION")
SERVICES = (
    "authorization",
    "functions",
    "credentials",
    "kafka",
    "athena",
    "glue",
    "firehose",
    "scheduler",
)
# Another account's keys or another endpoint must never reach the emulator or a function, and
# neither may the path on which this module is found.
FOREIGN = ("AWS_", "PYTHON", "VIRTUAL_ENV", "MINISTACK_", "LOCALSTACK_")


def environment(settings: dict[str, str]) -> dict[str, str]:
    """The emulator's own settings; it reads them when it is imported."""
    home = Path(settings["ACME_STATE_DIR"]) / "emulator"
    return {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": settings["ACME_EMULATOR_PORT"],
        "MINISTACK_REGION": settings["ACME_REGION"],
        "MINISTACK_MSK_BOOTSTRAP_SASL_IAM": f"127.0.0.1:{settings['ACME_KAFKA_PORT']}",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home / "s3"),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home / "state" / "current"),
        "CLOUDTRAIL_RECORDING": "0",  # it would keep the body of every request in memory
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(home / "tmp"),
    }


def prepare() -> Path:
    """Check the settings, put the emulator's into the environment, return its folder."""
    missing = [name for name in REQUIRED if not os.environ.get(name)]
    if missing:
        sys.exit(f"E_CFG_EMULATOR: {', '.join(missing)} not set; fix: start it by `make up`")
    settings = {name: os.environ[name] for name in REQUIRED}
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(environment(settings))
    home = Path(settings["ACME_STATE_DIR"]) / "emulator"
    shutil.rmtree(home / "tmp", ignore_errors=True)  # functions of a run that was killed
    for folder in ("tmp", "s3", "state"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = None
    return home


def services() -> list[ModuleType]:
    """The modules that add a service, in the order of installation."""
    return [importlib.import_module(f"local.aws.{name}") for name in SERVICES]


def main() -> None:
    """Check the seams, add the services, serve until SIGTERM."""
    home = prepare()
    modules = services()
    try:
        selfcheck.check(
            {k: v for m in [state, *modules] for k, v in getattr(m, "SEAMS", {}).items()}
        )
    except selfcheck.SeamError as error:
        sys.exit(str(error))
    snapshots = state.Snapshots(home / "state")
    snapshots.open()
    for module in modules:
        module.install()
    state.install(snapshots, [module.__name__.rpartition(".")[2] for module in modules])
    serve(int(os.environ["GATEWAY_PORT"]))
    snapshots.close()


def serve(port: int) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT."""
    from hypercorn.asyncio import serve as hypercorn
    from hypercorn.config import Config
    from ministack import app

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 3
    config.loglevel = "WARNING"
    asyncio.run(hypercorn(hooks.gateway(app.app), config))


if __name__ == "__main__":
    main()
