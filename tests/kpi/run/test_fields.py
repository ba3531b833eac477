"""Conversion by field is kept by the report: what leads said when it was made, day by day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.contacts.set_fields import set_fields
from models.database import engine
from models.kpi.period import Period
from models.kpi.read import Question
from models.kpi.read.fields import read_conversion_by_field
from models.playbook import apply, current_playbook
from models.values.custom_field import CustomField, FieldType
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.reports import report
from tests.support.story import MONDAY

CAME = datetime(2026, 3, 10, 15, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = Period(CAME.date() - DAY, CAME.date() + 7 * DAY)


@pytest.fixture(autouse=True)
def company(make_story: Callable[..., Any]) -> None:
    make_story()
    write("TRUNCATE contact CASCADE")
    apply_playbook()


def comes(*, industry: str | None = None, at: datetime = CAME, **custom: str) -> int:
    """A lead, by a form."""
    write(
        "INSERT INTO contact (industry, created_at, updated_at) VALUES (:industry, :at, :at)", industry=industry, at=at
    )
    [lead] = rows("SELECT max(id) AS id FROM contact")
    write(
        "INSERT INTO event (name, topic, contact_id, source, at, received_at, reacted_at) "
        "VALUES ('form_submitted', 'ebook', :id, 'website', :at, :at, :at)",
        id=lead.id,
        at=at,
    )
    says(lead.id, at, **custom)
    return int(lead.id)


def says(contact: int, at: datetime, **fields: str) -> None:
    with engine().begin() as connection:
        set_fields(connection, [contact], fields, at)


def told(known_at: datetime | None = None, team_id: int = 0) -> dict[str, Any]:
    """Field -> ({value: (leads, customers)}, silent leads)."""
    [run, *_] = rows("SELECT totals_through FROM kpi_run")
    with engine().connect() as connection:
        question = Question(WEEK, team_id, known_at, run.totals_through)
        found = read_conversion_by_field(connection, question, current_playbook(connection).fields)
    return {one.name: ({each.value: (each.leads, each.customers) for each in one.values}, one.silent) for one in found}


def test_what_a_lead_says_later_counts_on_the_day_they_came_and_what_was_reported_stays() -> None:
    ann, _ = comes(industry="Retail"), comes(industry="Retail", found_by="Google")
    before = report(CAME + DAY).known_at
    says(ann, CAME + 2 * DAY, industry="Coaching", found_by="A friend")
    report(CAME + 3 * DAY)
    assert told() == {
        "industry": ({"Coaching": (1, 0), "Retail": (1, 0)}, 0),
        "found_by": ({"A friend": (1, 0), "Google": (1, 0)}, 0),
    }
    assert told(before) == {"industry": ({"Retail": (2, 0)}, 0), "found_by": ({"Google": (1, 0)}, 1)}
    assert report(CAME + 4 * DAY, full=True).rows["kpi_field"] == 0


def test_a_text_that_everybody_fills_in_anew_is_kept_as_one_row_a_day_and_not_shown() -> None:
    for number in range(51):
        comes(industry="Retail", goal=f"goal {number}")
    report(CAME + DAY)
    assert rows("SELECT value, leads FROM kpi_field WHERE field = 'goal'") == [("", 51)]
    assert told() == {"industry": ({"Retail": (51, 0)}, 0)}


def test_as_many_values_as_a_table_shows_are_told_apart() -> None:
    for number in range(50):
        comes(goal=f"goal {number}")
    report(CAME + DAY)
    assert len(told()["goal"][0]) == 50
    comes(goal="another", at=CAME + DAY)
    report(CAME + 2 * DAY)
    assert told() == {}


def test_a_very_long_text_is_cut_off() -> None:
    comes(found_by="a" * 5000)
    report(CAME + DAY)
    assert told() == {"found_by": ({"a" * 100 + "…": (1, 0)}, 0)}


def test_an_erased_person_leaves_the_counts_as_they_were() -> None:
    ann, bob, _ = comes(industry="Retail"), comes(industry="Retail", found_by="Google"), comes(industry="Coaching")
    report(CAME + DAY)
    before = told()
    write("DELETE FROM contact WHERE id = :id", id=ann)
    report(CAME + 2 * DAY)
    assert told() == before
    # Others come to the same day, say something else, and go.
    dora = comes(industry="Retail", at=CAME + HOUR)
    report(CAME + 3 * DAY)
    says(dora, CAME + 4 * DAY, industry="Coaching")
    report(CAME + 4 * DAY)
    write("DELETE FROM contact WHERE id = :id", id=bob)
    report(CAME + 5 * DAY)
    assert told() == {"industry": ({"Coaching": (2, 0), "Retail": (2, 0)}, 0), "found_by": ({"Google": (1, 0)}, 3)}
    assert report(CAME + 6 * DAY, full=True).rows["kpi_field"] == 0


def test_an_erased_customer_who_had_cancelled_everything_stays_counted_as_well(make_story: Callable[..., Any]) -> None:
    story = make_story()
    ann = story.contact(created_at=MONDAY, industry="Retail")
    story.happens("form_submitted", "guide", contact=ann)
    for name, more in (("order_placed", {"amount": 100}), ("order_cancelled", {})):
        story.happens(name, contact=ann, data={"reference": "17"} | more)
    report(MONDAY + DAY)
    assert rows("SELECT 1 FROM kpi_stage_spell WHERE known_until IS NULL AND until_at IS NULL") == []
    before = kept()
    assert before
    write("DELETE FROM contact WHERE id = :id", id=ann)
    report(MONDAY + 2 * DAY)
    assert kept() == before
    assert rows("SELECT 1 FROM deleted_contact") == []


def kept() -> dict[Any, Any]:
    """(team, day, field, value) -> (leads, customers), whoever they are."""
    found = rows("""
        SELECT team_id, day, field, value, sum(leads) AS leads, sum(customers) AS customers FROM kpi_field
        WHERE known_until IS NULL GROUP BY 1, 2, 3, 4
    """)
    return {tuple(row[:4]): (int(row.leads), int(row.customers)) for row in found}


def test_who_buys_is_added_to_what_they_say_and_no_day_is_counted_anew(make_story: Callable[..., Any]) -> None:
    story = make_story()
    leads = [story.contact(f"lead{number}@example.com", created_at=MONDAY, industry="Retail") for number in range(51)]
    write("UPDATE contact SET custom = jsonb_build_object('goal', email)")
    for lead in leads[:2]:
        story.happens("form_submitted", "guide", contact=lead)
    report(MONDAY + DAY)
    story.now = MONDAY + 2 * DAY
    # Were the day counted anew, this would be found.
    write("UPDATE contact SET updated_at = '2020-01-01'")
    write("UPDATE contact SET industry = 'Coaching' WHERE id = :id", id=leads[50])
    story.happens("order_placed", contact=leads[0], data={"amount": 100, "reference": "17"})
    done = report(story.now + HOUR)
    assert of_everybody() == {("industry", "Retail"): (51, 1), ("goal", ""): (51, 1)}
    assert done.rows["kpi_field"] == len([value for value in kept().values() if value[1]])
    story.now = MONDAY + 4 * DAY
    story.happens("order_cancelled", contact=leads[0], data={"reference": "17"})
    report(story.now + HOUR)
    assert of_everybody() == {("industry", "Retail"): (51, 0), ("goal", ""): (51, 0)}
    write("UPDATE contact SET industry = 'Retail'")
    assert report(story.now + 2 * HOUR, full=True).rows["kpi_field"] == 0


def of_everybody() -> dict[Any, Any]:
    """(field, value) -> (leads, customers) of one day."""
    return {(field, value): counts for (team, _, field, value), counts in kept().items() if not team}


def test_a_field_that_the_playbook_gets_is_counted_of_all_leads_without_counting_all_else_anew() -> None:
    lead = comes(industry="Retail")
    write('UPDATE contact SET custom = custom || \'{"hobby": "Chess", "diary": "…"}\' WHERE id = :id', id=lead)
    report(CAME + DAY)
    assert "hobby" not in told()
    with engine().begin() as connection:
        shipped = current_playbook(connection)
        own = {
            "hobby": CustomField(type=FieldType.TEXT, label="Hobby"),
            "diary": CustomField(type=FieldType.TEXT, long=True),
        }
        apply(connection, shipped.model_copy(update={"fields": {**shipped.fields, **own}}))
    done = report(CAME + 2 * DAY)
    assert not done.is_full
    assert told() == {"industry": ({"Retail": (1, 0)}, 0), "hobby": ({"Chess": (1, 0)}, 0)}
