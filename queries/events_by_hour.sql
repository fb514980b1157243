-- Question: How many events and views happened in each hour?
-- Grain: one row per hour of the event's own time, UTC, as text YYYY-MM-DDTHH
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
--   3 event_from: start of the event range, text, ISO 8601 UTC with milliseconds and Z, included
--   4 event_until: end of the event range, text, same form, excluded
--   5, 6 runs: run ids joined by commas, text; '' for every run
-- Formula: events = unique events; views = distinct (session_id, title_id) with a start
--   in the hour
-- Partition bound: arrival_from <= arrival hour < arrival_until
-- copies of an event are alike but for their arrival; the earliest counts
with copies as (
    select
        event_id,
        session_id,
        title_id,
        event_type,
        event_timestamp,
        row_number() over (partition by event_id order by year, month, day, hour) as copy
    from acme_telemetry.video_telemetry_json
    where year * 1000000 + month * 10000 + day * 100 + hour >= ?
      and year * 1000000 + month * 10000 + day * 100 + hour < ?
      and event_timestamp >= ?
      and event_timestamp < ?
      and (? = '' or contains(split(?, ','), substr(event_id, 1, 16)))
),
events as (
    select event_id, session_id, title_id, event_type, event_timestamp
    from copies
    where copy = 1
)
select
    substr(event_timestamp, 1, 13) as event_hour,
    count(*) as events,
    count(distinct if(event_type = 'start', row(session_id, title_id))) as views
from events
group by substr(event_timestamp, 1, 13)
order by event_hour
