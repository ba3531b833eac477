"""A real file of deals, imported and reported, gives what plain pandas gives on the raw files, to the last digit."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.operations.leads.import_opportunities import (
    OpportunityImportResult,
    begin_opportunity_import,
    import_opportunity_file,
)
from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.kpi.run import run_report
from tests.support.database import rows
from tests.support.paths import SHARED
from tests.support.playbook import apply_playbook
from tests.support.servers.database_copy import DatabaseCopy

MAVEN = SHARED / "data" / "maven_crm"
FILE = "sales_pipeline.csv"

pytestmark = pytest.mark.skipif(not MAVEN.exists(), reason="the data is not here")


@pytest.fixture(scope="module")
def crm(database_copy: DatabaseCopy) -> Iterator[OpportunityImportResult]:
    """The files, imported once for all tests, none of which changes what deals there are."""
    database_copy.make()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEND_DATABASE_URL", database_copy.address)
        apply_playbook()
        yield imported()
    database_copy.empty()


@pytest.fixture(scope="module")
def deals() -> pd.DataFrame:
    """The deals of the raw files with their team and region; days as days."""
    pipeline, teams = pd.read_csv(MAVEN / FILE), pd.read_csv(MAVEN / "sales_teams.csv")
    for name in ("engage_date", "close_date"):
        pipeline[name] = pd.to_datetime(pipeline[name], format="%d-%m-%Y")
    pipeline["days"] = (pipeline.close_date - pipeline.engage_date).dt.days
    pipeline["quarter"] = pipeline.close_date.dt.to_period("Q").astype(str)
    return pipeline.merge(teams, on="sales_agent", how="left")


def report() -> None:
    run_report(engine(), datetime.now(UTC), full=True)


def counted(key: str, tables: str, where: str = "true") -> dict[tuple[str, str], tuple[int, Any, Any]]:
    """(measure, key) -> count, amount and value of the KPI table, whatever the day."""
    found = rows(f"""
        SELECT k.measure, {key} AS key, sum(k.count), sum(k.amount), sum(k.value) FROM kpi_daily k {tables}
        WHERE k.known_until IS NULL AND k.measure IN ('opportunity', 'won', 'lost') AND {where} GROUP BY 1, 2""")
    return {(row[0], row[1]): (int(row[2]), row[3], row[4]) for row in found}


OF_AGENT = ("rep.name", "JOIN rep ON rep.id::text = k.member", "k.dimension = 'person'")
OF_MANAGER = ("team.manager", "JOIN team ON team.id = k.team_id", "k.dimension = 'all' AND team.manager IS NOT NULL")
OF_REGION = ("team.region", "JOIN team ON team.id = k.team_id", "k.dimension = 'all' AND team.region IS NOT NULL")
OF_PRODUCT = ("p.name", "JOIN product p ON p.code = k.member", "k.dimension = 'product' AND k.team_id = 0")
OF_QUARTER = ("to_char(k.day, 'YYYY\"Q\"Q')", "", "k.dimension = 'all' AND k.team_id = 0")


def assert_as_pandas(deals: pd.DataFrame) -> None:
    """Won, lost, all, values, and days to close: by agent, manager, region, product, and quarter of the close."""
    cuts = {
        "sales_agent": OF_AGENT,
        "manager": OF_MANAGER,
        "regional_office": OF_REGION,
        "product": OF_PRODUCT,
        "quarter": OF_QUARTER,
    }
    for column, cut in cuts.items():
        found = counted(*cut)
        for stage, measure in (("Won", "won"), ("Lost", "lost")):
            for key, group in deals[deals.deal_stage == stage].groupby(column):
                count, amount, days = found.pop((measure, str(key)))
                assert (count, days) == (len(group), group.days.sum()), (column, key)
                assert measure == "lost" or amount == Decimal(int(group.close_value.sum())), (column, key)
        if column != "quarter":
            assert {key: found[key][0] for key in found} == {
                ("opportunity", str(key)): len(group) for key, group in deals.groupby(column)
            }


def imported(folder: Path = MAVEN, *given: str) -> OpportunityImportResult:
    return import_opportunity_file(folder / FILE, "csv", given)


def assert_agents_are_there() -> None:
    """With manager and region, also those without any deal, who have zeros."""
    teams = pd.read_csv(MAVEN / "sales_teams.csv")
    found = rows("""
        SELECT rep.name, team.manager, team.region, coalesce(sum(k.count), 0) AS deals
        FROM rep JOIN team ON team.id = rep.team_id LEFT JOIN kpi_daily k
          ON k.dimension = 'person' AND k.member = rep.id::text AND k.measure = 'opportunity' AND k.known_until IS NULL
        WHERE team.manager IS NOT NULL GROUP BY 1, 2, 3""")
    assert {row[:3] for row in map(tuple, found)} == set(teams.itertuples(index=False, name=None))
    assert sorted(row.name for row in found if not row.deals) == [
        *("Carl Lin", "Carol Thompson", "Elizabeth Anderson", "Mei-Mei Johns", "Natalya Ivanova")
    ]


def test_the_report_of_an_imported_crm_is_what_pandas_counts(crm: OpportunityImportResult, deals: pd.DataFrame) -> None:
    assert crm == OpportunityImportResult(read=8800, new=8800, won=4238, lost=2473, open=2089, without_account=1425)
    report()
    assert_as_pandas(deals)
    # The mean of days to close, and the share of those closed that were won, follow from the same cells.
    won, lost = (counted(*OF_PRODUCT)[stage, "GTX Basic"] for stage in ("won", "lost"))
    closed = deals[(deals["product"] == "GTX Basic") & deals.close_date.notna()]
    assert won[0] / (won[0] + lost[0]) == (closed.deal_stage == "Won").mean()
    assert (won[2] + lost[2]) / (won[0] + lost[0]) == closed.days.mean()
    assert_agents_are_there()


@pytest.mark.usefixtures("crm")
def test_open_deals_stand_in_their_stage_by_agent(deals: pd.DataFrame) -> None:
    found = rows("""
        SELECT rep.name, detail, count(*) FROM opportunity o JOIN rep ON rep.id = rep_id WHERE stage = 'open'
        GROUP BY 1, 2""")
    still_open = deals[deals.deal_stage.isin(["Engaging", "Prospecting"])]
    expected = still_open.groupby(["sales_agent", "deal_stage"]).size()
    assert {tuple(row) for row in found} == {(*key, count) for key, count in expected.items()}
    assert rows("SELECT count(*) FROM opportunity WHERE opened_at IS NULL") == [(500,)]


@pytest.mark.usefixtures("crm")
def test_nobody_is_mailed_and_nothing_starts_whatever_time_passes() -> None:
    now = datetime.now(UTC)
    run_due(discover(), now)
    for table in ("message", "task", "journey_run", "follow_up", "placement", "assignment"):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert rows("SELECT stage, count(*) FROM contact GROUP BY 1 ORDER BY 1") == [
        ("customer", 85),
        ("opportunity", 1425),
    ]


def test_the_same_file_again_changes_nothing_at_all(crm: OpportunityImportResult) -> None:
    before = rows("SELECT count(*), max(id) FROM event")
    again = imported()
    assert (again.new, again.changed, again.seen_before) == (0, 0, crm.read)
    assert rows("SELECT count(*), max(id) FROM event") == before
    assert rows("SELECT count(*) FROM rep WHERE NOT active") == [(35,)]
    assert rows("SELECT count(*) FROM contact") == [(85 + 1425,)]


SPELLINGS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "M/D/YYYY": lambda days: (
        days.dt.month.astype("Int64").astype(str)
        + "/"
        + days.dt.day.astype("Int64").astype(str)
        + "/"
        + days.dt.year.astype("Int64").astype(str)
    ),
    "ISO": lambda days: days.dt.strftime("%Y-%m-%d"),
    "spreadsheet": lambda days: ((days - pd.Timestamp("1899-12-30")).dt.days).astype("Int64").astype(str),
}


def copied(folder: Path, pipeline: pd.DataFrame) -> None:
    for file in MAVEN.glob("*.csv"):
        shutil.copy(file, folder)
    pipeline.to_csv(folder / FILE, index=False)


def spelled(deals: pd.DataFrame, spelling: str) -> pd.DataFrame:
    other = deals[list(pd.read_csv(MAVEN / FILE, nrows=0).columns)].copy()
    for name in ("engage_date", "close_date"):
        other[name] = SPELLINGS[spelling](deals[name]).where(deals[name].notna(), "")
    other["product"] = other["product"].replace("GTX Pro", "GTXPro")
    return other


@pytest.mark.usefixtures("crm")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_other_spellings_of_days_and_products_are_the_same_deals(
    deals: pd.DataFrame, tmp_path: Path, spelling: str
) -> None:
    some = spelled(deals, spelling)[::4]
    copied(tmp_path, some)
    found = imported(tmp_path, "product:GTXPro=GTX Pro")
    assert (found.read, found.seen_before, found.changed, found.rejected) == (len(some), len(some), 0, 0)


@pytest.mark.usefixtures("crm")
def test_a_product_in_another_spelling_is_taken_by_its_letters_which_is_said(
    deals: pd.DataFrame, tmp_path: Path
) -> None:
    some = spelled(deals, "M/D/YYYY")[::4]
    copied(tmp_path, some)
    start = begin_opportunity_import(tmp_path / FILE, "csv")
    assert [remark for remark in start.remarks if "GTXPro" in remark] == [
        f"'GTXPro' was taken as 'GTX Pro' by its letters, in {sum(some['product'] == 'GTXPro')} rows. If it is another "
        "product, say so: --map 'product:GTXPro=its name'."
    ]
    found = sum((start.store(part) for part in start.parts()), OpportunityImportResult())
    assert (found.seen_before, found.changed, found.rejected) == (len(some), 0, 0)
