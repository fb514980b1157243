-- Question: What kinds of events came in?
-- Grain: one row per event type
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
--   3 event_from: start of the event range, text, ISO 8601 UTC with milliseconds and Z, included
--   4 event_until: end of the event range, text, same form, excluded
--   5, 6 runs: run ids joined by commas, text; '' for every run
-- Formula: events = unique events; sessions = distinct sessions that have one;
--   share_percent = 100 * events / all events
-- Partition bound: arrival_from <= arrival hour < arrival_until
-- copies of an event are alike but for their arrival; the earliest counts
with copies as (
    select
        event_id,
        session_id,
        event_type,
        row_number() over (partition by event_id order by year, month, day, hour) as copy
    from acme_telemetry.video_telemetry_json
    where year * 1000000 + month * 10000 + day * 100 + hour >= ?
      and year * 1000000 + month * 10000 + day * 100 + hour < ?
      and event_timestamp >= ?
      and event_timestamp < ?
      and (? = '' or contains(split(?, ','), substr(event_id, 1, 16)))
),
events as (
    select event_id, session_id, event_type
    from copies
    where copy = 1
)
select
    event_type,
    count(*) as events,
    count(distinct session_id) as sessions,
    100.0e0 * count(*) / nullif(sum(count(*)) over (), 0) as share_percent
from events
group by event_type
order by events desc, event_type
