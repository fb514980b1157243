-- Question: Which records are in quarantine, where were they found, and what do they hold?
-- Grain: one row per record
-- Parameters:
--   1, 3 occurred_from: start of the range, text, ISO 8601 UTC with milliseconds and Z, included
--   2, 4 occurred_until: end of the range, text, same form, excluded
--   5, 6 reason: code such as E_REC_COLUMN, text; '' for every reason
-- Formula: of copies of a record one; content_text = the first 1,000 characters of its bytes read
--   as UTF-8, with U+FFFD where they are not
-- Partition bound: day of occurred_from <= day <= day of occurred_until
with numbered as (
    select
        quarantine_id,
        stage,
        reason,
        detail,
        occurred_at,
        run_id,
        event_index,
        topic,
        topic_partition,
        topic_offset,
        object_key,
        object_line,
        content_bytes,
        content,
        row_number() over (partition by quarantine_id, reason order by "$path") as copy
    from acme_telemetry.quarantine
    where day >= substr(?, 1, 10)
      and day <= substr(?, 1, 10)
      and occurred_at >= ?
      and occurred_at < ?
      and (? = '' or reason = ?)
)
select
    quarantine_id,
    stage,
    reason,
    detail,
    occurred_at,
    run_id,
    event_index,
    topic,
    topic_partition,
    topic_offset,
    object_key,
    object_line,
    content_bytes,
    substr(from_utf8(from_base64(content)), 1, 1000) as content_text
from numbered
where copy = 1
order by occurred_at, quarantine_id, reason
