"""The form that writes a condition: what is chosen becomes one, and one that was written is shown as chosen."""

import ast
from urllib.parse import parse_qs, urlsplit

import pytest

from models.conditions.parse import BadCondition
from models.contacts.views.conditions import KnownWords, field_kinds, parse_list_condition
from models.values.custom_field import CustomField, FieldType
from tests.support.database import write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser
from web.contacts.list.builder import ANYTHING, NOTHING, Criteria, Row, shown_criteria, write_condition

FIELDS = {
    "challenge": CustomField(type=FieldType.DROPDOWN, options=("Other",)),
    "topics": CustomField(type=FieldType.LIST, options=("a", "b")),
    "start_by": CustomField(type=FieldType.DATE),
    "budget": CustomField(type=FieldType.PRICE),
    "is_member": CustomField(type=FieldType.CHECKBOX),
}
KNOWN = KnownWords(FIELDS, {"owner": ["Sarah Miller", 'Dwayne "The Rock" O\'Neil'], "journey": ["lead_nurture"]})
KINDS = field_kinds(KNOWN)


def written(*rows: Row, rest: str = "", **controls: str) -> str:
    return write_condition(Criteria(controls, rows, rest), KINDS)


@pytest.mark.parametrize(
    ("controls", "condition"),
    [
        ({}, ""),
        ({"stage": "sql"}, 'stage == "sql"'),
        ({"owner": NOTHING}, "owner is None"),
        ({"mail": ANYTHING}, "suppressed is not None"),
        ({"mail": "bounced"}, 'suppressed == "bounced"'),
        ({"score_from": "30", "score_to": "1,000.5"}, "score >= 30 and score <= 1000.5"),
        ({"came_from": "2026-03-01", "score_to": "9"}, 'created_at >= "2026-03-01" and score <= 9'),
        ({"active_before": "2026-03-01"}, 'last_activity < "2026-03-01"'),
        ({"owner": 'Dwayne "The Rock" O\'Neil'}, 'owner == "Dwayne \\"The Rock\\" O\'Neil"'),
    ],
)
def test_each_control_is_one_comparison(controls: dict[str, str], condition: str) -> None:
    assert written(**controls) == condition
    assert dict(shown_criteria(condition, KINDS).controls) == {
        name: value.replace(",", "") for name, value in controls.items()
    }


@pytest.mark.parametrize(
    ("row", "condition"),
    [
        (Row("state", "==", "CA"), 'state == "CA"'),
        (Row("company", "contains", "100%"), 'contains(company, "100%")'),
        (Row("budget", ">=", "5000"), "budget >= 5000"),
        (Row("start_by", "<", "2026-03-01"), 'start_by < "2026-03-01"'),
        (Row("is_member", "==", "yes"), "is_member == True"),
        (Row("topics", "==", "a"), '"a" in topics'),
        (Row("phone", NOTHING), "phone is None"),
        (Row("phone", ANYTHING), "phone is not None"),
        (Row("owner", "!=", "Sarah Miller"), 'owner != "Sarah Miller"'),
        (Row("city", "==", "a\\b'\"ü🦄"), 'city == "a\\\\b\'\\"ü🦄"'),
    ],
)
def test_any_field_is_compared_in_a_row(row: Row, condition: str) -> None:
    assert written(row) == condition
    assert list(shown_criteria(condition, KINDS).rows) == [row]
    parse_list_condition(condition, KNOWN)


@pytest.mark.parametrize(
    "condition",
    [
        'state == "CA" or state == "NY"',
        'score >= 30 and (state == "CA" or owner is None)',
        'stage in ["sql", "sal"] and score >= 30',
        'stage == "sql" and stage == "sal"',
        '"ceo" in job_title',
        'not (state == "CA")',
        "10 < score < 30",
        "score >= employees",
        "has_full_address",
        'not ("a" in topics)',
        " and ".join(f'city != "{place}"' for place in range(9)),
        "score >= -5 and score <= 0.5",
        "(score >= 30)",
        'score >= 30 and not (city == "Rome" and state is None)',
    ],
)
def test_a_condition_goes_through_the_form_unchanged_in_what_it_says(condition: str) -> None:
    again = write_condition(shown_criteria(condition, KINDS), KINDS)
    assert parts(again) == parts(condition)
    parse_list_condition(again, KNOWN)


def parts(condition: str) -> list[str]:
    """All that has to be true, in no order."""
    tree = ast.parse(condition, mode="eval").body
    both = isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)
    return sorted(ast.unparse(part) for part in (tree.values if both else [tree]))


@pytest.mark.parametrize("condition", ["state = ", "((", "and", "x" * 2000])
def test_what_cannot_be_read_stays_as_it_was_typed(condition: str) -> None:
    shown = shown_criteria(condition, KINDS)
    assert (shown.controls, shown.rows, shown.rest) == ({}, (), condition)


@pytest.mark.parametrize("row", [Row("nope", "==", "1"), Row("score", "like", "1"), Row("budget", ">=", "a lot")])
def test_what_is_no_field_or_number_is_told(row: Row) -> None:
    with pytest.raises(BadCondition):
        written(row)


def test_words_that_were_typed_cannot_leave_their_quotes() -> None:
    condition = written(Row("city", "==", '" or score > 0 or city == "'))
    assert condition == 'city == "\\" or score > 0 or city == \\""'
    assert shown_criteria(condition, KINDS).rows[0].value == '" or score > 0 or city == "'


def test_of_five_hundred_people_one_is_typed_and_need_not_be_typed_whole(database_url: str) -> None:
    apply_playbook()
    write(
        """INSERT INTO rep (name, email) SELECT 'Person ' || n, 'p' || n || '@example.com'
           FROM generate_series(100, 600) AS n"""
    )

    def filtered(owner: str) -> str:
        answer = browser().get("/contacts", params={"build": "1", "owner": owner}, follow_redirects=False)
        assert answer.status_code == 303
        return parse_qs(urlsplit(answer.headers["location"]).query).get("where", [""])[0]

    assert filtered("Person 345") == 'owner == "Person 345"'
    assert filtered("son 345 ") == 'owner == "Person 345"'
    assert filtered("NOBODY") == "owner is None"
    assert filtered("") == ""
    # Whom it is about is not guessed.
    assert filtered("Person 34") == 'owner == "Person 34"'
    assert "no owner is called so" in browser().get("/contacts", params={"where": 'owner == "Person 34"'}).text
    page = browser().get("/contacts", params={"where": "owner is None"}).text
    assert '<input name="owner" value="nobody" list="choices-of-owner"' in page
    assert '<option value="Person 345">' in page
    assert '<select name="stage">' in page
