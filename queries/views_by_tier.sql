-- Question: Which subscription tiers do the viewers have?
-- Grain: one row per subscription tier
-- Parameters:
--   1 arrival_from: first hour of arrival, int YYYYMMDDHH, UTC, included
--   2 arrival_until: hour of arrival that ends the range, int YYYYMMDDHH, UTC, excluded
--   3 event_from: start of the event range, text, ISO 8601 UTC with milliseconds and Z, included
--   4 event_until: end of the event range, text, same form, excluded
--   5, 6 runs: run ids joined by commas, text; '' for every run
-- Formula: customers = distinct customers with an event; a view is a distinct
--   (session_id, title_id) with a start; events = unique events;
--   views_per_customer = views / customers
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
tiers as (
    select distinct customer_id, subscription_tier
    from acme_streaming_data.customers
)
select
    c.subscription_tier,
    count(distinct e.customer_id) as customers,
    count(distinct if(e.event_type = 'start', row(e.session_id, e.title_id))) as views,
    count(*) as events,
    1.0e0 * count(distinct if(e.event_type = 'start', row(e.session_id, e.title_id)))
        / nullif(count(distinct e.customer_id), 0) as views_per_customer
from events e
join tiers c on c.customer_id = e.customer_id
group by c.subscription_tier
order by customers desc, c.subscription_tier
