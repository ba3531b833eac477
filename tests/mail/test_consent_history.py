"""When somebody agreed or took it back counts, and not when we were told of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from models.database import engine
from models.leads.capture import capture
from models.leads.incoming_event import read_incoming_events
from models.mail.consent import ConsentStatement
from models.mail.suppression import apply_choices, lift_suppression, resubscribe, suppress
from models.tables.contact import Suppression
from tests.support.mail.outbox import NOON
from tests.support.playbook import apply_playbook, the_shipped_playbook

DAY = timedelta(days=1)


class Said(NamedTuple):
    """What somebody said so many days ago."""

    days_ago: int
    is_given: bool
    is_dated: bool = True


SAYINGS = st.lists(st.builds(Said, st.integers(0, 999), st.booleans(), st.booleans()), unique_by=lambda one: one[0])


def a_contact(connection: Connection) -> int:
    return int(
        connection.execute(text("INSERT INTO contact (email) VALUES (gen_random_uuid()) RETURNING id")).scalar_one()
    )


def tell(connection: Connection, contact: int, said: Said) -> None:
    at = NOON - said.days_ago * DAY
    statement = ConsentStatement(contact_id=contact, is_given=said.is_given, at=at, is_dated=said.is_dated)
    apply_choices(connection, [statement], NOON, "test")


def standing(connection: Connection, contact: int) -> tuple[object, ...]:
    columns = "suppressed, suppressed_at, consent_at"
    return tuple(connection.execute(text(f"SELECT {columns} FROM contact WHERE id = {contact}")).one())


def last_word(sayings: Sequence[Said]) -> bool | None:
    """By hand: the newest that counts. A yes of an unknown day may be older than any no."""
    count = [one for one in sayings if one.is_dated or not one.is_given]
    return min(count).is_given if count else None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sayings=SAYINGS, data=st.data())
def test_in_whatever_order_we_are_told_the_last_word_decides(
    connection: Connection, sayings: list[Said], data: st.DataObject
) -> None:
    connection.rollback()
    one, other = a_contact(connection), a_contact(connection)
    for said in sayings:
        tell(connection, one, said)
    for said in data.draw(st.permutations(sayings)):
        tell(connection, other, said)
    found = standing(connection, one)
    assert found == standing(connection, other)
    assert (found[0] == "unsubscribed") == (last_word(sayings) is False)
    agreed = [NOON - each.days_ago * DAY for each in sayings if each.is_given]
    assert found[2] == max(agreed, default=None)


def test_since_when_somebody_has_left_is_their_first_no_after_their_last_yes(connection: Connection) -> None:
    ann = a_contact(connection)
    for said in (Said(1, is_given=False), Said(9, is_given=False), Said(5, is_given=True), Said(3, is_given=False)):
        tell(connection, ann, said)
    assert standing(connection, ann)[:2] == ("unsubscribed", NOON - 3 * DAY)


def test_a_no_that_is_told_late_stands_from_its_own_moment(connection: Connection) -> None:
    ann, bob = a_contact(connection), a_contact(connection)
    tell(connection, ann, Said(10, is_given=True))
    suppress(connection, [ann], Suppression.UNSUBSCRIBED, NOON, "test", said_at=NOON - 3 * DAY)
    tell(connection, bob, Said(1, is_given=True))
    suppress(connection, [bob], Suppression.UNSUBSCRIBED, NOON, "test", said_at=NOON - 3 * DAY)
    assert standing(connection, ann)[:2] == ("unsubscribed", NOON - 3 * DAY)
    assert standing(connection, bob)[0] is None


def test_a_yes_from_before_a_no_lifts_it_neither_at_once_nor_after_a_bounce(connection: Connection) -> None:
    ann = a_contact(connection)
    suppress(connection, [ann], Suppression.UNSUBSCRIBED, NOON - DAY, "test")
    suppress(connection, [ann], Suppression.BOUNCED, NOON, "test")
    assert resubscribe(connection, [ann], NOON, "import", said_at=NOON - 2 * DAY) == 0
    lift_suppression(connection, [ann], [Suppression.BOUNCED], NOON, "ops")
    assert standing(connection, ann)[:2] == ("unsubscribed", NOON - DAY)


def test_a_yes_from_before_we_took_somebody_off_the_list_does_not_put_them_back(connection: Connection) -> None:
    ann = a_contact(connection)
    suppress(connection, [ann], Suppression.REMOVED, NOON, "test")
    assert resubscribe(connection, [ann], NOON, "import", said_at=NOON - DAY) == 0
    assert resubscribe(connection, [ann], NOON + DAY, "import") == 1


def test_who_had_left_before_proofs_were_kept_has_left(connection: Connection) -> None:
    contact = text("INSERT INTO contact (email, suppressed) VALUES ('a@example.com', 'unsubscribed') RETURNING id")
    ann = int(connection.execute(contact).scalar_one())
    suppress(connection, [ann], Suppression.BOUNCED, NOON, "test")
    connection.execute(text("UPDATE contact SET suppressed = 'unsubscribed', suppressed_at = NULL"))
    tell(connection, ann, Said(3, is_given=True, is_dated=False))
    assert standing(connection, ann)[0] == "unsubscribed"
    tell(connection, ann, Said(0, is_given=True))
    assert standing(connection, ann)[0] is None


@pytest.mark.parametrize("days", [0, 5])
def test_an_unsubscription_of_another_system_counts_from_its_day(database_url: str, days: int) -> None:
    apply_playbook()
    playbook = the_shipped_playbook()
    with engine().begin() as connection:
        ann = a_contact(connection)
        tell(connection, ann, Said(3, is_given=True))
        event = {"name": "unsubscribed", "contact": {"id": ann}, "at": (NOON - days * DAY).isoformat()}
        capture(connection, read_incoming_events(event, playbook, NOON), NOON)
        assert standing(connection, ann)[0] == ("unsubscribed" if days == 0 else None)
        names = connection.execute(text("SELECT name FROM event ORDER BY id")).scalars().all()
    assert names == (["unsubscribed"] if days == 0 else ["unsubscribed", "resubscribed"])
