"""The event: its 24 columns in order, its closed vocabularies and the raw table's partition keys.

Counters are cumulative within a session; `start` is the first frame. What a row must satisfy beyond
its types (the row rules) is checked where sessions are made and where data quality is judged.
"""

from __future__ import annotations

from handlers.contract.column import Column

# Raised with any change of the columns that a reader can notice.
SCHEMA_VERSION = 1

COLUMNS: tuple[Column, ...] = (
    Column("event_id", "string", "<run_id>-<index>: 16 hex digits, 8 decimal digits"),
    Column("customer_id", "string", "a customer_id of the reference table customers"),
    Column("title_id", "string", "a title_id of the reference table titles"),
    Column("session_id", "string", "one customer, title and device for its whole life"),
    Column("event_type", "string", "start, pause, resume, stop or complete"),
    Column("event_timestamp", "string", "ISO 8601, UTC, milliseconds, ending in Z"),
    Column("watch_duration_seconds", "int", "playing time so far, s; no pauses, no buffering"),
    Column("position_seconds", "int", "playhead, s; never decreases within a session"),
    Column("completion_percentage", "double", "100 * position / title duration, 0-100, 2 decimals"),
    Column("device_type", "string", "mobile, web, tv or tablet"),
    Column("device_id", "string", "stable per customer and device type"),
    Column("device_os", "string", "fits the device type"),
    Column("app_version", "string", "semantic version"),
    Column("quality", "string", "SD, HD or 4K"),
    Column("bandwidth_mbps", "double", "measured throughput, Mbit/s; not the played bitrate"),
    Column("buffering_events", "int", "rebuffers so far; the initial load does not count"),
    Column("buffering_duration_seconds", "int", "rebuffering so far, s"),
    Column("error_count", "int", "errors so far"),
    Column("ip_address", "string", "IPv4 of the viewer"),
    Column("country", "string", "the customer's country"),
    Column("state", "string", "may be empty", required=False),
    Column("city", "string", "the customer's city", required=False),
    Column("isp", "string", "internet service provider"),
    Column("connection_type", "string", "wifi, mobile, fiber, cable, dsl or satellite"),
)
COLUMN_NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)

# The hour of arrival, UTC; the event's own hour is in event_timestamp.
PARTITION_KEYS: tuple[Column, ...] = tuple(
    Column(key, "int", f"{key} of arrival, UTC") for key in ("year", "month", "day", "hour")
)

EVENT_TYPES = ("start", "pause", "resume", "stop", "complete")
DEVICE_TYPES = ("mobile", "web", "tv", "tablet")
QUALITIES = ("SD", "HD", "4K")
CONNECTION_TYPES = ("wifi", "mobile", "fiber", "cable", "dsl", "satellite")

# One Kafka record is one event: UTF-8 JSON, key = session_id.
RECORD_MAX_BYTES = 256 * 1024

TABLE = "video_telemetry_json"

# 4K is only played at a measured throughput of at least this, Mbit/s.
UHD_FLOOR_MBPS = 15.0
