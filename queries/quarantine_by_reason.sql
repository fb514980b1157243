-- Question: What is in quarantine, and why?
-- Grain: one row per stage and reason
-- Parameters:
--   1, 3 occurred_from: start of the range, text, ISO 8601 UTC with milliseconds and Z, included
--   2, 4 occurred_until: end of the range, text, same form, excluded
-- Formula: records = distinct quarantine ids: a record found twice counts once; runs = distinct
--   run ids that their contents name
-- Partition bound: day of occurred_from <= day <= day of occurred_until
select
    stage,
    reason,
    count(distinct quarantine_id) as records,
    count(distinct run_id) as runs,
    min(occurred_at) as first_occurred_at,
    max(occurred_at) as last_occurred_at
from acme_telemetry.quarantine
where day >= substr(?, 1, 10)
  and day <= substr(?, 1, 10)
  and occurred_at >= ?
  and occurred_at < ?
group by stage, reason
order by records desc, stage, reason
