-- Question: When did the data arrive, and in how many objects?
-- Grain: one row per hour of arrival
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
-- Formula: raw_rows = rows, copies and malformed ones included; objects = distinct files;
--   distinct_events = distinct event ids
-- Partition bound: arrival_from <= arrival hour < arrival_until
select
    year,
    month,
    day,
    hour,
    count(*) as raw_rows,
    count(distinct event_id) as distinct_events,
    count(distinct "$path") as objects
from acme_telemetry.video_telemetry_json
where year * 1000000 + month * 10000 + day * 100 + hour >= ?
  and year * 1000000 + month * 10000 + day * 100 + hour < ?
group by year, month, day, hour
order by year, month, day, hour
