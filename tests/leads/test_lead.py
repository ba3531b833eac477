"""Reading a lead by the rules of its source: names, empty words, spellings, and what cannot be used."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.leads.imported_lead import make_row_key, read_imported_lead
from models.leads.reading.lead import Lead, UnreadableLead
from models.leads.reading.read_lead import read_lead
from models.leads.reading.source_match import UnknownSource, find_source
from models.leads.reading.told_late import GivenConsent
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
    assert lead.fields == names | {"employees": 51, "state": "CA"}
    assert lead.consent == GivenConsent(at=NOW, is_dated=True, words="I agree")
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


def unread(lead: Lead) -> dict[str, Any]:
    return {one.field: one.value for one in lead.unread}


@pytest.mark.parametrize(
    ("raw", "known_by", "field"),
    [
        ({"email": "ann@example.com", "phone": "ask reception"}, ("ann@example.com", None), "phone"),
        ({"email": "ann at example", "phone": "+1 207 555 0123"}, (None, "+12075550123"), "email"),
        ({"email": "ann@example.com", "challenge": "Taxes"}, ("ann@example.com", None), "challenge"),
        ({"email": "ann@example.com", "employees": "some"}, ("ann@example.com", None), "employees"),
        ({"email": "ann@example.com", "wants_newsletter": "perhaps"}, ("ann@example.com", None), "wants_newsletter"),
        ({"email": "ann@example.com", "name": {"first": {"a": 1}}}, ("ann@example.com", None), "full_name"),
        ({"email": "ann@example.com", "start_by": "when I am ready"}, ("ann@example.com", None), "start_by"),
        ({"email": "ann@example.com", "city": "Bos\0ton"}, ("ann@example.com", None), "city"),
        ({"email": "ann@example.com", "city": "\ud800"}, ("ann@example.com", None), "city"),
        ({"email": "ann@example.com", "latitude": float("nan")}, ("ann@example.com", None), "latitude"),
        ({"email": "ann@example.com", "event_id": {"a": 1}}, ("ann@example.com", None), "event_id"),
        ({"email": "ann@example.com", "form": {"a": 1}}, ("ann@example.com", None), "form"),
    ],
)
def test_who_can_be_reached_is_a_lead_whatever_else_cannot_be_read(
    raw: dict[str, Any], known_by: tuple[str | None, str | None], field: str
) -> None:
    lead = read(**raw)
    assert (lead.email, lead.phone) == known_by
    [one] = lead.unread
    assert (one.field, bool(one.expected)) == (field, True)
    given = {"full_name": raw.get("name")}.get(field, raw.get(field))
    assert one.value is given
    assert field not in lead.fields | lead.custom


def test_a_bad_phone_alone_is_a_problem_of_the_phone_only() -> None:
    assert problems_of({"phone": "12"}).keys() == {"phone"}


def test_who_cannot_be_reached_is_told_every_wrong_field_at_once() -> None:
    raw = {"email": "nobody", "employees": "some", "challenge": "Taxes", "event_id": {"a": 1}}
    told = problems_of(raw)
    assert told.keys() == {"email", "employees", "challenge", "event_id"}
    assert "'Taxes' / one of" in told["challenge"]


def test_only_what_names_nobody_is_rejected() -> None:
    assert problems_of({"name": "Ann"}) == {"email|phone": "nothing / email or phone"}
    assert "contact id" in problems_of({"name": "Ann"}, "api")["email|phone|key"]
    assert problems_of({}) == {"email|phone": "nothing / email or phone"}


def test_what_a_source_requires_beside_that_is_asked_for_and_holds_nothing_back() -> None:
    by_phone = read("campaign", phone="+1 207 555 0123")
    assert (by_phone.phone, by_phone.topic) == ("+12075550123", "ebook")
    assert [(one.field, one.value, one.expected) for one in by_phone.unread] == [("email", None, "email")]
    by_id = read("telemarketing", **{"prospect id": "p-17"})
    assert by_id.source_key == "telemarketing:p-17"
    assert unread(by_id) == {"phone|email": None}


@pytest.mark.parametrize("name", ["mobile", "sms"])
def test_who_gives_only_the_number_of_a_mobile_is_known_by_it(name: str) -> None:
    assert read(**{name: "+1 207 555 0123"}).phone == "+12075550123"
    beside = read(**{name: "+1 207 555 0123", "phone": "+1 207 555 0199"})
    assert beside.phone == "+12075550199"


def test_of_several_values_for_one_field_the_first_that_can_be_read_counts() -> None:
    lead = read(email="none@", **{"work email": "ann@example.com"}, phone=["12", "+1 207 555 0123"])
    assert (lead.email, lead.phone) == ("ann@example.com", "+12075550123")
    assert unread(lead) == {"email": "none@", "phone": "12"}


def test_a_long_message_is_kept_whole_and_its_beginning_is_in_the_field() -> None:
    message = "x" * 10_001
    lead = read(email="ann@example.com", message=message)
    assert lead.custom["request"] == "x" * 10_000
    assert lead.data["message"] == message
    assert unread(lead) == {"request": message}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\0b", "a\\x00b"),
        ("\ud800", "\\ud800"),
        ("x" * 10_001, "x" * 10_001),
        ([[[[[[["deep"]]]]]]], [[[[['[["deep"]]']]]]]),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**80, str(2**80)),
        ({"a": [1, None, True]}, {"a": [1, None, True]}),
    ],
)
def test_what_nobody_mapped_is_kept_in_a_form_that_can_be_stored(value: Any, kept: Any) -> None:
    lead = read(email="ann@example.com", remarks=value)
    assert lead.data["remarks"] == kept
    assert lead.unread == ()


def test_of_too_many_values_none_is_lost() -> None:
    lead = read(**{f"field {number}": number for number in range(2_000)}, email="ann@example.com")
    assert lead.email == "ann@example.com"
    rest = json.loads(lead.data["further values"])
    assert len(lead.data) - 1 + len(rest) == 2_001
    assert rest["email"] == "ann@example.com"


def test_a_broken_field_name_is_kept_in_a_form_that_can_be_stored() -> None:
    lead = read_lead("website", PLAYBOOK, {"email": "ann@example.com", "na\0me\udfff": "x"}, NOW)
    assert lead.data["na\\x00me\\udfff"] == "x"


@pytest.mark.parametrize(
    ("sent", "topic"),
    [
        ("Request Info", "request-info"),
        ("Contact Us!", "contact-us"),
        ("  --Contact/Us--  ", "contact-us"),
        ("Demande d'été", "demande-d-ete"),
        ("Büro_Anfrage", "buro-anfrage"),
        ("咨询", "咨询"),
        ("お問い合わせ", "お問い合わせ"),
        (17, "17"),
        (["", "Trial"], "trial"),
        ("!!!", "request-info"),
        ({"id": 1}, "request-info"),
        ("a" * 300, "a" * 100),
    ],
)
def test_a_form_may_have_any_name(sent: Any, topic: str) -> None:
    lead = read(email="ann@example.com", form=sent)
    assert lead.topic == topic
    assert lead.data["form"] == sent


@pytest.mark.parametrize("sent", ["undefined", "[object Object]", "{{lead_id}}", "%ID%", "<id>", "[id]", "0", "null"])
def test_what_programs_send_in_place_of_an_id_is_none(sent: str) -> None:
    lead = read("api", email="ann@example.com", event_id=sent, contact_id=sent)
    assert (lead.event_key, lead.source_key, lead.unread) == (None, None, ())


def test_who_does_not_want_mail_is_suppressed_from_the_start() -> None:
    lead = read("csv", **{"Do Not Email": "Yes", "Prospect ID": "p1"})
    assert lead.wants_mail is False
    assert read(email="a@example.com", **{"opted out": "please leave me alone"}).wants_mail is False
    assert lead.source_key == "csv:p1"


def test_spellings_of_the_playbook_are_kept_to() -> None:
    assert read("csv", **{"Prospect ID": "p1", "Lead Source": "google"}).custom == {"found_by": "Google"}


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("Website", "website"),
        ("call centre", "call-center"),
        ("Trade Show", "tradeshow"),
        ("typo", "unknown: typo"),
        ("inbound", "unknown: inbound"),
        ("a\0b", "unknown: a\\x00b"),
        ("", "unknown"),
        ("x" * 500, "unknown: " + "x" * 50),
    ],
)
def test_a_lead_is_one_whatever_its_source_is_called(sent: str, name: str) -> None:
    raw = {"Work Email": "ann@example.com", "Town": "Boston", "event_id": "1"}
    lead = read_lead(sent, PLAYBOOK, raw, NOW)
    assert (lead.source, lead.email, lead.fields["city"]) == (name, "ann@example.com", "Boston")
    assert lead.event_key == f"{name}:1"
    assert ("source" in unread(lead)) == name.startswith("unknown")
    assert lead.topic == {"website": "request-info", "call-center": "request-call", "tradeshow": "tradeshow"}.get(name)


def test_a_source_that_is_asked_for_by_name_must_be_known() -> None:
    with pytest.raises(UnknownSource, match="Known sources are: api, call-center, campaign"):
        find_source("nowhere", PLAYBOOK)


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


def test_a_local_number_is_of_the_country_of_the_lead_and_keeps_its_extension() -> None:
    lead = read(email="eva@example.com", phone="030 123456 Durchwahl 12", country="Deutschland")
    assert (lead.phone, lead.fields["phone_extension"]) == ("+4930123456", "12")
    assert read(phone="(415) 555-0123", ext="x7").fields == {"phone_extension": "7"}


def test_a_source_says_where_its_people_write() -> None:
    website = PLAYBOOK.sources["website"].model_copy(update={"country": "DE"})
    german = PLAYBOOK.model_copy(update={"sources": {"website": website}})
    raw = {"email": "eva@example.com", "phone": "030 123456", "employees": "1.000", "start_by": "03.04.2026"}
    lead = read_lead("website", german, raw | {"revenue": "1.200.000,50 €"}, NOW)
    assert (lead.phone, lead.fields, lead.unread) == ("+4930123456", {"employees": 1000}, ())
    assert lead.custom == {"start_by": "2026-04-03", "annual_revenue": "1200000.50"}


def test_a_second_number_and_a_likely_slip_are_kept_for_a_person_to_see() -> None:
    lead = read(email="joe@gmail.con", phone="415-555-0123 / 415-555-0199")
    assert (lead.email, lead.phone) == ("joe@gmail.con", "+14155550123")
    assert [(one.field, one.value) for one in lead.unread] == [("email", "joe@gmail.con"), ("phone", "+14155550199")]


def test_names_are_put_right_and_a_company_is_no_person() -> None:
    assert read(email="a@example.com", first_name="Dr. ANN", last_name="LEE, PhD").fields == {
        "first_name": "Ann",
        "last_name": "Lee",
    }
    assert read(email="a@example.com", name="Acme, Inc.").fields == {"company": "Acme, Inc."}
    assert read(email="a@example.com", first_name="Select", last_name="None").fields == {"last_name": "None"}
    spam = read(email="a@example.com", first_name="http://spam.example", last_name="Lee")
    assert (spam.fields, [one.field for one in spam.unread]) == ({"last_name": "Lee"}, ["first_name"])


def test_a_place_is_written_by_programs_whatever_the_country() -> None:
    assert read(email="a@example.com", latitude="43.660", longitude="-70.25").fields == {
        "latitude": 43.66,
        "longitude": -70.25,
    }
    assert [one.field for one in read(email="a@example.com", latitude="91").unread] == ["latitude"]


def test_what_stands_beside_a_number_is_taken_and_shown() -> None:
    lead = read(phone="call 415-555-0123 after 5pm")
    assert lead.phone == "+14155550123"
    assert [(one.field, one.value) for one in lead.unread] == [("phone", "call 415-555-0123 after 5pm")]


@pytest.mark.parametrize(
    "posted", ["on", "Wants the newsletter", "newsletter", "wants_newsletter", "Yes, send me the newsletter"]
)
def test_a_ticked_box_is_yes_in_the_words_of_its_label(posted: str) -> None:
    assert read(email="ann@example.com", newsletter=posted).custom == {"wants_newsletter": True}
    assert read(email="ann@example.com", newsletter="No, thanks").custom == {"wants_newsletter": False}
    doubtful = read(email="ann@example.com", newsletter="Please do not send it")
    assert ([one.field for one in doubtful.unread], dict(doubtful.custom)) == (["wants_newsletter"], {})
