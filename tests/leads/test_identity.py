"""Who is who: which leads are about one person, which are about two, and what a person has to decide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from models.leads.capture import capture
from models.leads.reading.lead import Lead
from models.mail.suppression import suppress
from models.tables.contact import Suppression
from tests.support.playbook import apply_playbook

pytestmark = pytest.mark.usefixtures("playbook")

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NUMBER = "+14155550123"
COLUMNS = {"company", "city", "phone_extension", "mobile_phone"}


@pytest.fixture
def playbook(database_url: str) -> None:
    apply_playbook()


def a_lead(name: str | None = None, **given: Any) -> Lead:
    first, _, last = (name or "").partition(" ")
    named = {part: value for part, value in (("first_name", first), ("last_name", last)) if value}
    columns = {
        part: given.pop(part) for part in ("company", "city", "phone_extension", "mobile_phone") if part in given
    }
    key = given.pop("key", None)
    return Lead(source="website", at=NOW, topic="request-info", source_key=key, fields=named | columns, **given)


def who(connection: Connection, *leads: Lead) -> list[int]:
    """The contact of each lead, one after the other; 1 is the first one."""
    playing = [capture(connection, [lead], NOW)[0].contact_id for lead in leads]
    order = list(dict.fromkeys(playing))
    return [order.index(one) + 1 for one in playing]


def all_rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(query))]


def conflicts(connection: Connection) -> list[tuple[Any, ...]]:
    return all_rows(connection, "SELECT contact_id, held_by_id, kind, value FROM identity_conflict ORDER BY id")


def test_a_switchboard_a_family_and_a_desk_are_not_one_person(connection: Connection) -> None:
    ann, bob = a_lead("Ann Lee", phone=NUMBER), a_lead("Bob Lee", phone=NUMBER)
    assert who(connection, ann, bob, ann, bob) == [1, 2, 1, 2]


def test_nicknames_initials_capitals_and_typos_are_one_person(connection: Connection) -> None:
    names = ("Robert Smith", "Bob Smith", "R. Smith", "ROBERT SMITH", "Robert Smyth", "Smith Robert", None)
    assert set(who(connection, *(a_lead(name, phone=NUMBER) for name in names))) == {1}


def test_another_extension_is_another_desk(connection: Connection) -> None:
    desks = [a_lead(phone=NUMBER, phone_extension=extension) for extension in ("12", "13", "12", "13")]
    assert who(connection, *desks) == [1, 2, 1, 2]
    # Without an extension it may be either of them, or the operator.
    assert who(connection, a_lead(phone=NUMBER), desks[0], a_lead(phone=NUMBER)) == [1, 2, 1]


def test_a_number_and_another_address_is_somebody_else(connection: Connection) -> None:
    assert who(connection, a_lead(email="a@x.com", phone=NUMBER), a_lead(email="b@x.com", phone=NUMBER)) == [1, 2]


def test_among_several_at_a_number_the_name_decides(connection: Connection) -> None:
    ann = a_lead("Ann Lee", email="ann@x.com", phone=NUMBER)
    bob = a_lead("Bob Fox", email="bob@x.com", phone=NUMBER)
    assert who(connection, ann, bob, a_lead("Robert Fox", phone=NUMBER), a_lead("Ann", phone=NUMBER)) == [1, 2, 2, 1]


def test_a_plainly_other_name_at_a_known_number_is_a_new_contact_with_its_own_address(connection: Connection) -> None:
    assert who(connection, a_lead("Ann Lee", phone=NUMBER), a_lead("Carl Fox", email="c@x.com", phone=NUMBER)) == [1, 2]


def test_a_mobile_number_and_an_old_number_recognise_too(connection: Connection) -> None:
    ann = a_lead("Ann Lee", email="ann@x.com", phone=NUMBER, mobile_phone="+14155550199")
    moved = a_lead(email="ann@x.com", phone="+12125550100")
    call = replace(a_lead(phone=NUMBER), name="call_received", topic=None)
    assert who(connection, ann, moved, a_lead(phone="+14155550199"), call) == [1, 1, 1, 1]
    assert all_rows(connection, "SELECT phone FROM contact") == [("+12125550100",)]


def test_the_senders_id_with_a_new_address_is_the_same_person_and_mail_goes_to_the_new_one(
    connection: Connection,
) -> None:
    old, new = a_lead("Ann Lee", email="old@x.com", key="crm:1"), a_lead("Ann Lee", email="new@x.com", key="crm:1")
    assert who(connection, old, new, a_lead(email="old@x.com"), a_lead(email="new@x.com")) == [1, 1, 1, 1]
    assert all_rows(connection, "SELECT email FROM contact") == [("new@x.com",)]
    assert not conflicts(connection)
    [changed] = all_rows(connection, "SELECT data FROM event WHERE name = 'details_changed'")
    assert (changed[0]["before"], changed[0]["after"]) == ({"email": "old@x.com"}, {"email": "new@x.com"})


@pytest.mark.parametrize(
    ("reason", "stays"),
    [(Suppression.BOUNCED, None), (Suppression.UNSUBSCRIBED, "unsubscribed"), (Suppression.COMPLAINED, "complained")],
)
def test_a_bounce_belonged_to_the_old_address_and_a_no_to_the_person(
    connection: Connection, reason: Suppression, stays: str | None
) -> None:
    [one] = capture(connection, [a_lead(email="old@x.com", key="crm:1")], NOW)
    suppress(connection, [one.contact_id], reason, NOW, "mail")
    capture(connection, [a_lead(email="new@x.com", key="crm:1")], NOW)
    assert all_rows(connection, "SELECT email, suppressed FROM contact") == [("new@x.com", stays)]
    lifted = all_rows(connection, "SELECT topic FROM event WHERE name = 'suppression_lifted'")
    assert lifted == ([("bounced",)] if reason is Suppression.BOUNCED else [])


def test_an_old_address_in_a_form_becomes_the_current_one_when_that_takes_no_mail(connection: Connection) -> None:
    leads = a_lead(email="old@x.com", key="crm:1"), a_lead(email="new@x.com", key="crm:1"), a_lead(email="old@x.com")
    assert who(connection, *leads) == [1, 1, 1]
    assert all_rows(connection, "SELECT email FROM contact") == [("new@x.com",)]
    suppress(connection, [1], Suppression.BOUNCED, NOW, "mail")
    who(connection, replace(leads[2], at=NOW + timedelta(hours=1)))
    assert all_rows(connection, "SELECT email, suppressed FROM contact") == [("old@x.com", None)]


def test_an_address_that_somebody_else_holds_is_not_taken_over(connection: Connection) -> None:
    ann, bob = a_lead("Ann Lee", email="ann@x.com", key="crm:1"), a_lead("Bob Fox", email="bob@x.com", key="crm:2")
    wrong = a_lead("Ann Lee", email="bob@x.com", key="crm:1")
    assert who(connection, ann, bob, wrong, wrong) == [1, 2, 1, 1]
    assert conflicts(connection) == [(1, 2, "email", "bob@x.com")]
    assert all_rows(connection, "SELECT email FROM contact ORDER BY id") == [("ann@x.com",), ("bob@x.com",)]


def test_an_id_that_was_given_to_somebody_else_is_a_conflict_and_not_a_merged_person(connection: Connection) -> None:
    ann = a_lead("Ann Lee", email="ann@x.com", key="fair:badge-7")
    bob = a_lead("Bob Fox", email="bob@y.com", key="fair:badge-7")
    assert who(connection, ann, bob) == [1, 2]
    assert conflicts(connection) == [(2, 1, "source_key", "fair:badge-7")]


def test_two_records_of_a_sender_with_one_mailbox_are_two_people_if_their_names_say_so(connection: Connection) -> None:
    ann = a_lead("Ann Lee", email="info@x.com", key="crm:1")
    bob = a_lead("Bob Fox", email="info@x.com", key="crm:2")
    again = a_lead("A. Lee", email="info@x.com", key="crm:3")
    assert who(connection, ann, bob, again, bob) == [1, 2, 1, 2]
    assert conflicts(connection) == [(2, 1, "email", "info@x.com")]


def test_a_contact_may_have_ids_of_several_senders(connection: Connection) -> None:
    leads = (
        a_lead(email="ann@x.com", key="crm:1"),
        a_lead(email="ann@x.com", key="shop:9"),
        a_lead(key="crm:1"),
        a_lead(key="shop:9"),
    )
    assert who(connection, *leads) == [1, 1, 1, 1]


def test_a_shared_mailbox_keeps_the_name_and_shows_the_other_one(connection: Connection) -> None:
    ann = a_lead("Ann Lee", email="info@x.com", company="Alder", city="Portland", custom={"request": "A brochure"})
    bob = a_lead("Bob Fox", email="info@x.com", company="Beacon", phone=NUMBER, custom={"request": "A call"})
    assert who(connection, ann, bob) == [1, 1]
    columns = "SELECT first_name, last_name, company, city, phone, custom ->> 'request' FROM contact"
    assert all_rows(connection, columns) == [("Ann", "Lee", "Alder", "Portland", NUMBER, "A call")]
    [given] = all_rows(connection, "SELECT data FROM event WHERE name = 'other_name_given'")
    assert (given[0]["name"], given[0]["kept"]) == ("Bob Fox", "Ann Lee")


def test_what_a_lead_overwrites_stays_on_the_timeline(connection: Connection) -> None:
    ann = a_lead("Ann Li", email="ann@x.com", city="Austin", phone=NUMBER, phone_extension="12")
    now = a_lead("Ann Lee", email="ann@x.com", city="Dallas", phone="+12125550100", company="Alder")
    who(connection, ann, now)
    [(data, reacted_at, source)] = all_rows(
        connection, "SELECT data, reacted_at, source FROM event WHERE name = 'details_changed'"
    )
    assert data["before"] == {"last_name": "Li", "city": "Austin", "phone": NUMBER, "phone_extension": "12"}
    assert data["after"] == {"last_name": "Lee", "city": "Dallas", "phone": "+12125550100", "phone_extension": None}
    assert (reacted_at, source) == (NOW, "website")


def test_whoever_marries_is_renamed_with_a_trace(connection: Connection) -> None:
    who(connection, a_lead("Ann Lee", email="ann@x.com"), a_lead("Ann Miller", email="ann@x.com"))
    assert all_rows(connection, "SELECT last_name FROM contact") == [("Miller",)]
    assert len(all_rows(connection, "SELECT FROM event WHERE name = 'details_changed'")) == 1


BOTH = [
    (a_lead(phone=NUMBER), a_lead(email="a@x.com"), a_lead(email="a@x.com", phone=NUMBER)),
    (a_lead("Ann Lee", phone=NUMBER), a_lead("A. Lee", email="a@x.com"), a_lead(email="a@x.com", phone=NUMBER)),
    (a_lead(phone=NUMBER), a_lead(key="crm:1"), a_lead(key="crm:1", phone=NUMBER)),
    (a_lead(key="crm:1"), a_lead(email="a@x.com"), a_lead(email="a@x.com", key="crm:1")),
]


@pytest.mark.parametrize("leads", BOTH)
@pytest.mark.parametrize("together", [True, False])
def test_a_lead_that_has_what_each_is_known_by_makes_them_one(
    connection: Connection, leads: tuple[Lead, Lead, Lead], together: bool
) -> None:
    if together:
        capture(connection, leads, NOW)
    else:
        assert who(connection, *leads)[:2] == [1, 2]
    assert len(all_rows(connection, "SELECT FROM contact")) == 1
    events = "SELECT count(*), count(DISTINCT contact_id) FROM event WHERE name = 'form_submitted'"
    assert all_rows(connection, events) == [(3, 1)]
    assert len(all_rows(connection, "SELECT FROM contact_merge WHERE merged_by = 'website'")) == 1


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        # Another name, another extension, another id of the same sender, a number that others have too.
        (a_lead("Ann Lee", phone=NUMBER), a_lead("Bob Fox", email="b@x.com"), a_lead(email="b@x.com", phone=NUMBER)),
        (a_lead("Ann Lee", phone=NUMBER), a_lead(email="b@x.com"), a_lead("Bob Fox", email="b@x.com", phone=NUMBER)),
        (
            a_lead(phone=NUMBER, phone_extension="1"),
            a_lead(email="b@x.com"),
            a_lead(email="b@x.com", phone=NUMBER, phone_extension="2"),
        ),
        (
            a_lead(phone=NUMBER, key="crm:1"),
            a_lead(email="b@x.com", key="crm:2"),
            a_lead(email="b@x.com", phone=NUMBER),
        ),
        (a_lead(email="a@x.com", key="crm:1"), a_lead(email="b@x.com"), a_lead(email="b@x.com", key="crm:1")),
    ],
)
def test_what_contradicts_keeps_them_apart(connection: Connection, one: Lead, other: Lead, both: Lead) -> None:
    who(connection, one, other, both)
    assert len(all_rows(connection, "SELECT FROM contact")) == 2
    assert not all_rows(connection, "SELECT FROM contact_merge")


def test_a_shared_number_merges_nobody_whose_name_does_not_say_so(connection: Connection) -> None:
    who(connection, a_lead("Ann Lee", email="a@x.com", phone=NUMBER), a_lead(email="b@x.com"))
    who(connection, a_lead("Carl Fox", phone=NUMBER), a_lead(email="b@x.com", phone=NUMBER))
    assert len(all_rows(connection, "SELECT FROM contact")) == 3
    who(connection, a_lead("Carl Fox", email="b@x.com", phone=NUMBER))
    assert len(all_rows(connection, "SELECT FROM contact")) == 2
