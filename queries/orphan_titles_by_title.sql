-- Question: Which title_ids of the events does titles not know?
-- Grain: one row per unknown title_id, most events first, 100 at most
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
--   3 event_from: start of the event range, text, ISO 8601 UTC with milliseconds and Z, included
--   4 event_until: end of the event range, text, same form, excluded
--   5, 6 runs: run ids joined by commas, text; '' for every run
-- Formula: distinct event ids and sessions with a title_id that no row of
--   titles has; NULL is unknown too
-- Partition bound: arrival_from <= arrival hour < arrival_until
with unknown as (
    select vt.title_id, vt.event_id, vt.session_id
    from acme_telemetry.video_telemetry_json vt
    left join acme_streaming_data.titles r on r.title_id = vt.title_id
    where vt.year * 1000000 + vt.month * 10000 + vt.day * 100 + vt.hour >= ?
      and vt.year * 1000000 + vt.month * 10000 + vt.day * 100 + vt.hour < ?
      and vt.event_timestamp >= ?
      and vt.event_timestamp < ?
      and (? = '' or contains(split(?, ','), substr(vt.event_id, 1, 16)))
      and r.title_id is null
)
select
    title_id,
    count(distinct event_id) as events,
    count(distinct session_id) as sessions
from unknown
group by title_id
order by events desc, title_id
limit 100
