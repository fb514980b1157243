-- Question: how many events did each customer make in the last whole days?
-- Grain: one row a customer who made any.
-- Parameters: 1, 2 event range [from, to), ISO 8601 UTC text; 3 first arrival hour, YYYYMMDDHH.
-- Runs in the telemetry database.
-- Formula: count of rows. Repeated rows are counted: they do not move a customer's share by much.
-- Partition bound: arrival from parameter 3 on; repairs and replays arrive late.
select
    customer_id
    , count(*) as events
from video_telemetry_json
where event_timestamp >= ?
    and event_timestamp < ?
    and year * 1000000 + month * 10000 + day * 100 + hour >= ?
group by customer_id
