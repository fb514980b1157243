"""Sizes and counts that the functions agree on."""

from __future__ import annotations

# One call of the producer. 5 MB leaves room under Lambda's 6 MB for a synchronous payload.
BATCH_MAX_EVENTS = 10_000
BATCH_MAX_BYTES = 5_000_000
BATCH_MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024

# One run of the generator.
RUN_MAX_EVENTS = 1_000_000
WINDOW_MAX_HOURS = 24
TICK_SECONDS = 300
TICK_MIN_SECONDS = 60  # EventBridge Scheduler has no shorter rate
TICK_MAX_SECONDS = 3600  # one of the evening is a third of RUN_MAX_EVENTS
TICK_MAX_AGE_SECONDS = 3600  # an older one is made good by hand, with its own payload
TEST_WINDOW_SECONDS = 900
CLOCK_TOLERANCE_SECONDS = 5  # by which the scheduler's clock may be ahead of the function's
REQUEST_MAX_BYTES = 256 * 1024

# A session is over at the latest this long after its start, so that a tick knows how far to look
# back for the sessions that are still open.
SESSION_MAX_SECONDS = 4 * 3600

# Of the times that commands take and that records tell.
FIRST_YEAR, LAST_YEAR = 2000, 2099

PROFILES = ("steady", "evening_peak", "launch", "isp_outage", "bad_release")
SEED_MAX = 2**63 - 1
