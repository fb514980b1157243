-- Question: How many rows of the raw table have a title in the reference table?
-- Grain: one row
-- Parameters: none
-- Formula: rows of the join; a copy of an event counts again, as does a title that occurs twice
-- Partition bound: none, every hour is read
SELECT COUNT(*) FROM acme_telemetry.video_telemetry_json vt
JOIN acme_streaming_data.titles t ON vt.title_id = t.title_id
