"""Storing leads: who is recognised by what, what enriches, what repeats, and what happens at the same time."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from models.database import engine
from models.identity.identifiers import Held
from models.leads.capture import CaptureResult, capture
from models.leads.matching.candidates import UnknownContact
from models.leads.matching.contact_index import ContactIndex
from models.leads.matching.match import ContactRecord, Match
from models.leads.reading.lead import Lead
from models.tables.identifier import IdentifierKind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

PEOPLE = """
SELECT email, phone, ARRAY(SELECT value FROM identifier i
                           WHERE i.contact_id = contact.id AND kind = 'source_key' ORDER BY value) AS keys
FROM contact ORDER BY id
"""


def a_lead(email: str | None = None, phone: str | None = None, key: str | None = None, **given: Any) -> Lead:
    return Lead(source="website", at=NOW, topic="request-info", email=email, phone=phone, source_key=key, **given)


def captured(connection: Connection, *leads: Lead) -> list[CaptureResult]:
    return capture(connection, leads, NOW)


def people(connection: Connection) -> list[tuple[Any, ...]]:
    """Email, number, and the ids of senders, of each contact."""
    return [tuple(row) for row in connection.execute(text(PEOPLE)).all()]


def contact(connection: Connection, number: int) -> dict[str, Any]:
    return dict(connection.execute(text("SELECT * FROM contact WHERE id = :id"), {"id": number}).mappings().one())


def test_a_new_lead_is_a_contact_and_an_event(connection: Connection) -> None:
    [one] = captured(connection, a_lead("ann@example.com", event_key="website:1", data={"x": [1]}))
    assert one.is_new_event
    assert one.is_new_contact
    row = contact(connection, one.contact_id)
    assert (row["stage"], row["mgl_at"], row["created_at"], row["source"]) == ("mgl", NOW, NOW, "website")
    event = connection.execute(text("SELECT * FROM event")).mappings().one()
    assert (event["id"], event["name"], event["topic"], event["data"]) == (
        one.event_id,
        "form_submitted",
        "request-info",
        {"x": [1]},
    )
    assert (event["at"], event["received_at"]) == (NOW, NOW)


def test_a_second_lead_enriches_and_blanks_nothing(connection: Connection) -> None:
    first = a_lead("ann@example.com", "+1415", fields={"city": "Portland", "company": "Alder"}, custom={"a": 1})
    second = a_lead("ann@example.com", fields={"company": "Beacon", "job_title": "CEO"}, custom={"b": 2})
    one, two = captured(connection, first)[0], captured(connection, second)[0]
    row = contact(connection, one.contact_id)
    assert two == CaptureResult(one.contact_id, two.event_id, is_new_event=True, is_new_contact=False)
    assert two.event_id != one.event_id
    assert (row["city"], row["company"], row["job_title"], row["phone"]) == (
        "Portland",
        "Beacon",
        "CEO",
        "+1415",
    )
    assert row["custom"] == {"a": 1, "b": 2}


def test_the_same_event_changes_nothing_and_answers_as_before(connection: Connection) -> None:
    lead = a_lead("ann@example.com", event_key="website:1")
    again = replace(lead, fields={"city": "Elsewhere"})
    one, two = captured(connection, lead, again)
    three = captured(connection, again)[0]
    assert {one[:2], two[:2], three[:2]} == {one[:2]}
    assert [each.is_new_event for each in (one, two, three)] == [True, False, False]
    assert contact(connection, one.contact_id)["city"] is None


@pytest.mark.parametrize(
    ("known", "comes", "same"),
    [
        (a_lead("a@x.com"), a_lead("a@x.com", "+1"), True),
        (a_lead("a@x.com", "+1"), a_lead("b@x.com", "+1"), False),
        (a_lead("a@x.com", "+1"), a_lead(None, "+1"), True),
        (a_lead(None, "+1"), a_lead("a@x.com", "+1"), True),
        (a_lead(None, "+1", "s:1"), a_lead(None, "+2", "s:1"), True),
        (a_lead("a@x.com", None, "s:1"), a_lead("b@x.com", None, "s:1"), True),
        (a_lead("a@x.com", None, "s:1"), a_lead(None, None, "s:1"), True),
        (a_lead(None, None, "s:1"), a_lead("a@x.com", None, "s:1"), True),
        (a_lead(None, None, "s:1"), a_lead(None, None, "s:2"), False),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_people_are_recognised_by_the_senders_id_by_email_and_by_a_number_that_nothing_contradicts(
    connection: Connection, known: Lead, comes: Lead, same: bool, together: bool
) -> None:
    one, two = captured(connection, known, comes) if together else [captured(connection, x)[0] for x in (known, comes)]
    assert (one.contact_id == two.contact_id) is same


def test_of_several_who_share_a_phone_nobody_is_guessed(connection: Connection) -> None:
    leads = a_lead("a@x.com", "+1"), a_lead("b@x.com", "+1"), a_lead(None, "+1"), a_lead(None, "+1", data={"n": 2})
    first, second, third, fourth = captured(connection, *leads)
    assert len({first.contact_id, second.contact_id, third.contact_id}) == 3
    assert fourth.contact_id == third.contact_id


def test_an_event_of_a_contact_by_number_needs_that_contact(connection: Connection) -> None:
    one = captured(connection, a_lead("a@x.com"))[0]
    two = captured(connection, a_lead(contact_id=one.contact_id))[0]
    assert two.contact_id == one.contact_id
    with pytest.raises(UnknownContact, match="There is no contact 999"):
        captured(connection, a_lead(contact_id=999))


def test_the_future_has_not_happened_yet(connection: Connection) -> None:
    captured(connection, replace(a_lead("a@x.com"), at=NOW + timedelta(days=1)))
    assert connection.execute(text("SELECT at FROM event")).scalar() == NOW


def test_two_people_who_swap_phones_in_one_batch_pass(connection: Connection) -> None:
    captured(connection, a_lead(None, "+1", "s:1"), a_lead(None, "+2", "s:2"))
    captured(connection, a_lead(None, "+3", "s:1"), a_lead(None, "+1", "s:2"), a_lead(None, "+2", "s:1"))
    assert sorted(row[1] for row in people(connection)) == sorted({row[1] for row in people(connection)})


LEADS = st.lists(
    st.builds(
        a_lead,
        st.sampled_from([None, "a@x.com", "b@x.com"]),
        st.sampled_from([None, "+1", "+2"]),
        st.sampled_from([None, "s:1", "s:2"]),
        fields=st.dictionaries(st.sampled_from(["city", "company"]), st.sampled_from(["x", "y"])),
    ),
    max_size=8,
)


def taken(leads: Sequence[Lead], batches: int) -> tuple[list[int], ContactIndex]:
    """Who each lead is about, and how people stand after it, in that many batches of one lead or all in one.

    Leads that show two contacts to be one are left out: they are merged in the database.
    """
    numbers, owners = count(1), []
    parts = [[lead] for lead in leads] if batches else [list(leads)]
    known = ContactIndex([], [], lambda: next(numbers), nothing_before)
    for part in parts:
        held = [one for person in known.by_id.values() for one in identifiers(person)]
        rows = [person.row for person in known.by_id.values()]
        known = ContactIndex(rows, held, lambda: next(numbers), nothing_before)
        owners += [known.upsert(lead, NOW).contact.id for lead in part if not known.same_person(lead)]
    return owners, known


def nothing_before(_: Match) -> None:
    """No form is sent twice."""


def identifiers(person: ContactRecord) -> list[Held]:
    kinds = (("email", person.emails), ("source_key", person.keys), ("phone", person.phones))
    return [Held(person.id, IdentifierKind(kind), value) for kind, values in kinds for value in values]


@given(LEADS)
def test_nobody_is_doubled_and_nothing_blanked_whatever_comes(leads: list[Lead]) -> None:
    owners, known = taken(leads, batches=0)
    held = [one[1:] for person in known.by_id.values() for one in identifiers(person) if one.kind != "phone"]
    assert len(held) == len(set(held))
    assert {person.row["email"] for person in known.by_id.values() if person.emails} <= {value for _, value in held}
    assume(len(owners) == len(leads))
    for lead, owner in zip(leads, owners, strict=True):
        row = known.by_id[owner].row
        assert lead.email is None or lead.email in {value for _, value in held}
        assert lead.phone is None or row["phone"] is not None
        assert all(row.get(field) is not None for field in lead.fields)


@given(LEADS)
def test_a_batch_ends_as_the_same_leads_one_by_one(leads: list[Lead]) -> None:
    together, at_once = taken(leads, batches=0)
    apart, in_turn = taken(leads, batches=1)
    assert together == apart
    assert {n: (p.row, sorted(identifiers(p))) for n, p in at_once.by_id.items()} == {
        n: (p.row, sorted(identifiers(p))) for n, p in in_turn.by_id.items()
    }


def test_the_database_agrees_with_what_was_thought(connection: Connection) -> None:
    @settings(max_examples=60, deadline=None)
    @given(LEADS)
    def holds(leads: list[Lead]) -> None:
        different = [replace(lead, data={"n": number}) for number, lead in enumerate(leads)]
        owners, known = taken(different, batches=1)
        assume(len(owners) == len(leads))
        with connection.begin_nested() as trial:
            captured(connection, *different)
            stored = people(connection)
            trial.rollback()
        assert stored == [(p.row["email"], p.row["phone"], sorted(p.keys)) for p in known.by_id.values()]

    holds()


def test_many_at_once_make_nobody_twice_and_lose_nothing(database_url: str) -> None:
    rounds, workers, size = 6, 6, 12
    start = threading.Barrier(workers)

    def work(worker: int) -> list[CaptureResult]:
        answers = []
        for turn in range(rounds):
            leads = [
                a_lead(
                    f"p{turn}-{i}@x.com" if i % 3 else None, f"+{turn}{i}", f"s:{turn}-{i}", event_key=f"e:{turn}-{i}"
                )
                for i in range(size)
            ]
            start.wait(timeout=30)
            # Each in another order, which is what makes two wait for each other.
            turned = leads[worker * 2 :] + leads[: worker * 2]
            with engine(database_url).begin() as connection:
                answers += capture(connection, turned if worker % 2 else turned[::-1], NOW)
        return answers

    with ThreadPoolExecutor(workers) as pool:
        answers = [one for some in pool.map(work, range(workers)) for one in some]
    with engine(database_url).connect() as connection:
        assert len(people(connection)) == rounds * size
        assert connection.execute(text("SELECT count(*), count(DISTINCT key) FROM event")).one() == (rounds * size,) * 2
    assert len(answers) == workers * rounds * size
    assert sum(one.is_new_event for one in answers) == rounds * size
