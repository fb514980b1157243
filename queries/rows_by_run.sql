-- Question: How many rows, and how many different events, has each run in the raw table?
-- Grain: one row per run
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
--   3 event_from: start of the event range, text, ISO 8601 UTC with milliseconds and Z, included
--   4 event_until: end of the event range, text, same form, excluded
--   5, 6 runs: run ids joined by commas, text; '' for every run
-- Formula: raw_rows = rows, copies included; distinct_events = distinct event ids;
--   malformed rows have no run and are counted in rows_by_partition
-- Partition bound: arrival_from <= arrival hour < arrival_until
select
    substr(event_id, 1, 16) as run_id,
    count(*) as raw_rows,
    count(distinct event_id) as distinct_events,
    min(event_timestamp) as first_event_at,
    max(event_timestamp) as last_event_at
from acme_telemetry.video_telemetry_json
where year * 1000000 + month * 10000 + day * 100 + hour >= ?
  and year * 1000000 + month * 10000 + day * 100 + hour < ?
  and event_timestamp >= ?
  and event_timestamp < ?
  and (? = '' or contains(split(?, ','), substr(event_id, 1, 16)))
group by substr(event_id, 1, 16)
order by first_event_at, run_id
