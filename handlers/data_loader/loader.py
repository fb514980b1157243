"""From Athena to a reference document: check the tables, query them, categorise the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from handlers.contract import event, reference
from handlers.contract.reference_document import Document, Table, document
from handlers.contract.time_zones import is_known
from handlers.data_loader import rows
from handlers.data_loader.athena import Athena, unusable
from handlers.data_loader.catalog import Glue, check, columns_of
from handlers.data_loader.categories import categorise_customers, categorise_titles
from handlers.data_loader.statements import statement, with_columns
from handlers.runtime.clock import rfc3339
from handlers.runtime.errors import PipelineError
from handlers.runtime.logs import Log

# Whole days, so that the categories, and with them the document's version, change once a day.
RECENT_DAYS = 7
WANTED = {
    reference.TITLES_TABLE: reference.TITLES,
    reference.CUSTOMERS_TABLE: reference.CUSTOMERS,
}


@dataclass(frozen=True)
class Loader:
    """Reads the reference database, and the telemetry database for the customers' activity."""

    glue: Glue
    athena: Athena
    reference_database: str
    telemetry_database: str
    log: Log

    def load(self, now: datetime, remaining_seconds: Callable[[], float]) -> tuple[Document, str]:
        """(the document, what decided the customers' categories), as of `now`.

        Raises PipelineError: E_REF_* for tables that cannot be used, E_QUERY_*, E_ATHENA*, E_GLUE*;
        what was started is stopped then.
        """
        queries: dict[str, str] = {}
        try:
            return self._load(now, remaining_seconds, queries)
        except PipelineError:
            self.athena.stop(queries.values())
            raise

    def _load(
        self, now: datetime, remaining_seconds: Callable[[], float], queries: dict[str, str]
    ) -> tuple[Document, str]:
        """As `load`; writes the queries that it starts into `queries`."""
        found = columns_of(self.glue, self.reference_database)
        check(self.reference_database, found, WANTED)
        assert found is not None
        for table in WANTED:
            queries[table] = self.athena.start(
                with_columns(statement(f"reference_{table}"), found[table]),
                self.reference_database,
            )
        activity_query = self._start_activity(now)
        if activity_query is not None:
            queries[event.TABLE] = activity_query
        titles, titles_left_out = self._rows(rows.TITLES, queries, remaining_seconds)
        customers, customers_left_out = self._rows(rows.CUSTOMERS, queries, remaining_seconds)
        if titles_left_out or customers_left_out:
            self.log.warning(
                f"rows were left out for {rows.LEFT_OUT_FOR}",
                titles=titles_left_out,
                customers=customers_left_out,
            )
        self._say_unknown_zones(customers)
        unused = {
            "titles": {"left_out": titles_left_out},
            "customers": {
                "left_out": customers_left_out,
                "inactive": customers["is_active"].count(False),
            },
        }
        events = self._events(activity_query, remaining_seconds) if activity_query else {}
        by_category, decided_by = categorise_customers(customers, events, now.date())
        made = document(categorise_titles(titles), by_category, unused, rfc3339(now))
        return made, decided_by

    def _rows(
        self, shape: rows.Shape, queries: Mapping[str, str], remaining_seconds: Callable[[], float]
    ) -> tuple[Table, int]:
        needed = (shape.key, *shape.required)
        texts = self.athena.columns(queries[shape.table], remaining_seconds, needed)
        return rows.read(shape, texts)

    def _say_unknown_zones(self, customers: Table) -> None:
        """Log how many customers have a time zone that no rule is known for, if any."""
        columns = zip(customers["timezone"], customers["is_active"], strict=True)
        unknown = [zone for zone, on in columns if on and zone and not is_known(zone)]
        if unknown:
            self.log.warning(
                "customers whose time zone is not known watch by their country's clock, or UTC",
                customers=len(unknown),
                time_zones=len(set(unknown)),
            )

    def _events(self, query: str, remaining_seconds: Callable[[], float]) -> dict[str, int]:
        """Recent events by customer_id."""
        found = self.athena.columns(query, remaining_seconds, ("customer_id", "events"))
        try:
            return dict(zip(found["customer_id"], map(rows.count, found["events"]), strict=True))
        except ValueError as error:
            raise unusable(f"query {query}", "unreadable", "events as whole numbers") from error

    def _start_activity(self, now: datetime) -> str | None:
        """The query of recent events; None while the telemetry table does not exist."""
        tables = columns_of(self.glue, self.telemetry_database)
        if tables is None or event.TABLE not in tables:
            self.log.info("there is no telemetry table yet: customers go by tenure and tier")
            return None
        end = datetime.combine(now.date(), time(), UTC)
        start = end - timedelta(days=RECENT_DAYS)
        first_arrival = start - timedelta(hours=1)
        return self.athena.start(
            statement("reference_activity"),
            self.telemetry_database,
            [f"'{rfc3339(start)}'", f"'{rfc3339(end)}'", f"{first_arrival:%Y%m%d%H}"],
        )
