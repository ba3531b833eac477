"""A source sets only the fields that the playbook lists for it; what else it sends is kept, and shown with the lead."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from flows.runtime.checks.all_rules import look_at
from flows.runtime.checks.shared_names import find_open_fields
from flows.runtime.prefect_flow import discover
from models.access.token import read_secret
from models.database import engine
from models.leads.files.csv_file import InvalidCsvFile
from models.leads.imports.lead_import import begin_import, import_file
from models.playbook import apply
from models.playbook.source import CONTACT_DETAILS, FOUND_OUT, Source
from tests.support.database import rows
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.web_pages import HERE, Browser, a_contact

BANT = "has_budget, has_authority, has_need, has_timeline"
PROGRAM = {"accept": "*/*"}
ANN = {"email": "ana@example.com", "form": "request-info"}


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def post(source: str, lead: dict[str, Any], *, key: str = "", status: int = 201) -> dict[str, Any]:
    headers = PROGRAM | ({"authorization": f"Bearer {key}"} if key else {})
    answer = Browser(HERE, "203.0.113.7").post(f"/leads/{source}", json=lead, headers=headers)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def api_key() -> str:
    with engine().connect() as connection:
        return read_secret(connection, "api key")


def unread() -> list[tuple[str, str]]:
    return rows("SELECT field, found FROM unread_value WHERE expected LIKE '%playbook lists%' ORDER BY field")


def with_source(name: str, **rules: Any) -> None:
    playbook = the_shipped_playbook()
    changed = Source.model_validate(playbook.sources[name].model_dump(mode="json") | rules)
    with engine().begin() as connection:
        apply(connection, playbook.model_copy(update={"sources": playbook.sources | {name: changed}}))


@pytest.mark.parametrize("spelling", ["{}", "your-{}", "contact_{}", "fields[{}]", "data.{}"])
def test_no_form_says_what_our_people_find_out(spelling: str) -> None:
    names = ("has_budget", "Has Authority", "hasNeed", "HAS-TIMELINE")
    post("website", ANN | {spelling.format(name): "yes" for name in names})
    assert rows(f"SELECT {BANT}, mql_level FROM contact") == [(None, None, None, None, None)]
    assert sorted(field for field, _ in unread()) == sorted(FOUND_OUT)


@pytest.mark.parametrize("wrapped", ["data", "fields", "contact", "form_response"])
def test_a_wrapper_is_no_way_around_it(wrapped: str) -> None:
    post("website", {wrapped: ANN | {"has_budget": True, "call_summary": "Pays anything."}})
    assert rows("SELECT has_budget, custom FROM contact") == [(None, {})]
    assert unread() == [("call_summary", "Pays anything."), ("has_budget", "true")]


@pytest.mark.parametrize("value", [True, "yes", "on", 1, ["yes"], {"value": "yes"}])
def test_whatever_type_the_value_has(value: Any) -> None:
    post("website", ANN | {"has_budget": value})
    assert rows("SELECT has_budget FROM contact") == [(None,)]
    assert [field for field, _ in unread()] == ["has_budget"]


def test_a_form_leaves_what_a_salesperson_wrote_about_a_known_contact() -> None:
    custom = {"call_summary": "You want two weeks off.", "next_check_in": "2026-03-12", "next_steps": "Call Ann."}
    ana = a_contact(custom=custom, has_budget=False)
    sent = {"call summary": "Nonsense", "nextCheckIn": "9999-12-31", "next_steps": "-"} | {"has_budget": "yes"}
    post("website", ANN | sent | {"challenge": "Customer loyalty", "company": "Northlight Dental Care"})
    kept = rows("SELECT custom, has_budget, company FROM contact WHERE id = :id", id=ana)
    assert kept == [(custom | {"challenge": "Customer loyalty"}, False, "Northlight Dental Care")]
    assert [field for field, _ in unread()] == ["call_summary", "has_budget", "next_check_in"]


@pytest.mark.parametrize(
    "field", ["owner", "owner_id", "stage", "score", "mql_level", "probability", "suppressed", "id"]
)
def test_what_no_source_can_list_is_kept_with_the_event(field: str) -> None:
    before = rows(f"SELECT {field if field != 'owner' else 'owner_id'} FROM contact WHERE id = :id", id=a_contact())
    post("website", ANN | {field: "1", "time_zone": "Mars/Phobos"})
    assert rows(f"SELECT {field if field != 'owner' else 'owner_id'} FROM contact") == before
    assert rows(f"SELECT data ->> '{field}' FROM event WHERE name = 'form_submitted'") == [("1",)]


def test_a_source_with_the_key_says_what_it_is_listed_for() -> None:
    post("call-center", {"phone": "+1 207 555 0123", "has_budget": "yes", "next_steps": "None"}, key=api_key())
    assert rows("SELECT has_budget, custom FROM contact") == [(True, {})]
    assert unread() == []  # nothing was meant: "none" is an empty value


def test_a_person_can_take_over_what_a_source_may_not_set() -> None:
    post("website", ANN | {"has_budget": "yes"})
    [(number,)] = rows("SELECT id FROM unread_value")
    page = Browser(HERE).get("/unread").text
    assert "a field that the playbook lists for this source" in page
    taken = Browser(HERE).post("/unread", data={"number": number, "field": "has_budget", "value": "yes", "by": "Nora"})
    assert taken.status_code == 303
    assert rows("SELECT has_budget FROM contact") == [(True,)]


def test_a_source_that_the_playbook_does_not_name_sets_what_forms_may() -> None:
    post(
        "call-centre-2", ANN | {"has_need": "yes", "biggest challenge": "Customer loyalty", "caller id": "207 555 0123"}
    )
    assert rows("SELECT has_need, custom, phone FROM contact") == [
        (None, {"challenge": "Customer loyalty"}, "+12075550123")
    ]


def test_a_playbook_may_list_them_for_a_form_and_check_names_them() -> None:
    shipped = the_shipped_playbook()
    assert list(find_open_fields(look_at(discover(), shipped))) == []
    fields = {**shipped.sources["website"].fields, "has_budget": (), "next_check_in": ()}
    with_source("website", fields=fields)
    post("website", ANN | {"has_budget": "yes"})
    assert rows("SELECT has_budget FROM contact") == [(True,)]
    website = shipped.sources["website"].model_copy(update={"fields": fields})
    changed = shipped.model_copy(update={"sources": shipped.sources | {"website": website}})
    assert [one.message.split(" of whoever")[0] for one in find_open_fields(look_at(discover(), changed))] == [
        "sources.website: anybody can set has_budget",
        "sources.website: anybody can set next_check_in",
    ]


def test_an_old_playbook_without_a_list_still_takes_who_somebody_is() -> None:
    with_source("website", fields={"email": ["email"]})
    lead = {"first_name": "Ann", "company": "Acme", "employees": "51-200", "consent": "yes", "goal": "More leads"}
    post("website", ANN | lead)
    assert rows("SELECT first_name, company, employees, consent_at IS NOT NULL, custom FROM contact") == [
        ("Ann", "Acme", 51, True, {})
    ]
    assert unread() == [("goal", "More leads")]


@pytest.mark.parametrize("source", ["api", "call-center", "telemarketing", "csv", "shop", "Call Centre", "CALL CENTER"])
def test_sources_that_programs_feed_need_the_key_and_lose_nothing_without_it(source: str) -> None:
    answer = post(source, ANN, status=401)
    assert "Authorization: Bearer KEY" in answer["detail"]
    assert rows("SELECT FROM contact") == []
    [(number, reason)] = rows("SELECT id, held_reason FROM rejected_lead")
    assert (number, "API key was not sent" in reason) == (answer["held_lead"], True)


def test_a_visitor_whose_form_has_no_key_is_thanked_and_reads_nothing_of_keys() -> None:
    answer = Browser(HERE, "203.0.113.7").post("/leads/call-center", data=ANN, headers={"accept": "text/html"})
    assert (answer.status_code, "Bearer" in answer.text, "we have it" in answer.text) == (401, False, True)


def test_a_lead_that_came_without_the_key_is_taken_by_a_person() -> None:
    number = post("call-center", {"caller id": "+1 207 555 0123", "caller reference": "17"}, status=401)["held_lead"]
    assert Browser(HERE).post(f"/rejected/{number}/lead").status_code == 303
    assert rows("SELECT phone, source FROM contact") == [("+12075550123", "call-center")]
    assert ("call-center:17",) in rows("SELECT value FROM identifier")


def test_a_wrong_key_is_none() -> None:
    assert post("api", ANN, key="wrong", status=401)["held_lead"]
    assert post("api", ANN, key=api_key())["created"]


def test_the_playbook_says_which_source_is_public() -> None:
    with_source("website", public=False)
    post("website", ANN, status=401)
    with_source("telemarketing", public=True)
    post("telemarketing", ANN)


def test_a_stranger_who_counts_up_ids_becomes_nobody_else() -> None:
    key = api_key()
    post("tradeshow", {"badge": "17", "email": "ann@example.com", "first_name": "Ann"}, key=key)
    post("tradeshow", {"badge": "17", "email": "mallory@example.net"})
    assert rows("SELECT email FROM contact ORDER BY id") == [("ann@example.com",), ("mallory@example.net",)]
    post("tradeshow", {"badge": "17", "email": "ann.lee@example.com"}, key=key)
    assert rows("SELECT email FROM contact ORDER BY id") == [("ann.lee@example.com",), ("mallory@example.net",)]


def test_a_file_with_a_column_that_its_source_may_not_set_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("Email,Has Budget\nann@example.com,yes\n")
    with pytest.raises(InvalidCsvFile, match=r"'Has Budget', and source website may not set has_budget"):
        begin_import(file, "website")
    for _ in import_file(file, "csv"):
        pass
    assert rows("SELECT email, has_budget FROM contact") == [("ann@example.com", True)]


def test_a_file_that_names_its_sources_keeps_what_they_may_not_set(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("Source,Email,Has Budget\nwebsite,ann@example.com,yes\ncsv,bob@example.com,yes\n")
    for _ in import_file(file, None):
        pass
    assert rows("SELECT email, has_budget FROM contact ORDER BY email") == [
        ("ann@example.com", None),
        ("bob@example.com", True),
    ]
    assert unread() == [("has_budget", "yes")]


def test_every_source_sets_who_somebody_is_and_none_what_was_found_out() -> None:
    assert {"email", "first_name", "company", "postal_code", "consent", "do_not_email", "at"} <= CONTACT_DETAILS
    assert not FOUND_OUT & CONTACT_DETAILS
    for name in ("website", "campaign", "tradeshow"):
        assert not FOUND_OUT & the_shipped_playbook().sources[name].fields.keys()


def test_events_of_other_systems_set_no_field(connection: Connection) -> None:
    a_contact()
    event = {
        "name": "page_visited",
        "contact": {"email": "ana@example.com"},
        "data": {"has_budget": True, "stage": "sal"},
    }
    answer = Browser(HERE).post("/events", json=event, headers={"authorization": f"Bearer {api_key()}"})
    assert answer.status_code == 201
    assert rows("SELECT has_budget, stage FROM contact") == [(None, "mgl")]
