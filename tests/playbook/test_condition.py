"""Conditions of the playbook: what they select, how they refuse, and how they are labelled."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from sqlmodel import col

from models import Contact, JourneyRun, Stage
from models.conditions.parse import BadCondition, expression_text, parse_condition
from models.values.custom_field import CustomField, FieldType

FIELDS = {
    "challenge": CustomField(type=FieldType.DROPDOWN, options=("Taxes", "Staff")),
    "interests": CustomField(type=FieldType.LIST),
    "revenue": CustomField(type=FieldType.PRICE),
    "start_by": CustomField(type=FieldType.DATE),
    "newsletter": CustomField(type=FieldType.CHECKBOX),
}
PEOPLE = {
    "ann": {
        "state": "CA",
        "employees": 80,
        "score": 40,
        "job_title": "CEO and founder",
        "phone": "+14155550123",
        "custom": {
            "challenge": "Taxes",
            "interests": ["golf", "tea"],
            "revenue": "4800.00",
            "start_by": "2026-05-01",
            "newsletter": True,
        },
    },
    "bob": {"state": "NY", "employees": 5, "score": 3, "custom": {"challenge": "Staff", "revenue": "about nothing"}},
    "eve": {},
}


@pytest.fixture
def people(connection: Connection) -> Connection:
    for name, fields in PEOPLE.items():
        connection.execute(
            insert(Contact).values(first_name=name, created_at=datetime(2026, 3, 1, tzinfo=UTC), **fields)
        )
    return connection


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('state == "CA" and employees >= 50', "ann"),
        ('state == "CA" or state == "NY"', "ann bob"),
        ('state != "CA"', "bob eve"),
        ('state in ["CA", "NY"]', "ann bob"),
        ('state not in ["CA"]', "bob eve"),
        ("not (score > 3)", "bob eve"),
        ("not employees > 50", "bob eve"),
        ("3 <= score < 40", "bob"),
        ("30 <= score", "ann"),
        ("score > -1.5", "ann bob eve"),
        ("phone is not None", "ann"),
        ("phone is None", "bob eve"),
        ('"ceo" in job_title', "ann"),
        ('"%" in job_title', ""),
        ('challenge in ["Taxes"]', "ann"),
        ('"golf" in interests', "ann"),
        ('"gol" in interests', ""),
        ("revenue >= 1000", "ann"),
        ("not revenue >= 1000", "bob eve"),
        ('start_by < "2026-06-01"', "ann"),
        ("newsletter", "ann"),
        ("newsletter == True", "ann"),
        ("not newsletter", "bob eve"),
        ("has_budget is None", "ann bob eve"),
        ('created_at >= "2026-02-01"', "ann bob eve"),
        ('stage == "mgl"', "ann bob eve"),
    ],
)
def test_a_condition_selects_who_it_says(people: Connection, condition: str, found: str) -> None:
    matching = (
        select(col(Contact.first_name)).where(parse_condition(condition, FIELDS)).order_by(col(Contact.first_name))
    )
    assert " ".join(people.execute(matching).scalars()) == found


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ('state = "CA"', "write == to compare"),
        ("colour == 1", "the name of a field was expected: challenge, city"),
        ("score > 'much'", "a number was expected to compare with score"),
        ("state == 5", "text in quotes was expected"),
        ("state", "is not a yes or no by itself"),
        ("1 == 1", "the name of a field was expected on one side"),
        ('interests == "golf"', 'write "word" in interests'),
        ("newsletter > True", "has no order"),
        ('start_by < "soon"', "a date in quotes"),
        ("score > None", "nothing is more or less than None"),
        ("state.upper() == 'CA'", "the name of a field was expected"),
        ("__import__('os').system('true')", "a comparison was expected"),
        ("score.__class__ == 1", "the name of a field was expected"),
        ("state == f'{score}'", "text in quotes, a number"),
        ("[score for score in [1]] == 1", "the name of a field was expected"),
        ("(lambda: score)()", "a comparison was expected"),
        ("score > 10**9", "text in quotes, a number"),
        ("score > 99999999999999999999", "a number below"),
        ("score > 1e999", "a number below"),
        ("score > 1j", "text in quotes, a number"),
        ("not " * 25 + "newsletter", "at most 20 levels"),
        ("(" * 400 + "score > 1" + ")" * 400, "Condition"),
        ("-" * 900 + "1 < score", "Condition"),
        ("score > 1 and " * 100 + "score > 1", "write it in at most 1,000"),
        ('state == "\0"', "Condition"),
        (r'state == "\ud800"', "without null bytes and broken characters"),
        (r'state == "\0"', "without null bytes and broken characters"),
        ("", "Condition"),
        ("score >", "Condition 'score >', at character"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_place(condition: str, told: str) -> None:
    with pytest.raises(BadCondition) as refused:
        parse_condition(condition, FIELDS)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        (Contact.score >= 30, "score >= 30"),
        (JourneyRun.points >= 10, "points >= 10"),
        (Contact.stage == Stage.SQL, "stage = 'sql'"),
        (col(Contact.phone).is_not(None), "phone IS NOT NULL"),
        (col(Contact.state).in_(["CA", "NY"]), "state IN ('CA', 'NY')"),
        ((Contact.state == "CA") & (Contact.employees > 50), "state = 'CA' AND employees > 50"),
        (col(Contact.custom)["challenge"].astext == "100% sure", "challenge = '100% sure'"),
        (~(Contact.score > 3), "score <= 3"),
    ],
)
def test_an_expression_is_labelled_as_people_read_it(expression: Any, says: str) -> None:
    assert expression_text(expression) == says


def test_two_expressions_that_differ_in_a_value_keep_their_own_labels() -> None:
    assert [expression_text(Contact.score >= points) for points in (10, 20, 10)] == [
        "score >= 10",
        "score >= 20",
        "score >= 10",
    ]
