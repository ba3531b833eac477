"""Reading a lead by the rules of its source: names, empty words, spellings, and what cannot be used."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.leads.imported_lead import make_row_key, read_imported_lead
from models.leads.lead import Lead, UnknownSource, UnreadableLead, read_lead
from tests.support.playbook import the_shipped_playbook

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLAYBOOK = the_shipped_playbook()


def read(source: str = "website", **raw: Any) -> Lead:
    return read_lead(source, PLAYBOOK, raw, NOW)


def problems_of(raw: dict[Any, Any], source: str = "website") -> dict[str, str]:
    with pytest.raises(UnreadableLead) as told:
        read_lead(source, PLAYBOOK, raw, NOW)
    return {problem["field"]: f"{problem['found']} / {problem['expected']}" for problem in told.value.problems}


def test_a_form_becomes_a_contact_and_an_event() -> None:
    raw = {
        "Your Name": "Ann Marie Lee",
        "E-Mail": "ANN@Example.com",
        "telephone": "(415) 555-0123",
        "Company Size": "51-200",
        "state": "california",
        "Biggest Challenge": "customer loyalty",
        "privacy": "I agree",
        "form": "Request Info",
        "event_id": 17,
        "utm_campaign": "spring",
    }
    lead = read_lead("website", PLAYBOOK, raw, NOW)
    assert (lead.email, lead.phone, lead.event_key) == ("ann@example.com", "+14155550123", "website:17")
    assert (lead.name, lead.topic, lead.at) == ("form_submitted", "request-info", NOW)
    names = {"first_name": "Ann", "last_name": "Marie Lee"}
    assert lead.fields == names | {"employees": 51, "state": "CA", "consent_at": NOW}
    assert lead.custom == {"challenge": "Customer loyalty"}
    assert lead.data == raw


def test_empty_words_mean_nothing_but_people_may_be_called_null() -> None:
    lead = read(email="ann@example.com", company="N/A", city=" Select ", job_title="", last_name="Null", state=None)
    assert lead.fields == {"last_name": "Null"}


def test_a_name_written_backwards_is_turned() -> None:
    assert read(email="a@example.com", name="Lee, Ann").fields == {"first_name": "Ann", "last_name": "Lee"}


def test_given_names_beat_the_full_name() -> None:
    lead = read(email="a@example.com", name="Ann Lee", first_name="Anna")
    assert lead.fields == {"first_name": "Anna", "last_name": "Lee"}


def test_a_bad_phone_beside_a_good_email_is_noted_and_not_turned_away() -> None:
    lead = read(email="ann@example.com", phone="ask reception")
    assert lead.phone is None
    assert lead.data["phone"] == "ask reception"
    assert lead.data["problems"][0]["field"] == "phone"


def test_a_bad_phone_alone_is_a_problem_of_the_phone_only() -> None:
    assert problems_of({"phone": "12"}).keys() == {"phone"}


def test_every_wrong_field_is_named_at_once() -> None:
    raw = {"email": "nobody", "employees": "some", "challenge": "Taxes", "form": "<b>", "event_id": {"a": 1}}
    told = problems_of(raw)
    assert told.keys() == {"email", "employees", "challenge", "form", "event_id"}
    assert "'Taxes' / one of" in told["challenge"]


def test_what_a_source_requires_is_asked_for() -> None:
    assert problems_of({"name": "Ann"}) == {"email|phone": "nothing / email or phone"}
    assert "contact id" in problems_of({"name": "Ann"}, "api")["email|phone|key"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a\0b", "text without null bytes"),
        ("\ud800", "half of a surrogate pair"),
        ("x" * 10_001, "at most 10,000 characters"),
        ([[[[[[["deep"]]]]]]], "levels of"),
        (float("nan"), "a finite number"),
        (2**80, "a number of at most"),
        (["x"] * 2_000, "at most 1,000 values"),
    ],
)
def test_what_cannot_be_stored_is_named_even_in_a_field_nobody_mapped(value: Any, told: str) -> None:
    found = problems_of({"email": "ann@example.com", "remarks": value})
    assert any(told in each for each in found.values())
    assert all("\0" not in name for name in found)


def test_a_broken_field_name_is_told_in_a_way_that_can_be_stored() -> None:
    [name] = problems_of({"email": "ann@example.com", "na\0me\udfff": "x"})
    assert name == "na\\x00me\\udfff"


def test_who_does_not_want_mail_is_suppressed_from_the_start() -> None:
    lead = read("csv", **{"Do Not Email": "Yes", "Prospect ID": "p1"})
    assert lead.wants_mail is False
    assert lead.source_key == "csv:p1"


def test_spellings_of_the_playbook_are_kept_to() -> None:
    assert read("csv", **{"Prospect ID": "p1", "Lead Source": "google"}).custom == {"found_by": "Google"}


def test_an_unknown_source_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(UnknownSource, match="Known sources are: api, call-center, campaign"):
        read("nowhere")


def test_a_row_of_a_file_starts_nothing_unless_it_names_a_form() -> None:
    row = {"email": "ann@example.com"}
    silent = read_imported_lead("website", PLAYBOOK, row, NOW, row_key="k")
    assert (silent.name, silent.topic, silent.event_key) == ("lead_imported", "website", "k")
    asked = read_imported_lead("website", PLAYBOOK, row | {"form": "trial", "event_id": "7"}, NOW, row_key="k")
    assert (asked.name, asked.topic, asked.event_key) == ("form_submitted", "trial", "website:7")


def test_a_row_is_known_by_what_it_says() -> None:
    assert make_row_key("csv", {"a": "1", "b": ""}) == make_row_key("csv", {"a": "1"})
    assert make_row_key("csv", {"a": "1"}) != make_row_key("csv", {"a": "2"})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["email", "phone", "name", "challenge", "interests", "employees", "form", "event_id", "consent"]
)


@given(st.dictionaries(NAMES | st.text(), VALUES, max_size=8))
def test_any_payload_is_a_lead_or_a_list_of_problems(raw: dict[str, Any]) -> None:
    try:
        lead = read_lead("website", PLAYBOOK, raw, NOW)
    except UnreadableLead as told:
        problems = told.problems
    else:
        assert lead.email or lead.phone
        problems = []
    for problem in problems:
        assert all(problem.values())
        assert "\0" not in str(problem).encode().decode()
