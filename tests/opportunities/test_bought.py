"""A file of leads that says who bought: they are customers, and the report tells by which fields."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.kpi.period import Period
from models.kpi.read import Question
from models.kpi.read.fields import read_conversion_by_field
from models.kpi.run import run_report
from models.leads.files.csv_file import InvalidCsvFile
from models.leads.imports.lead_import import ImportResult, begin_import
from models.leads.reading.read_lead import read_lead
from models.leads.reading.told_late import KEY_HOLDER, STRANGER
from models.playbook import Playbook, apply
from models.values.custom_field import CustomField, FieldType
from tests.support.database import rows
from tests.support.paths import SHARED
from tests.support.playbook import apply_playbook, the_shipped_playbook

X_EDUCATION = SHARED / "data" / "x_education_leads" / "Leads.csv"
MAP = ("Converted=has_bought",)


@pytest.fixture(autouse=True)
def database(database_url: str) -> str:
    apply_playbook()
    return database_url


def imported(path: Path, given: Sequence[str] = MAP) -> ImportResult:
    start = begin_import(path, "csv", given=given)
    return sum((start.store(part, datetime.now(UTC)) for part in start.parts()), ImportResult())


def a_file(folder: Path, *lines: str) -> Path:
    path = folder / "leads.csv"
    path.write_text("\n".join(lines))
    return path


def react() -> None:
    run_due(discover(), datetime.now(UTC))


def test_who_bought_is_a_customer_once_and_nobody_is_mailed(tmp_path: Path) -> None:
    path = a_file(tmp_path, "email,Converted,city", "ann@example.com,1,Rome", "bob@example.com,0,", "cy@example.com,,")
    imported(path)
    imported(a_file(tmp_path, "email,Converted,city", "ann@example.com,yes,Oslo"))
    react()
    assert rows('SELECT email, amount_from FROM "order" JOIN contact ON contact.id = contact_id') == [
        ("ann@example.com", "not known")
    ]
    assert rows("SELECT email FROM contact WHERE stage = 'customer'") == [("ann@example.com",)]
    assert rows("SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM journey_run)") == [(0, 0)]
    run_report(engine(), datetime.now(UTC), full=True)
    measures = "SELECT measure, sum(count) FROM kpi_daily WHERE dimension = 'all' AND team_id = 0 AND measure = ANY(:m)"
    found = rows(f"{measures} AND known_until IS NULL GROUP BY 1 ORDER BY 1", m=["lead", "customer"])
    assert [tuple(row) for row in found] == [("customer", 1), ("lead", 3)]


def test_what_says_neither_is_kept_for_a_person(tmp_path: Path) -> None:
    imported(a_file(tmp_path, "email,Converted", "ann@example.com,perhaps"))
    assert rows("SELECT field, found FROM unread_value") == [("has_bought", "perhaps")]
    assert rows('SELECT count(*) FROM "order"') == [(0,)]


def test_neither_a_stranger_nor_a_file_without_a_map_makes_anybody_a_customer(tmp_path: Path) -> None:
    playbook, now = the_shipped_playbook(), datetime.now(UTC)
    for sending in (STRANGER, KEY_HOLDER):
        lead = read_lead("website", playbook, {"email": "ann@example.com", "has_bought": "1"}, now, sending=sending)
        assert not lead.has_bought
    imported(a_file(tmp_path, "email,has_bought,Converted", "ann@example.com,1,1"), ())
    assert rows("SELECT count(*) FROM event WHERE name = 'order_placed'") == [(0,)]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("Converted", "cannot be read"),
        ("Converted=nothing", "cannot be read"),
        ("=has_bought", "cannot be read"),
        ("Kaufte=has_bought", "has no column 'Kaufte'"),
    ],
)
def test_a_map_that_is_none_is_refused_before_anything_is_stored(tmp_path: Path, given: str, says: str) -> None:
    with pytest.raises(InvalidCsvFile, match=says):
        imported(a_file(tmp_path, "email,Converted", "ann@example.com,1"), (given,))
    assert rows("SELECT count(*) FROM contact") == [(0,)]


def test_a_map_needs_one_source_for_the_whole_file(tmp_path: Path) -> None:
    path = a_file(tmp_path, "email,Converted,source", "ann@example.com,1,csv")
    with pytest.raises(InvalidCsvFile, match="--source"):
        begin_import(path, None, given=MAP)


def with_fields(names: Sequence[str]) -> Playbook:
    shipped = the_shipped_playbook()
    own = {name: CustomField(type=FieldType.TEXT, label=name.replace("_", " ").capitalize()) for name in names}
    changed = shipped.model_copy(update={"fields": {**shipped.fields, **own}})
    with engine().begin() as connection:
        apply(connection, changed)
    return changed


@pytest.mark.skipif(not X_EDUCATION.exists(), reason="the data is not here")
def test_conversion_by_source_origin_and_occupation_is_what_pandas_counts() -> None:
    playbook = with_fields(["lead_origin", "occupation"])
    columns = ("Lead Origin=lead_origin", "What is your current occupation=occupation")
    assert imported(X_EDUCATION, (*MAP, *columns)).created == 9240
    react()
    run_report(engine(), datetime.now(UTC), full=True)
    [run] = rows("SELECT totals_through FROM kpi_run")
    with engine().connect() as connection:
        question = Question(Period(date(2000, 1, 1), date(2100, 1, 1)), totals_through=run.totals_through)
        found = {one.name: one for one in read_conversion_by_field(connection, question, playbook.fields)}
    raw = pd.read_csv(X_EDUCATION)
    # As the shipped playbook spells them.
    raw["Lead Source"] = raw["Lead Source"].replace({"google": "Google", "bing": "Bing"})
    expected: dict[str, Any] = {
        "found_by": "Lead Source",
        "lead_origin": "Lead Origin",
        "occupation": "What is your current occupation",
    }
    for name, column in expected.items():
        groups = raw[raw[column] != "Select"].groupby(column).Converted
        counted = {one.value: (one.leads, one.customers) for one in found[name].values}
        assert counted == {value: (len(group), int(group.sum())) for value, group in groups}, name
        assert found[name].silent == 9240 - sum(len(group) for _, group in groups)
    customers = "SELECT sum(count) FROM kpi_daily WHERE measure = 'customer' AND dimension = 'all' AND team_id = 0"
    assert rows(customers) == [(int(raw.Converted.sum()),)]
