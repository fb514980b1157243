"""The sample: declared types, the same bytes every time, values that belong together."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import parquet

from components import sample
from components.sample import draw
from components.sample.parquet import TYPES, store
from handlers.contract import reference
from handlers.contract.column import Column

TABLES = {"titles": reference.TITLES, "customers": reference.CUSTOMERS}
OPTIONAL = [
    (table, column.name)
    for table, columns in TABLES.items()
    for column in columns
    if not column.required
]
DOUBLES = [
    (table, column.name)
    for table, columns in TABLES.items()
    for column in columns
    if column.type == "double" and not column.required
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return sample.write(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def tables(files: dict[str, Path]) -> dict[str, pa.Table]:
    return {name: parquet.read_table(path) for name, path in files.items()}


@pytest.fixture(scope="module")
def titles(tables: dict[str, pa.Table]) -> pd.DataFrame:
    return tables["titles"].to_pandas()


@pytest.fixture(scope="module")
def customers(tables: dict[str, pa.Table]) -> pd.DataFrame:
    return tables["customers"].to_pandas()


@pytest.mark.parametrize(("table", "rows"), [("titles", 5_000), ("customers", 100_000)])
def test_every_declared_column_with_its_type(
    tables: dict[str, pa.Table], table: str, rows: int
) -> None:
    assert tables[table].num_rows == rows
    assert [(field.name, field.type) for field in tables[table].schema] == [
        (column.name, TYPES[column.type]) for column in TABLES[table]
    ]


def test_the_same_code_gives_the_same_bytes(files: dict[str, Path], tmp_path: Path) -> None:
    again = sample.write(tmp_path)
    assert {name: path.read_bytes() for name, path in again.items()} == {
        name: path.read_bytes() for name, path in files.items()
    }


def test_what_is_there_is_not_made_again(files: dict[str, Path]) -> None:
    before = {name: path.stat().st_mtime_ns for name, path in files.items()}
    again = sample.write(files["titles"].parents[1])
    assert again == files
    assert {name: path.stat().st_mtime_ns for name, path in again.items()} == before


@pytest.mark.parametrize(
    ("table", "key", "form"),
    [
        ("titles", "title_id", r"TITLE_[0-9a-f]{8}_\d{6}"),
        ("customers", "customer_id", r"CUST_[0-9a-f]{8}_\d{6}"),
    ],
)
def test_keys_are_unique_and_of_the_seeds_form(
    tables: dict[str, pa.Table], table: str, key: str, form: str
) -> None:
    keys = tables[table].column(key).to_pylist()
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(form, value) for value in keys)


@pytest.mark.parametrize(("table", "column"), OPTIONAL)
def test_optional_columns_lack_values_somewhere_but_not_everywhere(
    tables: dict[str, pa.Table], table: str, column: str
) -> None:
    assert 0 < tables[table].column(column).null_count < tables[table].num_rows


@pytest.mark.parametrize(("table", "column"), DOUBLES)
def test_optional_doubles_hold_nan_somewhere(
    tables: dict[str, pa.Table], table: str, column: str
) -> None:
    assert pc.sum(pc.is_nan(tables[table].column(column))).as_py() > 0


@pytest.mark.parametrize("table", TABLES)
def test_required_columns_lack_nothing(tables: dict[str, pa.Table], table: str) -> None:
    lacking = [
        column.name
        for column in TABLES[table]
        if column.required and tables[table].column(column.name).null_count
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("table", "left", "right", "least"),
    [
        ("titles", "popularity_score", "viewer_rating", 0.5),
        ("titles", "popularity_score", "revenue_millions", 0.35),
        ("titles", "budget_millions", "revenue_millions", 0.7),
        ("titles", "critical_rating", "awards_count", 0.4),
        ("titles", "revenue_millions", "licensing_cost", 0.8),
        ("customers", "monthly_revenue", "lifetime_value", 0.35),
    ],
)
def test_numbers_that_belong_together_rise_together(
    tables: dict[str, pa.Table], table: str, left: str, right: str, least: float
) -> None:
    frame = tables[table].to_pandas()
    assert frame[left].rank().corr(frame[right].rank()) > least


def test_closed_vocabularies(titles: pd.DataFrame, customers: pd.DataFrame) -> None:
    assert set(titles.title_type) == set(reference.TITLE_TYPES)
    assert set(customers.subscription_tier) == set(reference.SUBSCRIPTION_TIERS)
    assert titles.popularity_score.between(0, 10).all()
    assert (titles.duration_minutes > 0).all()


def test_every_popularity_category_is_well_filled(titles: pd.DataFrame) -> None:
    shares = (
        (titles.popularity_score > 7).mean(),
        titles.popularity_score.between(4, 7).mean(),
        (titles.popularity_score < 4).mean(),
    )
    assert min(shares) > 0.1


def test_only_series_have_seasons(titles: pd.DataFrame) -> None:
    others = titles[titles.title_type != "series"]
    series = titles[titles.title_type == "series"]
    assert others.season_number.isna().all() and others.episode_number.isna().all()
    assert series.season_number.notna().mean() > 0.9


def test_title_names_are_all_different(titles: pd.DataFrame) -> None:
    assert titles.title_name.is_unique


def test_genres_differ_by_country(titles: pd.DataFrame) -> None:
    share = titles.assign(animated=titles.genre == "Animation").groupby("production_country")
    assert share.animated.mean()["JP"] > 2 * share.animated.mean()["DE"]


def test_places_belong_together(customers: pd.DataFrame) -> None:
    known = customers.dropna(subset=["state", "city", "timezone"])
    assert (known.groupby(["country", "state", "city"]).timezone.nunique() == 1).all()
    assert (known.groupby("state").country.nunique() == 1).all()


def test_age_group_is_the_age_at_the_reference_date(customers: pd.DataFrame) -> None:
    known = customers.dropna(subset=["date_of_birth", "age_group"])
    born = pd.to_datetime(known.date_of_birth)
    day = pd.Timestamp(draw.REFERENCE_DATE)
    before_birthday = (born.dt.month * 100 + born.dt.day) > day.month * 100 + day.day
    age = day.year - born.dt.year - before_birthday.astype(int)
    bounds = known.age_group.replace("65+", "65-200").str.split("-", expand=True).astype(int)
    assert ((age >= bounds[0]) & (age <= bounds[1])).all()


def test_revenue_follows_the_tier_and_lifetime_value_the_tenure(customers: pd.DataFrame) -> None:
    germans = customers[customers.country == "DE"]
    medians = germans.groupby("subscription_tier").monthly_revenue.median()
    assert list(medians.sort_values().index) == list(reference.SUBSCRIPTION_TIERS)
    running = germans[germans.is_active]
    tenure = pd.Timestamp(draw.REFERENCE_DATE) - pd.to_datetime(running.subscription_start_date)
    expected = running.monthly_revenue * (tenure.dt.days / 30.4375).clip(lower=1)
    assert expected.corr(running.lifetime_value) > 0.95


def test_subscriptions_run_exactly_while_they_have_no_end(customers: pd.DataFrame) -> None:
    assert customers[customers.is_active].subscription_end_date.isna().all()
    ended = customers[~customers.is_active].dropna(subset=["subscription_end_date"])
    assert (ended.subscription_end_date >= ended.subscription_start_date).all()


def test_addresses_can_reach_nobody(customers: pd.DataFrame) -> None:
    addresses = customers.email.dropna()
    assert addresses.is_unique
    assert addresses.str.fullmatch(r"[a-z]+\.[a-z]+\.\d+@example\.(com|net|org)").all()


@pytest.mark.parametrize("table", TABLES)
def test_nothing_lies_after_the_reference_date(tables: dict[str, pa.Table], table: str) -> None:
    day = pa.scalar(draw.REFERENCE_DATE, pa.date32())
    for column in TABLES[table]:
        if column.type in {"date", "timestamp"}:
            latest = pc.max(tables[table].column(column.name).cast(pa.timestamp("ms")))
            assert latest.as_py() <= day.cast(pa.timestamp("ms")).as_py(), column.name


def test_a_column_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    columns = (Column("a", "int", "number"),)
    with pytest.raises(ValueError, match="no column declares \\['b'\\]"):
        store({"a": pa.array([1]), "b": pa.array([2])}, columns, tmp_path / "x")
