"""What the account must say of each defect: every hop that is not well."""

from __future__ import annotations

from collections.abc import Callable

from analysis.verdict import Level
from tests.analysis import balance_defects, defects
from tests.analysis.lake import EVENTS, Lake, run_of

ACCOUNT, TO_KAFKA, TO_S3 = "generator → account", "producer → Kafka", "Kafka → S3"
TO_ATHENA, DISTINCT = "S3 → Athena", "rows → events"
KEPT, TICKS = "rejected → quarantine", "schedule → ticks"
DRAINED, KNOWN = "all Kafka → all S3", "S3 → ledger"
ONCE = "time → one run"

Partings = list[tuple[str, str, int]]
Expected = dict[str, tuple[Level, Partings]]


def ticks_of_hour(hour: int) -> Partings:
    """All events of the ticks that were sent, and arrived, in an hour."""
    first = 5 if hour == 10 else 0  # the first tick of all is that of 10:05
    return [(f"2025-08-11T{hour}", run_of(hour, minute), EVENTS) for minute in range(first, 60, 5)]


W, F = Level.WARN, Level.FAIL
AGAIN: Expected = {DISTINCT: (W, [("2025-08-11T12", run_of(12, 10), 10)])}
DEFECTS: list[tuple[Callable[[Lake], None], Expected]] = [
    (defects.nothing, {}),
    (defects.lost_hour, {TO_S3: (F, ticks_of_hour(11))}),
    (defects.lost_object, {TO_S3: (F, [("2025-08-11T12", run_of(12, 30), 10)])}),
    (defects.doubled_object, {TO_S3: (W, [("2025-08-11T11", run_of(11, 15), 10)])}),
    (
        defects.lost_object_beside_a_doubled_one,
        {
            TO_S3: (
                F,
                [("2025-08-11T12", run_of(12, 30), 10), ("2025-08-11T11", run_of(11, 15), 10)],
            ),
        },
    ),
    (
        defects.lost_object_and_made_again,
        {TO_S3: (W, [("2025-08-11T12", run_of(12, 30), 10)])},
    ),
    (
        defects.lost_object_and_made_again_with_a_loss,
        {
            TO_S3: (
                F,
                [("2025-08-11T12", run_of(12, 30), 10), ("2025-08-11T13", run_of(12, 30), 1)],
            )
        },
    ),
    (defects.copy_an_hour_later, {TO_S3: (W, [("2025-08-11T11", run_of(11, 15), 10)])}),
    (defects.missing_tick, {TICKS: (F, [("2025-08-11T11", "2025-08-11T11:30:00Z", 1)])}),
    (
        defects.missing_ticks_around_noon,
        {
            TICKS: (
                F,
                [
                    ("2025-08-11T11", "2025-08-11T12:00:00Z", 1),
                    ("2025-08-11T12", "2025-08-11T12:05:00Z", 1),
                ],
            )
        },
    ),
    (defects.ticks_that_are_not_due_yet_or_any_more, {}),
    (
        defects.silent_schedule,
        {
            TICKS: (
                W,
                [
                    ("2025-08-11T12", "2025-08-11T13:00:00Z", 1),
                    ("2025-08-11T13", "2025-08-11T13:05:00Z", 1),
                ],
            )
        },
    ),
    (defects.late_tick, {TICKS: (W, [("2025-08-11T11", "2025-08-11T11:30:00Z", 1)])}),
    (
        defects.late_tick_beside_a_missing_one,
        {
            TICKS: (
                F,
                [
                    ("2025-08-11T11", "2025-08-11T12:00:00Z", 1),
                    ("2025-08-11T11", "2025-08-11T11:30:00Z", 1),
                ],
            )
        },
    ),
    (defects.dead_run, {ACCOUNT: (F, [("2025-08-11T11", run_of(12, 0), 10)])}),
    (
        defects.dead_run_beside_an_unresolved_one,
        {
            ACCOUNT: (
                F,
                [("2025-08-11T11", run_of(12, 0), 10), ("2025-08-11T12", run_of(12, 30), 3)],
            )
        },
    ),
    (defects.failed_run, {ACCOUNT: (F, [("2025-08-11T11", run_of(12, 0), 1)])}),
    (defects.unresolved, {ACCOUNT: (F, [("2025-08-11T12", run_of(12, 30), 3)])}),
    (defects.unresolved_but_written, {ACCOUNT: (F, [("2025-08-11T12", run_of(12, 30), 3)])}),
    (defects.account_is_wrong, {ACCOUNT: (F, [("2025-08-11T10", run_of(11, 0), 2)])}),
    (
        defects.rejected,
        {
            ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)]),
            KEPT: (F, [("2025-08-11T10", run_of(11, 0), 2)]),
        },
    ),
    (defects.rejected_and_kept, {ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)])}),
    (
        defects.rejected_and_one_kept,
        {
            ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)]),
            KEPT: (F, [("2025-08-11T10", run_of(11, 0), 1)]),
        },
    ),
    (defects.rejected_kept_and_replayed, {ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)])}),
    (
        defects.lost_beside_a_replayed_event,
        {
            ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)]),
            DISTINCT: (F, [("2025-08-11T10", run_of(11, 0), 1)]),
        },
    ),
    (defects.second_attempt_in_doubt, {**AGAIN, DRAINED: (W, [])}),
    (defects.second_attempt_without_an_end, {**AGAIN, DRAINED: (W, [])}),
    (
        defects.replayed_and_lost,
        {
            ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)]),
            TO_S3: (F, [("2025-08-11T13", run_of(11, 0), 2)]),
        },
    ),
    (defects.replayed_and_under_way, {ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)])}),
    (defects.replayed_in_doubt_and_written, {ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)])}),
    (
        defects.lost_beside_a_replay_in_doubt,
        {
            ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)]),
            DISTINCT: (F, [("2025-08-11T10", run_of(11, 0), 1)]),
            DRAINED: (W, []),
        },
    ),
    (defects.foreign_run, {KNOWN: (W, [("2025-08-11T11", "f" * 16, 5)])}),
    (defects.hidden_hour, {TO_ATHENA: (F, ticks_of_hour(12))}),
    (defects.hidden_object, {TO_ATHENA: (F, [("2025-08-11T10", run_of(10, 55), 10)])}),
    (
        defects.hidden_object_beside_a_cut_line,
        {
            TO_ATHENA: (
                F,
                [("2025-08-11T10", run_of(10, 55), 10), ("2025-08-11T12", run_of(12, 10), 1)],
            )
        },
    ),
    (
        defects.nameless_lines,
        {TO_ATHENA: (W, [("2025-08-11T11", "", 2)]), DRAINED: (W, [])},
    ),
    (defects.foreign_run_of_no_day, {KNOWN: (W, [("2025-08-11T11", "f" * 16, 6)])}),
    (
        balance_defects.doubles_that_pay_for_lost_records,
        {TO_S3: (W, [("2025-08-11T11", run_of(11, 15), 10)]), DRAINED: (W, [])},
    ),
    (
        balance_defects.doubles_that_pay_for_some,
        {TO_S3: (W, [("2025-08-11T11", run_of(11, 15), 10)]), DRAINED: (W, [])},
    ),
    (balance_defects.doubles_of_a_run_in_doubt_pay, {**AGAIN, DRAINED: (W, [])}),
    (
        balance_defects.doubles_of_strangers_pay,
        {KNOWN: (W, [("2025-08-11T11", "f" * 16, 10)]), DRAINED: (W, [])},
    ),
    (balance_defects.doubles_of_an_older_run_pay, {DRAINED: (W, [])}),
    (balance_defects.doubles_of_a_young_run_pay, {DRAINED: (W, [])}),
    (balance_defects.young_run_made_twice, {}),
    (
        balance_defects.acked_and_never_in_the_topic,
        {TO_S3: (F, [("2025-08-11T12", run_of(12, 30), 5)]), DRAINED: (F, [])},
    ),
    (
        balance_defects.acked_and_never_in_the_topic_and_made_again,
        {
            TO_S3: (W, [("2025-08-11T12", run_of(12, 30), 5)]),
            DISTINCT: (W, [("2025-08-11T12", run_of(12, 30), 5)]),
            DRAINED: (W, []),
        },
    ),
    (
        balance_defects.acked_and_never_in_the_topic_beside_a_doubled_object,
        {
            TO_S3: (
                F,
                [("2025-08-11T12", run_of(12, 30), 5), ("2025-08-11T11", run_of(11, 15), 10)],
            ),
            DRAINED: (F, []),
        },
    ),
    (defects.cut_line, {TO_ATHENA: (F, [("2025-08-11T12", run_of(12, 10), 1)])}),
    (defects.cut_line_replayed, {TO_ATHENA: (W, [("2025-08-11T12", run_of(12, 10), 1)])}),
    (defects.swapped_line, {DISTINCT: (F, [("2025-08-11T12", run_of(12, 10), 1)])}),
    (
        defects.invented_event,
        {DISTINCT: (F, [("2025-08-11T12", run_of(12, 10), 1)]), DRAINED: (W, [])},
    ),
    (
        defects.invented_event_there_twice,
        {
            TO_S3: (W, [("2025-08-11T12", run_of(12, 10), 1)]),
            DISTINCT: (F, [("2025-08-11T12", run_of(12, 10), 1)]),
            DRAINED: (W, []),
        },
    ),
    (
        defects.lost_event_behind_an_invented_one,
        {
            TO_S3: (F, [("2025-08-11T12", run_of(12, 30), 1)]),
            DISTINCT: (F, [("2025-08-11T12", run_of(12, 30), 1)]),
        },
    ),
    (defects.retried_run, AGAIN),
    (balance_defects.topic_made_anew, {TO_KAFKA: (F, []), DRAINED: (W, [])}),
    (balance_defects.records_of_others_not_delivered, {DRAINED: (F, [])}),
    (balance_defects.records_lost_beside_a_young_run, {DRAINED: (F, [])}),
    (defects.young_run, {}),
    (
        defects.replay_over_ticks,
        {
            ONCE: (
                W,
                [
                    ("2025-08-11T11", f"{run_of(11, 15)} and {'d' * 16}", 10),
                    ("2025-08-11T11", f"{'d' * 16} and {run_of(11, 20)}", 10),
                ],
            )
        },
    ),
    (
        defects.old_replay_that_died,
        {
            ACCOUNT: (F, [("2025-08-08T09", "d" * 16, 10)]),
            ONCE: (W, [("2025-08-08T08", f"{'d' * 16} and {'c' * 16}", 10)]),
        },
    ),
]
