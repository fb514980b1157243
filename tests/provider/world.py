"""An emulator and a provider of their own, and the engine on a project beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import yaml

from local.engine import Engine
from local.settings import ACCOUNT_ID, REGION, ROOT_KEY, Laptop
from tests.provider import every_type

CONFIG = {
    "aws:region": REGION,
    "aws:accessKey": ROOT_KEY,
    "aws:secretKey": ROOT_KEY,
    "aws:allowedAccountIds": [ACCOUNT_ID],
    "aws:skipMetadataApiCheck": True,
    "aws:defaultTags": {"tags": {"project": "every"}},
}


class World:
    """An emulator and a provider of this module's own, and the engine on a project beside them."""

    def __init__(self, laptop: Laptop, folder: Path) -> None:
        self.laptop = laptop
        self.folder = folder
        project = {"name": "every", "runtime": "python"}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Set keys of the program (`stage=…`), or of the provider (`**{"aws:…": …}`)."""
        file = self.folder / "Pulumi.local.yaml"
        held = yaml.safe_load(file.read_text()) if file.exists() else {"config": dict(CONFIG)}
        for name, value in changes.items():
            held["config"][name if ":" in name else f"every:{name}"] = value
        file.write_text(yaml.safe_dump(held))

    def engine(self, program: Callable[[], None] = every_type.program) -> Engine:
        return Engine(self.laptop, program, self.folder)

    def up(self) -> dict[str, int]:
        return self.engine().up().changes

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.laptop.endpoint,
            region_name=REGION,
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_KEY,
        )
