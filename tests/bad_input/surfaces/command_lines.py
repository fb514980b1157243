"""`python -m local`, `analysis` and `benchmarks`: arguments, folders, files of outputs."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from analysis import __main__ as analysis_line
from analysis.outputs import NAMES, REQUIRED
from benchmarks import __main__ as benchmarks_line
from local import __main__ as local_line
from tests.bad_input.case import Case, Outcome, Surface, crashed, environment, listening, of_lines

RANGE = "--stack dev --from 2025-08-11 --to 2025-08-12"
LINES: Mapping[str, ModuleType] = {
    "local": local_line,
    "analysis": analysis_line,
    "benchmarks": benchmarks_line,
}
Given = tuple[str, tuple[str, ...], Mapping[str, str]]


def run(given: Given) -> Outcome:
    """A command line in an empty folder; `{}` in it and in its environment stands for that folder.

    Nothing must be left behind there by what is refused as a use.
    """
    module, arguments, variables = given
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        before = sorted(Path(folder).iterdir())
        filled = {name: value.replace("{}", folder) for name, value in variables.items()}
        own = {"ACME_STATE_DIR": f"{folder}/state", "PATH": folder, **filled}
        outcome = called(LINES[module], [one.replace("{}", folder) for one in arguments], own)
        if outcome.ends == 2 and sorted(Path(folder).iterdir()) != before:
            return replace(outcome, code="something was begun")
        where = tuple(one and one.replace(folder, "{}") for one in outcome.where)
    return replace(outcome, where=where)


def called(module: ModuleType, arguments: list[str], variables: Mapping[str, str]) -> Outcome:
    """What a command line says and ends with, in this environment."""
    main: Callable[[], int] = module.main
    with environment(variables), listening() as heard, contextlib.ExitStack() as stack:
        stack.enter_context(patch.object(sys, "argv", [module.__name__, *arguments]))
        stack.enter_context(patch("signal.signal"))
        try:
            ends = main()
        except SystemExit as ended:
            ends = int(str(ended.code))
        except Exception:  # noqa: BLE001 - to be told as what came of the case
            return crashed(heard.getvalue())
    said = heard.getvalue()
    if said.startswith("{"):
        said = f"{json.loads(said)['error']['message']}\n"
    return of_lines(said, ends, heard.getvalue())


NO_TEXTS: tuple[tuple[str, object], ...] = (
    *((name, value) for name in REQUIRED if name not in NAMES for value in (5, True, ["a"])),
    *((name, value) for name in ("region", "data_bucket") for value in ({"a": 1}, [1], 1.5)),
    ("region", "\ud800"),
    ("crawler", 5),
    ("ledger_location", ["a"]),
    ("bootstrap_brokers", {}),
    ("tables", {**dict.fromkeys(NAMES["tables"], "x"), "quarantine": 5}),
    *((name, dict.fromkeys(parts, value)) for name, parts in NAMES.items() for value in (5, "")),
    *((name, list(parts)) for name, parts in NAMES.items()),
)
NESTED = {name: {part: "x" for part in parts} for name, parts in NAMES.items()}


def prepare(folder: Path) -> None:
    """What the cases below find in their folder."""
    (folder / "file").write_text("kept")
    (folder / "loop").symlink_to(folder / "loop")
    whole = {name: "x" for name in REQUIRED}
    for name, text in (
        ("list.json", "[]"),
        ("cut.json", json.dumps(whole)[:-9]),
        ("empty.json", ""),
        ("nothing.json", "{}"),
        ("flat.json", json.dumps(whole)),
        ("deep.json", "[" * 50_000),
        ("good.json", json.dumps({**whole, **NESTED})),
        ("without.json", json.dumps({**whole, "workgroup": ""})),
    ):
        (folder / name).write_text(text)
    for number, (name, value) in enumerate(NO_TEXTS):
        (folder / f"{number}.json").write_text(json.dumps({**whole, **NESTED, name: value}))
    (folder / "binary.json").write_bytes(b"\xff\xfe\x00")


def use(module: str, line: str, where: str | None) -> Case:
    """A wrong use: words separated by spaces; `''` is an empty one."""
    words = tuple("" if word == "''" else word for word in line.split(" ") if word)
    given = f"python -m {module} {line}".replace(RANGE, "...")
    return Case((module, words, {}), "E_USAGE", where, given=given)


def state(command: str, folder: str) -> Case:
    """A state folder that cannot be used."""
    place = folder if folder.startswith("/") else f"{{}}/{folder}"
    return Case(("local", (command,), {"ACME_STATE_DIR": place}), "E_FILE", "file", 4,
                f"python -m local {command}, ACME_STATE_DIR={folder}")  # fmt: skip


def outputs(name: str, code: str, *where: str | None) -> Case:
    """A file of outputs that cannot be used."""
    variables = {"ACME_OUTPUTS_FILE": f"{{}}/{name}"}
    return Case(("analysis", ("reconcile", "--stack", "dev"), variables), code,
                where or None, given=f"ACME_OUTPUTS_FILE={name}")  # fmt: skip


DEV = "reconcile --stack dev"
CASES = (
    use("local", "", "COMMAND"),
    use("local", "statu", "COMMAND"),
    use("local", "STATUS", "COMMAND"),
    use("local", "''", "COMMAND"),
    use("local", "drop;table", "COMMAND"),
    use("local", "x" * 500, "COMMAND"),
    use("local", "up --fast", "--fast"),
    use("local", "up now", "now"),
    use("local", "--verbose up", "--verbose"),
    use("local", "demo --event 5", "--event"),
    *(use("local", f"demo --events {text}", "--events")
      for text in ("0", "-5", "x", "1e3", "1000001", "''", "٣", "1_000", "9" * 200, "NaN")),
    use("local", "demo --events", "--events"),
    *(use("local", f"logs --lines {text}", "--lines") for text in ("-3", "0", "x", "10001")),
    use("local", "notebook --stack", "--stack"),
    use("analysis", "", "COMMAND"),
    use("analysis", "reconcil --stack dev", "COMMAND"),
    use("analysis", "reconcile", "--stack"),
    use("analysis", "report --folder x", "--stack"),
    use("analysis", f"{DEV} --folder x", "--folder"),
    use("analysis", f"{DEV} --runs 1", "--runs"),
    use("analysis", f"{DEV} --run", "--run"),
    use("analysis", f"{DEV} --jsn", "--jsn"),
    use("analysis", f"{DEV} --json --since-hours never", "--since-hours"),
    *(use("analysis", f"{DEV} --since-hours {text}", "--since-hours")
      for text in ("0", "-1", "soon", "nan", "inf", "9000", "''", "1h", "x" * 300)),
    *(use("analysis", f"{DEV} --from {text}", "--from")
      for text in ("yesterday", "2026-02-30", "2025-08-11T10:00", "''", "0001-01-01", "9999-12-31",
                   "1754906400", "2025-08-11T25:00Z", "٢٠٢٥-08-11", "t" * 300)),
    use("analysis", f"{DEV} --from 2025-08-11 --since-hours 2", "--since-hours"),
    *(use("analysis", f"{DEV} --pause {text}", "--pause")
      for text in ("night", "20:55", "24:00-07:00", "08:00-08:00", "08:00-09:60", "-1:00-02:00")),
    use("analysis", "scan --stack dev", "--from"),
    use("analysis", "scan --stack dev --from 2025-08-11", "--to"),
    use("analysis", "scan --stack dev --from now --to 2025-08-11", "--from"),
    use("analysis", "scan --stack dev --from 2025-08-11 --to soon", "--to"),
    use("analysis", "scan --stack dev --from 2025-08-11 --to 2025-08-12 --dry-run", "--dry-run"),
    use("analysis", "scn --stack dev", "COMMAND"),
    *(use("analysis", f"replay {RANGE} --reason {text}", "--reason")
      for text in ("shape", "''", "e_rec_shape", "E_REC_SHAPE;", "r" * 200)),
    use("analysis", f"replay {RANGE} --force", "--force"),
    *(
        Case(("analysis", (command, "--stack", "dev", "--from", begin, "--to", end),
              {"ACME_OUTPUTS_FILE": "{}/good.json"}), "E_RANGE", None,
             given=f"python -m analysis {command} --from {begin} --to {end}")
        for command in ("scan", "replay")
        for begin, end in (("2025-08-11", "2025-08-11"), ("2025-08-12", "2025-08-11"),
                           ("2020-01-01", "2025-08-11"))
    ),
    use("benchmarks", "--rounds 0", "--rounds"),
    use("benchmarks", "--rounds -1", "--rounds"),
    use("benchmarks", "--rounds many", "--rounds"),
    use("benchmarks", "--rounds 101", "--rounds"),
    use("benchmarks", "--rounds 2.5", "--rounds"),
    use("benchmarks", "--only generator", "--only"),
    use("benchmarks", "--write --only producer", "--write"),
    use("benchmarks", "--quick", "--quick"),
    use("benchmarks", "generation", "generation"),
    *(state(command, folder)
      for command in ("up", "demo", "status", "down")
      for folder in ("/dev/null", "file", "file/below")),
    state("status", "n" * 300),
    Case(("local", ("status",), {"ACME_STATE_DIR": "{}/loop"}), "E_CFG_LAPTOP", "ACME_STATE_DIR",
         given="ACME_STATE_DIR leads to itself"),
    Case(("local", ("status",), {"ACME_STATE_DIR": "~nobody-of-this-name/x"}), "E_CFG_LAPTOP",
         "ACME_STATE_DIR", given="ACME_STATE_DIR=~nobody-of-this-name/x"),
    Case(("local", ("status",), {"ACME_CACHE_DIR": "~nobody-of-this-name/x"}), "E_CFG_LAPTOP",
         "ACME_CACHE_DIR", given="ACME_CACHE_DIR=~nobody-of-this-name/x"),
    Case(("local", ("status",), {"ACME_KAFKA_PORT": "80", "ACME_TRINO_PORT": "x"}), "E_CFG_LAPTOP",
         ("ACME_KAFKA_PORT", "ACME_TRINO_PORT"), given="two wrong ports"),
    outputs("none.json", "E_OUTPUTS_FILE", "ACME_OUTPUTS_FILE"),
    outputs("", "E_OUTPUTS_FILE", "ACME_OUTPUTS_FILE"),
    outputs("empty.json", "E_OUTPUTS_FILE", "ACME_OUTPUTS_FILE"),
    outputs("cut.json", "E_OUTPUTS_FILE", "ACME_OUTPUTS_FILE"),
    outputs("binary.json", "E_OUTPUTS_FILE", "ACME_OUTPUTS_FILE"),
    outputs("deep.json", "E_OUTPUTS_FILE", "ACME_OUTPUTS_FILE"),
    outputs("list.json", "E_OUTPUTS", None),
    outputs("nothing.json", "E_OUTPUTS", None),
    outputs("without.json", "E_OUTPUTS", None),
    outputs("flat.json", "E_OUTPUTS", None),
    *(replace(outputs(f"{number}.json", "E_OUTPUTS", None), given=f"outputs: {name} is {value!r}")
      for number, (name, value) in enumerate(NO_TEXTS)),
    Case(("analysis", ("reconcile", "--stack", "dev"), {}), "E_PULUMI_MISSING", None, 4,
         "python -m analysis without a Pulumi CLI"),
    Case(("analysis", ("report", "--stack", "dev", "--folder", "/dev/null/x"), {}), "E_FILE",
         "file", 4, "python -m analysis report --folder /dev/null/x"),
    Case(("analysis", ("report", "--stack", "dev", "--folder", "{}/file"), {}), "E_FILE", "file", 4,
         "python -m analysis report --folder that is a file"),
)  # fmt: skip
SURFACE = Surface("command lines", "exit code", 2, run, CASES)
