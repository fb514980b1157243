"""The reference tables `titles` and `customers`, and the closed vocabularies of their columns."""

from __future__ import annotations

from handlers.contract.column import Column


def _optional(name: str, type_: str, meaning: str) -> Column:
    return Column(name, type_, meaning, required=False)


TITLES: tuple[Column, ...] = (
    Column("title_id", "string", "key, e.g. TITLE_0afcc18c_004133"),
    Column("title_name", "string", "display name"),
    Column("title_type", "string", "movie, series or documentary"),
    Column("genre", "string", "main genre"),
    _optional("sub_genre", "string", "finer genre"),
    _optional("content_rating", "string", "age rating"),
    _optional("release_date", "date", "first release; the release year is year(release_date)"),
    Column("duration_minutes", "int", "running time of the title or episode, min"),
    _optional("season_number", "int", "series only"),
    _optional("episode_number", "int", "series only"),
    _optional("production_country", "string", "ISO 3166-1 alpha-2"),
    _optional("original_language", "string", "ISO 639-1"),
    _optional("available_languages", "string", "ISO 639-1 codes joined by commas"),
    _optional("director", "string", "name"),
    _optional("cast", "string", "names joined by commas"),
    _optional("production_studio", "string", "name"),
    Column("popularity_score", "double", "0-10"),
    _optional("critical_rating", "double", "0-10"),
    _optional("viewer_rating", "double", "0-10"),
    _optional("budget_millions", "double", "USD millions"),
    _optional("revenue_millions", "double", "USD millions"),
    _optional("awards_count", "int", "awards won"),
    _optional("is_original", "boolean", "made by the service itself"),
    _optional("licensing_cost", "double", "USD millions a year"),
    _optional("created_at", "timestamp", "UTC"),
    _optional("updated_at", "timestamp", "UTC"),
)

CUSTOMERS: tuple[Column, ...] = (
    Column("customer_id", "string", "key, e.g. CUST_17125cf4_099233"),
    _optional("email", "string", "address"),
    _optional("first_name", "string", "name"),
    _optional("last_name", "string", "name"),
    _optional("date_of_birth", "date", "date"),
    _optional("age_group", "string", "18-24, 25-34, 35-44, 45-54, 55-64 or 65+"),
    Column("subscription_tier", "string", "free_with_ads, basic, standard or premium"),
    Column("subscription_start_date", "date", "first day of the subscription"),
    _optional("subscription_end_date", "date", "last day; NULL while it runs"),
    Column("country", "string", "ISO 3166-1 alpha-2"),
    _optional("state", "string", "region of the country"),
    _optional("city", "string", "city"),
    _optional("timezone", "string", "IANA name"),
    _optional("payment_method", "string", "method"),
    _optional("monthly_revenue", "double", "USD a month"),
    _optional("lifetime_value", "double", "USD"),
    Column("is_active", "boolean", "subscription is running"),
    _optional("acquisition_channel", "string", "channel"),
    _optional("preferred_genres", "string", "genres joined by commas"),
    _optional("created_at", "timestamp", "UTC"),
    _optional("updated_at", "timestamp", "UTC"),
)

# A week, in round figures: what is longer is no duration.
DURATION_MAX_MINUTES = 10_000
# UTF-8. In the generator's memory every key is as wide as the longest.
KEY_MAX_BYTES = 256

TITLE_TYPES = ("movie", "series", "documentary")
SUBSCRIPTION_TIERS = ("free_with_ads", "basic", "standard", "premium")
# Optional in the table; a document has these columns all the same, None where a value is unknown.
CUSTOMER_TRAITS = ("age_group", "timezone", "state", "city")

TITLE_CATEGORIES = ("popular", "regular", "niche")
CUSTOMER_CATEGORIES = ("active", "regular", "new")

TITLES_TABLE = "titles"
CUSTOMERS_TABLE = "customers"
