"""What happens before the broker starts: certificates, classes, settings, storage."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509

from local import settings
from local.kafka import broker, certificates, classes
from local.kafka.relock import COMPILER
from local.ports import free_ports
from local.settings import Laptop

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Where the authority's certificate and the server's key and chain go."""
    return tmp_path / "ca.pem", tmp_path / "server.pem"


def test_the_certificate_is_for_loopback_and_signed_by_the_authority(
    files: tuple[Path, Path],
) -> None:
    assert certificates.ensure(*files)
    authority = x509.load_pem_x509_certificate(files[0].read_bytes())
    server = x509.load_pem_x509_certificates(files[1].read_bytes())[0]
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["localhost", "127.0.0.1"]
    assert files[1].read_text().startswith("-----BEGIN PRIVATE KEY")
    assert "PRIVATE KEY" not in files[0].read_text()
    assert stat.S_IMODE(files[1].stat().st_mode) == 0o600


@pytest.mark.parametrize(("days_later", "renewed"), [(0, False), (366, False), (368, True)])
def test_certificates_are_renewed_when_they_near_their_end(
    files: tuple[Path, Path], days_later: int, renewed: bool
) -> None:
    certificates.ensure(*files, now=lambda: NOW)
    later = NOW + dt.timedelta(days=days_later)
    assert certificates.ensure(*files, now=lambda: later) is renewed


@pytest.mark.parametrize("damage", [0, 1])
@pytest.mark.parametrize("content", [None, b"", b"no PEM"])
def test_a_missing_or_damaged_file_renews_both(
    files: tuple[Path, Path], damage: int, content: bytes | None
) -> None:
    certificates.ensure(*files)
    before = [path.read_bytes() for path in files]
    files[damage].unlink() if content is None else files[damage].write_bytes(content)
    assert certificates.ensure(*files)
    assert all(path.read_bytes() != old for path, old in zip(files, before, strict=True))
    assert not certificates.ensure(*files)


def test_files_of_two_authorities_do_not_go_together(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    certificates.ensure(*files)
    certificates.ensure(tmp_path / "other.pem", tmp_path / "other-server.pem")
    (tmp_path / "other.pem").replace(files[0])
    assert certificates.ensure(*files)


def test_the_classes_are_named_by_their_source(tmp_path: Path) -> None:
    first = classes.folder(tmp_path, "a lock")
    assert first == classes.folder(tmp_path, "a lock")
    assert first != classes.folder(tmp_path, "another lock")


def test_a_source_that_does_not_compile_is_told_in_the_compilers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = Laptop(state=tmp_path, cache=settings.load().cache)
    broker.fetch(laptop, print)
    (tmp_path / "Broken.java").write_text("class Broken { int x = y; }")
    monkeypatch.setattr(classes, "SOURCES", tmp_path)
    compiler = broker._jar(laptop, COMPILER)
    with pytest.raises(classes.CompileError, match="y cannot be resolved"):
        classes.compile_into(tmp_path / "out", broker.JAVA, compiler, [])
    assert not (tmp_path / "out").exists()
    assert list(tmp_path.glob(".classes-*")) == []


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    """A laptop prepared for its broker but never started, in a folder with a blank in its name."""
    state = tmp_path_factory.mktemp("a state")
    made = Laptop(state=state, cache=settings.load().cache, ports=free_ports())
    broker.prepare(made, reauth_ms=5_000, cache_ms=500)
    return made


def test_preparing_again_changes_nothing_that_lasts(laptop: Laptop) -> None:
    folder = laptop.state / "kafka"
    kept = ["ca.pem", "server.pem", "data/meta.properties", "server.properties", "java.args"]
    before = [(folder / name).read_bytes() for name in kept]
    broker.prepare(laptop, reauth_ms=5_000, cache_ms=500)
    assert [(folder / name).read_bytes() for name in kept] == before


def test_the_settings_are_this_laptops(laptop: Laptop) -> None:
    text = (laptop.state / "kafka" / "server.properties").read_text()
    listeners = next(line for line in text.splitlines() if line.startswith("listeners="))
    assert listeners.count("//127.0.0.1:") == 3
    for expected in (
        f"IAM://127.0.0.1:{laptop.ports.kafka},",
        "connections.max.reauth.ms=5000",
        "msk.emulator.cache.ms=500",
        f"msk.emulator.endpoint={laptop.endpoint}",
        "auto.create.topics.enable=false",
    ):
        assert expected in text
    assert "${" not in text


def test_a_broker_that_does_not_run_is_not_healthy(laptop: Laptop, tmp_path: Path) -> None:
    assert not broker.healthy(laptop)
    assert not broker.healthy(Laptop(state=tmp_path, cache=laptop.cache, ports=laptop.ports))


def test_another_server_on_its_port_is_not_our_broker(laptop: Laptop, tmp_path: Path) -> None:
    """Its certificate is signed by another authority."""
    certificates.ensure(tmp_path / "ca.pem", tmp_path / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with socket.create_server(("127.0.0.1", laptop.ports.kafka)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                context.wrap_socket(server.accept()[0], server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        assert not broker.healthy(laptop)
        thread.join()


def test_a_cluster_deleted_meanwhile_leaves_empty_storage(laptop: Laptop) -> None:
    folder = laptop.state / "kafka"
    (folder / "data" / "acme-telemetry-0").mkdir()
    (folder / "wipe-owed").touch()
    broker.prepare(laptop)
    assert not (folder / "data" / "acme-telemetry-0").exists()
    assert (folder / "data" / "meta.properties").exists()
    assert not (folder / "wipe-owed").exists()


def test_storage_of_something_else_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "data").write_text("no folder")
    with pytest.raises(
        broker.BrokerError, match=r"^E_KAFKA_FORMAT: .*No available log.*make reset"
    ):
        broker.prepare(Laptop(state=tmp_path, cache=settings.load().cache, ports=free_ports()))
