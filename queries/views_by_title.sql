-- Question: Which titles are watched most?
-- Grain: one row per title, most views first, 20 at most
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
--   3 event_from: start of the event range, text, ISO 8601 UTC with milliseconds and Z, included
--   4 event_until: end of the event range, text, same form, excluded
--   5, 6 runs: run ids joined by commas, text; '' for every run
-- Formula: a view is a distinct (session_id, title_id) with a start; events = unique events;
--   viewers = distinct customers with a view
-- Partition bound: arrival_from <= arrival hour < arrival_until
-- copies of an event are alike but for their arrival; the earliest counts
with copies as (
    select
        event_id,
        title_id,
        customer_id,
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
    select event_id, title_id, customer_id, session_id, event_type
    from copies
    where copy = 1
),
titles as (
    select distinct title_id, title_name, genre
    from acme_streaming_data.titles
)
select
    t.title_id,
    t.title_name,
    t.genre,
    count(distinct if(e.event_type = 'start', e.session_id)) as views,
    count(distinct if(e.event_type = 'start', e.customer_id)) as viewers,
    count(*) as events
from events e
join titles t on t.title_id = e.title_id
group by t.title_id, t.title_name, t.genre
order by views desc, events desc, t.title_id
limit 20
