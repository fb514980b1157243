"""The report: one page, self-contained, with the figures of its facts and nothing unescaped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis import gathering, report
from analysis.report import Command, Facts, Step
from analysis.verification import Verification
from tests.analysis.figures import GOOD, NOW, RUN, SCOPE, account, empty, run, verification

VOID = {"meta", "br", "link", "img"}
OUTPUTS = {
    "region": "eu-central-1",
    "data_bucket": "lake",
    "results_location": "s3://lake/athena-results/",
    "ledger_location": "s3://lake/ledger/",
    "bootstrap_brokers": "127.0.0.1:9098",
    "topic": "acme-telemetry",
    "delivery_stream": "AcmeTelemetry-MSK-to-S3",
    "databases": {"telemetry": "acme_telemetry", "reference": "acme_streaming_data"},
    "tables": {
        "events": "acme_telemetry.video_telemetry_json",
        "titles": "acme_streaming_data.titles",
        "customers": "acme_streaming_data.customers",
    },
    "workgroup": "acme-telemetry",
    "crawler": "AcmeTelemetry-S3-Crawler",
    "function_names": {"generator": "AcmeTelemetry-Generator", "producer": "P", "data_loader": "D"},
}


class Tags(HTMLParser):
    """Checks that tags nest, and gathers what a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"script", "link", "img", "iframe"}:
            self.loads.append(tag)
        self.loads += [value for name, value in attrs if name == "src" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def facts(made: Verification | None = None, **changes: int) -> Facts:
    return Facts(
        stack="local",
        finished_at=NOW,
        account=account(run(**changes)),
        verification=made or verification(),
        steps=[Step("Deploy <it>", 9.5)],
        places=[("Bucket", "s3://lake/")],
        commands=[Command("Stop", 'echo "<stop>" && make down')],
        notebook=Path("somewhere/are_the_events_real.html"),
    )


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = Tags()
    page.feed(report.render(facts()))
    assert page.open == []
    assert page.loads == []
    assert not re.search(r"url\(|@import|https?://", report.render(facts()))


def test_every_figure_of_the_way_is_shown() -> None:
    text = report.render(
        facts(
            **{"generated": 1111, "acked": 1110, "rejected": 1, "sent_at_least": 2222},
            **{"sent_at_most": 2222, "lines": 3333, "objects": 44, "rows": 5555, "distinct": 1109},
        )
    )
    for figure in (
        "1,111",
        "1,110",
        "1 rejected",
        "2,222",
        "3,333",
        "44 objects",
        "5,555",
        "1,109",
    ):
        assert figure in text, figure


@pytest.mark.parametrize(
    ("changes", "level"),
    [({}, "OK"), ({"rows": 1010, "lines": 1010}, "WARN"), ({"rows": 1, "distinct": 1}, "FAIL")],
)
def test_the_verdict_stands_on_top(changes: dict[str, int], level: str) -> None:
    text = report.render(facts(**changes))
    first = re.search(r'class="verdict (\w+)"', text)
    assert first and first[1] == level
    assert f"<title>{level}: ACME Telemetry, local</title>" in text


def test_names_are_escaped() -> None:
    text = report.render(facts())
    assert "&lt;b&gt;Beyond &amp; Game&lt;/b&gt;" in text
    assert "echo &quot;&lt;stop&gt;&quot; &amp;&amp; make down" in text
    assert "Deploy &lt;it&gt;" in text


def test_it_is_written_without_data_too() -> None:
    without = Facts(stack="dev", finished_at=NOW, account=account(), verification=empty())
    text = report.render(without)
    assert text.count("No data in this range.") == 3
    assert "run the generator, or look further" in text


def test_the_notebook_is_linked_beside_the_report(tmp_path: Path) -> None:
    path = report.write(tmp_path / "new", facts())
    assert path == tmp_path / "new" / "report.html"
    assert 'href="are_the_events_real.html"' in path.read_text()
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_the_commands_are_the_seeds() -> None:
    texts = [command.text for command in gathering.commands(OUTPUTS, "http://127.0.0.1:1")]
    assert texts[0] == 'eval "$(make env)"'
    assert texts[1].startswith(
        "aws lambda invoke --function-name AcmeTelemetry-Generator \\\n"
        '  --payload \'{"test": true, "batch_size": 100}\' \\\n'
    )
    assert "JOIN acme_streaming_data.titles t ON vt.title_id = t.title_id" in texts[2]
    assert '"OutputLocation=s3://lake/athena-results/"' in texts[2]
    assert texts[3:] == ["make status", "make crawl", "make down"]


def test_elsewhere_than_on_a_laptop_no_make_command_is_told() -> None:
    texts = [command.text for command in gathering.commands(OUTPUTS, None)]
    assert not [text for text in texts if "make " in text]
    assert texts[-1].startswith("aws glue start-crawler --name AcmeTelemetry-S3-Crawler")


def test_the_notebook_asks_about_the_same_events() -> None:
    assert gathering.notebook_parameters("local", SCOPE, reuse_minutes=5) == {
        "stack": "local",
        "hours": 6,
        "until": "2025-08-11T12:00:00+00:00",
        "arrived_until": (SCOPE.arrival_until - timedelta(hours=1)).isoformat(),
        "runs": RUN,
        "reuse_minutes": 5,
    }


def test_the_report_asks_in_whole_hours_as_the_notebook_does() -> None:
    uneven = replace(SCOPE, event_from=SCOPE.event_from + timedelta(minutes=7))
    asked = gathering.asked(uneven)
    assert asked.event_from == SCOPE.event_from
    assert (asked.event_until, asked.runs) == (SCOPE.event_until, SCOPE.runs)


def test_the_report_asks_for_what_arrived_as_late_as_the_account_does() -> None:
    replayed = replace(SCOPE, arrival_until=SCOPE.event_until + timedelta(days=3))
    assert gathering.asked(replayed).arrival_until == replayed.arrival_until


def test_a_stack_without_a_crawler_is_told_of_none() -> None:
    outputs = {name: value for name, value in OUTPUTS.items() if name != "crawler"}
    assert "Crawler" not in dict(gathering.places(outputs, None))
    assert not [c for c in gathering.commands(outputs, None) if "crawler" in c.text]


def test_the_facts_of_a_run_are_well() -> None:
    assert facts().verdict.text.startswith("Every event is accounted for: 1,000 generated")
    assert facts().account.runs == (GOOD,)
