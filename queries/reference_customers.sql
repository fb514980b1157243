-- Question: who can watch, from where and on which subscription? No names, no addresses.
-- Grain: one row a customer.
-- Parameters: none. Runs in the reference database.
-- Formula: none; columns as they are. A column that the table lacks and that is optional in the
-- contract is left out with its line by whoever runs this.
-- Partition bound: none, the table is not partitioned.
select
    customer_id
    , age_group
    , subscription_tier
    , subscription_start_date
    , country
    , state
    , city
    , timezone
    , is_active
    , preferred_genres
from customers
