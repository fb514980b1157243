-- Question: which titles can be watched, how long is each and how popular?
-- Grain: one row a title.
-- Parameters: none. Runs in the reference database.
-- Formula: none; columns as they are. A column that the table lacks and that is optional in the
-- contract is left out with its line by whoever runs this.
-- Partition bound: none, the table is not partitioned.
select
    title_id
    , title_name
    , title_type
    , genre
    , sub_genre
    , content_rating
    , release_date
    , duration_minutes
    , original_language
    , popularity_score
    , is_original
from titles
