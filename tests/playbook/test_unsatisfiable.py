"""Conditions that can never hold are found, with the reason; those that can are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.conditions.unsatisfiable import unsatisfiable_reason
from models.values.custom_field import CustomField, FieldType

FIELDS = {
    "challenge": CustomField(type=FieldType.DROPDOWN, options=("Taxes", "Staff")),
    "interests": CustomField(type=FieldType.LIST, options=("golf", "tea")),
    "heard_of_us": CustomField(type=FieldType.TEXT, options=("A friend", "The press")),
    "revenue": CustomField(type=FieldType.PRICE),
    "start_by": CustomField(type=FieldType.DATE),
    "newsletter": CustomField(type=FieldType.CHECKBOX),
}


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("score > 5 and score < 3", "score > 5 and score < 3 is never true"),
        ("3 > score > 5", "3 > score and score > 5 is never true"),
        ("score is None", "score is None is never true"),
        ("employees > 5 and employees < 6", "employees > 5 and employees < 6 is never true"),
        ('state == "CA" and state == "NY"', "is never true"),
        ("state in []", "state in [] is never true"),
        ('state == "CA" and state not in ["CA"]', "is never true"),
        ('challenge == "Nothing"', "challenge == 'Nothing' is never true: challenge is one of Taxes, Staff"),
        ('challenge in ["taxes"]', "challenge is one of Taxes, Staff"),
        ('stage == "lead"', "stage is one of mgl, mql, sql, sal, opportunity, customer"),
        ('stage == "mql" and (score < 0 and score > 0 or state == "A" and state == "B")', "is never true"),
        ("mql_level == 4", "mql_level is one of 1, 2, 3"),
        ('"chess" in interests', "interests is one of golf, tea"),
        ("newsletter and not newsletter", "newsletter and not (newsletter) is never true"),
        ('start_by > "2026-03-01" and start_by < "2026-02-01"', "is never true"),
        ('"boss" in job_title and job_title == "CEO"', "is never true"),
        ('"boss" in job_title and "boss" not in job_title', "is never true"),
        ('"boss" in job_title and not contains(job_title, "oss")', "is never true"),
        ('"sales manager" in job_title and "sales" not in job_title', "is never true"),
        ('contains(job_title, "boss") and job_title == "CEO"', "is never true"),
        ("phone is None and phone is not None", "is never true"),
        ("not (score >= 3 or score < 3)", "is never true"),
        ("not (score == 3 or score != 3)", "is never true"),
    ],
)
def test_what_nobody_can_fulfil_is_found(condition: str, reason: str) -> None:
    found = unsatisfiable_reason(condition, FIELDS)
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    "condition",
    [
        "score > 5 and score <= 6",
        "score > 5 or score < 3",
        "score > 5 and score < 5.01",
        'state == "CA" and industry == "NY"',
        'state != "CA" and state != "NY"',
        'challenge == "Taxes"',
        'challenge in ["Nothing", "Staff"]',
        'challenge != "Taxes" and challenge != "Staff"',
        "not (employees > 5) and not (employees <= 5)",
        '"ceo" in job_title and "founder" in job_title and job_title != "ceo"',
        '"ceo" in job_title and job_title > "a" and job_title < "b"',
        '"golf" in interests and "tea" in interests',
        'created_at > "2026-01-01" and created_at < "2026-01-02"',
        "email == phone",
        'heard_of_us == "My sister"',
        "score > employees and score < employees",
        'contains(job_title, "intern") and "intern" not in job_title',
        '"vice" in job_title and "president" in job_title and "vice president" not in job_title',
        'contains(job_title, "sale") and not contains(job_title, "sales")',
        " and ".join(f'"{word}" in job_title' for word in "abcdefgh"),
        "not newsletter",
        "has_budget == False",
        "revenue > 100 and revenue < 100.5",
        " and ".join(["(score > 1 or score > 2)"] * 20),
        "score = 3",
    ],
)
def test_what_somebody_can_fulfil_is_left_alone(condition: str) -> None:
    assert unsatisfiable_reason(condition, FIELDS) is None


COMPARISONS = st.builds(
    lambda op, number, no: f"{'not ' if no else ''}employees {op} {number}",
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.integers(-3, 3),
    st.booleans(),
)

WORDS = st.sampled_from(["and", "or"])


@given(st.recursive(COMPARISONS, lambda inner: st.builds(lambda a, op, b: f"({a} {op} {b})", inner, WORDS, inner)))
def test_it_says_never_just_when_no_number_fits(condition: str) -> None:
    # As Postgres reads it: an unknown number is neither more nor less than anything.
    fits = any(_holds(condition, employees) for employees in [None, *range(-10, 10)])
    assert (unsatisfiable_reason(condition, {}) is None) is fits


class _Unknown:
    def __lt__(self, other: object) -> bool:
        return False

    __le__ = __gt__ = __ge__ = __lt__


def _holds(condition: str, employees: int | None) -> bool:
    return bool(eval(condition, {"employees": _Unknown() if employees is None else employees}))
