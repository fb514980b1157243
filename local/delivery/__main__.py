"""Run the delivery worker: `python -m local.delivery`. SIGTERM flushes and ends it."""

from __future__ import annotations

import logging
import os
import sys

from local import ending, settings
from local.delivery.crash import Crash, CrashPointError
from local.delivery.worker import Worker


def main() -> None:
    """Deliver until SIGTERM or SIGINT."""
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("kafka").setLevel(logging.ERROR)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        laptop = settings.load()
        crash = Crash.read(os.environ)
    except (settings.LaptopSettingsError, CrashPointError) as error:
        sys.exit(str(error))
    worker = Worker(laptop, crash)
    ending.when_told(worker.stop)
    worker.run()
    sys.stdout.flush()
    os._exit(0)  # a client that waits for a broker that is gone must not keep the process


if __name__ == "__main__":
    main()
