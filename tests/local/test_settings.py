"""Ports and folders of the laptop: defaults, the environment, and every problem at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local import settings
from local.settings import LaptopSettingsError, Ports


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


@pytest.mark.parametrize("text", ["", "x", "80", "65536", "-1", "9098.5", "1e4", "٩٠٩٨", " 9098"])
def test_a_wrong_port_is_named_with_its_variable(tmp_path: Path, text: str) -> None:
    with pytest.raises(LaptopSettingsError) as caught:
        settings.load({"ACME_STATE_DIR": str(tmp_path), "ACME_KAFKA_PORT": text})
    assert "E_CFG_LAPTOP: ACME_KAFKA_PORT=" in str(caught.value)
    assert "1024 to 65535" in str(caught.value)


def test_every_problem_is_listed(tmp_path: Path) -> None:
    with pytest.raises(LaptopSettingsError) as caught:
        settings.load(
            {
                "ACME_STATE_DIR": str(tmp_path),
                "ACME_KAFKA_PORT": "no",
                "ACME_TRINO_PORT": "7000",
                "ACME_PROVIDER_PORT": "7000",
            }
        )
    text = str(caught.value)
    assert "ACME_KAFKA_PORT='no'" in text
    assert "both 7000" in text


@pytest.mark.parametrize(
    "text",
    [
        *("{", "", "[]", "null", "{}", '{"cache": "/c", "ports": [["kafka", 1]]}'),
        *('{"cache": "/c", "ports": null}', '{"cache": "/c", "ports": {"kafka": "9098"}}'),
    ],
)
def test_a_damaged_record_of_the_stack_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "laptop.json").write_text(text)
    with pytest.raises(LaptopSettingsError, match=r"laptop\.json"):
        settings.load({"ACME_STATE_DIR": str(tmp_path)})


@pytest.mark.parametrize("name", ["ACME_KAFKA_PROT_PORT", "ACME_BROKER_PORT", "ACME_trino_PORT"])
def test_a_misspelt_port_variable_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(LaptopSettingsError, match=rf"{name} is no variable.*ACME_KAFKA_PORT"):
        settings.load({"ACME_STATE_DIR": str(tmp_path), name: "20001"})


def test_variables_that_are_not_ports_are_let_be(tmp_path: Path) -> None:
    found = settings.load({"ACME_STATE_DIR": str(tmp_path), "ACME_STACK": "dev", "KAFKA_PORT": "x"})
    assert found.ports == Ports()
