-- Question: Do the sessions tell possible stories?
-- Grain: one row per rule; none where there is no session
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
--   3 event_from: start of the event range, text, ISO 8601 UTC with milliseconds and Z, included
--   4 event_until: end of the event range, text, same form, excluded
--   5 judged_from: begins_with_start is judged of sessions first seen at or after it, text, same
--   form; half a day after event_from, so that sessions that the range cuts are not blamed
--   6, 7 runs: run ids joined by commas, text; '' for every run
-- Formula: checked = distinct sessions with an event of the runs; broken = those that break a rule
--   at least once. Events of a session are ordered by time, then event_id
-- Partition bound: arrival_from <= arrival hour < arrival_until
-- copies of an event are alike but for their arrival; the earliest counts
with copies as (
    select
        event_id,
        session_id,
        customer_id,
        title_id,
        device_id,
        event_type,
        event_timestamp,
        position_seconds,
        watch_duration_seconds,
        buffering_events,
        buffering_duration_seconds,
        error_count,
        row_number() over (partition by event_id order by year, month, day, hour) as copy
    from acme_telemetry.video_telemetry_json
    where year * 1000000 + month * 10000 + day * 100 + hour >= ?
      and year * 1000000 + month * 10000 + day * 100 + hour < ?
      and event_timestamp >= ?
      and event_timestamp < ?
),
events as (
    select
        event_id, session_id, customer_id, title_id, device_id, event_type,
        event_timestamp, position_seconds, watch_duration_seconds, buffering_events,
        buffering_duration_seconds, error_count
    from copies
    where copy = 1
),
ordered as (
    select
        event_id,
        session_id,
        customer_id,
        title_id,
        device_id,
        event_type,
        event_timestamp,
        buffering_events,
        buffering_duration_seconds,
        row_number() over life as place,
        count_if(event_type = 'complete') over (
            partition by session_id
            order by event_timestamp, event_id
            rows between unbounded preceding and 1 preceding
        ) as completed_before,
        position_seconds < lag(position_seconds) over life
            or watch_duration_seconds < lag(watch_duration_seconds) over life
            or buffering_events < lag(buffering_events) over life
            or buffering_duration_seconds < lag(buffering_duration_seconds) over life
            or error_count < lag(error_count) over life as counter_fell
    from events
    window life as (partition by session_id order by event_timestamp, event_id)
),
judged as (
    select
        session_id,
        bool_or(place = 1 and event_type <> 'start' and event_timestamp >= ?) as starts_late,
        bool_or(place > 1 and event_type = 'start') as starts_again,
        bool_or(completed_before > 0) as goes_on_after_complete,
        bool_or(counter_fell) as counter_falls,
        bool_or((buffering_events = 0) <> (buffering_duration_seconds = 0)) as buffering_unlike,
        count(distinct customer_id) > 1
            or count(distinct title_id) > 1
            or count(distinct device_id) > 1 as changes_identity
    from ordered
    group by session_id
    having bool_or(? = '' or contains(split(?, ','), substr(event_id, 1, 16)))
)
select
    rule,
    count(*) as checked,
    count_if(is_broken) as broken
from judged
cross join unnest(
    array[
        'begins_with_start', 'starts_once', 'nothing_after_complete', 'counters_never_decrease',
        'buffering_count_and_time_agree', 'one_customer_title_device'
    ],
    array[
        starts_late, starts_again, goes_on_after_complete, counter_falls,
        buffering_unlike, changes_identity
    ]
) as rules (rule, is_broken)
group by rule
order by rule
