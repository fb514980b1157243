-- Question: When did the data arrive, in how many objects, and could all of it be read?
-- Grain: one row per hour of arrival
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
-- Formula: raw_rows = rows, copies and malformed ones included; objects = distinct files;
--   distinct_events = distinct event ids; malformed = rows of which every column of the event is
--   NULL (a line that is no JSON object); nameless = other rows without an event_id;
--   timeless = rows with an event_id whose event_timestamp is no ISO 8601 time: no question by
--   event time finds them
-- Partition bound: arrival_from <= arrival hour < arrival_until
with judged as (
    select
        year,
        month,
        day,
        hour,
        event_id,
        event_timestamp,
        "$path" as path,
        coalesce(
            event_id, customer_id, title_id, session_id, event_type, event_timestamp,
            device_type, device_id, device_os, app_version, quality, ip_address,
            country, state, city, isp, connection_type
        ) is null
        and coalesce(
            watch_duration_seconds, position_seconds, buffering_events,
            buffering_duration_seconds, error_count, completion_percentage,
            bandwidth_mbps
        ) is null as is_malformed
    from acme_telemetry.video_telemetry_json
    where year * 1000000 + month * 10000 + day * 100 + hour >= ?
      and year * 1000000 + month * 10000 + day * 100 + hour < ?
)
select
    year,
    month,
    day,
    hour,
    count(*) as raw_rows,
    count(distinct event_id) as distinct_events,
    count(distinct path) as objects,
    count_if(is_malformed) as malformed,
    count_if(event_id is null and not is_malformed) as nameless,
    count_if(
        event_id is not null and try(from_iso8601_timestamp(event_timestamp)) is null
    ) as timeless
from judged
group by year, month, day, hour
order by year, month, day, hour
