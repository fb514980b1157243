-- Question: Does a join with a reference table lose events or multiply them?
-- Grain: one row per reference table
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
--   3 event_from: start of the event range, text, ISO 8601 UTC with milliseconds and Z, included
--   4 event_until: end of the event range, text, same form, excluded
--   5, 6 runs: run ids joined by commas, text; '' for every run
-- Formula: events = unique events; matched = those whose id the table has; joined = rows of the
--   inner join; orphans = events - matched; extra = joined - matched (the join's fan-out)
-- Partition bound: arrival_from <= arrival hour < arrival_until
-- copies of an event are alike but for their arrival; the earliest counts
with copies as (
    select
        event_id,
        title_id,
        customer_id,
        row_number() over (partition by event_id order by year, month, day, hour) as copy
    from acme_telemetry.video_telemetry_json
    where year * 1000000 + month * 10000 + day * 100 + hour >= ?
      and year * 1000000 + month * 10000 + day * 100 + hour < ?
      and event_timestamp >= ?
      and event_timestamp < ?
      and (? = '' or contains(split(?, ','), substr(event_id, 1, 16)))
),
events as (
    select event_id, title_id, customer_id
    from copies
    where copy = 1
),
titles as (
    select title_id, count(*) as copies
    from acme_streaming_data.titles
    group by title_id
),
customers as (
    select customer_id, count(*) as copies
    from acme_streaming_data.customers
    group by customer_id
),
joined as (
    select
        count(*) as events,
        count(t.copies) as in_titles,
        count(c.copies) as in_customers,
        coalesce(sum(t.copies), 0) as with_titles,
        coalesce(sum(c.copies), 0) as with_customers
    from events e
    left join titles t on t.title_id = e.title_id
    left join customers c on c.customer_id = e.customer_id
)
select
    reference_table,
    events,
    matched,
    joined,
    events - matched as orphans,
    joined - matched as extra
from joined
cross join unnest(
    array['customers', 'titles'],
    array[in_customers, in_titles],
    array[with_customers, with_titles]
) as counts (reference_table, matched, joined)
order by reference_table
