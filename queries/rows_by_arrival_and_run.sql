-- Question: How many rows of each run arrived in each hour, and how many of them are copies?
-- Grain: one row per hour of arrival and run; the run is NULL for rows without an event id
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
-- Formula: raw_rows = rows; first_copies = rows that are the first of their event in the range, so
--   that their sum over the hours is the run's distinct events; max_copies = the most rows that one
--   of these events has in the range
-- Partition bound: arrival_from <= arrival hour < arrival_until
with arrived as (
    select
        event_id,
        year * 1000000 + month * 10000 + day * 100 + hour as arrival_hour,
        count(*) as copies
    from acme_telemetry.video_telemetry_json
    where year * 1000000 + month * 10000 + day * 100 + hour >= ?
      and year * 1000000 + month * 10000 + day * 100 + hour < ?
    group by event_id, year * 1000000 + month * 10000 + day * 100 + hour
),
counted as (
    select
        event_id,
        arrival_hour,
        copies,
        row_number() over (partition by event_id order by arrival_hour) as place,
        sum(copies) over (partition by event_id) as all_copies
    from arrived
)
select
    arrival_hour,
    substr(event_id, 1, 16) as run_id,
    sum(copies) as raw_rows,
    count_if(place = 1 and event_id is not null) as first_copies,
    max(all_copies) as max_copies
from counted
group by arrival_hour, substr(event_id, 1, 16)
order by arrival_hour, run_id
