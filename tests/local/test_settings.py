"""Ports and folders of the laptop: defaults, the environment, and every problem at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from local import settings
from local.settings import Ports


def test_defaults(tmp_path: Path) -> None:
    found = settings.load({"ACME_STATE_DIR": str(tmp_path)})
    assert found.ports == Ports()
    assert found.cache == Path("~/.cache/acme-telemetry").expanduser()
    assert found.endpoint == "http://127.0.0.1:4566"
    assert found.bootstrap_brokers == "127.0.0.1:9098"


def test_the_environment_wins_and_a_later_command_finds_what_was_used(tmp_path: Path) -> None:
    first = settings.load(
        {"ACME_STATE_DIR": str(tmp_path), "ACME_TRINO_PORT": "20001", "ACME_CACHE_DIR": "/c"}
    )
    assert first.ports == replace(Ports(), trino=20001)
    first.save()
    later = settings.load({"ACME_STATE_DIR": str(tmp_path)})
    assert later == first


def test_variables_that_are_not_ports_are_let_be(tmp_path: Path) -> None:
    found = settings.load({"ACME_STATE_DIR": str(tmp_path), "ACME_STACK": "dev", "KAFKA_PORT": "x"})
    assert found.ports == Ports()
