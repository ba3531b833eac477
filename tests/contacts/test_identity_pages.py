"""What a contact is known by on its page, and deciding whose an address or an id is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.database import engine
from models.leads.capture import capture
from models.leads.reading.lead import Lead
from models.mail.suppression import suppress
from models.merging.conflicts import ConflictDecision, decide_conflict
from models.tables.contact import Suppression
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser

pytestmark = pytest.mark.usefixtures("playbook")

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OPEN = "SELECT count(*) FROM identity_conflict WHERE decided_at IS NULL"


@pytest.fixture
def playbook(database_url: str) -> None:
    apply_playbook()


def captured(*leads: Lead) -> list[int]:
    with engine().begin() as connection:
        return [capture(connection, [lead], NOW)[0].contact_id for lead in leads]


def a_lead(name: str, email: str, key: str, **given: Any) -> Lead:
    first, _, last = name.partition(" ")
    fields = {"first_name": first, "last_name": last}
    return Lead(source="website", at=NOW, topic="request-info", email=email, source_key=key, fields=fields, **given)


@pytest.fixture
def conflict(playbook: None) -> tuple[int, int]:
    """Ann's sender gives Bob's address for her; her number and his."""
    ann = a_lead("Ann Lee", "ann@x.com", "crm:1", phone="+14155550123")
    bob = a_lead("Bob Fox", "bob@x.com", "crm:2")
    one, other, _ = captured(ann, bob, a_lead("Ann Lee", "bob@x.com", "crm:1"))
    assert one != other
    return one, other


def decide(decision: ConflictDecision) -> None:
    [(number,)] = rows("SELECT id FROM identity_conflict")
    with engine().begin() as connection:
        assert decide_conflict(connection, number, decision, "ops", NOW)


def emails() -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows("SELECT id, email FROM contact ORDER BY id")]


def test_the_pages_of_both_show_the_conflict(conflict: tuple[int, int]) -> None:
    ann, bob = (browser().get(f"/contacts/{one}").text for one in conflict)
    assert "A lead gave the email bob@x.com, which" in ann
    assert "A lead gave the email bob@x.com for" in bob
    assert "bob@x.com" in browser().get("/duplicates").text


def test_the_page_shows_all_that_a_contact_is_known_by(playbook: None) -> None:
    captured(a_lead("Ann Lee", "old@x.com", "crm:1", phone="+14155550123"), a_lead("Ann Lee", "new@x.com", "crm:1"))
    [ann] = captured(a_lead("Ann Lee", "new@x.com", "shop:77"))
    captured(Lead(source="website", at=NOW, phone="+14155550123", fields={"first_name": "Carl", "last_name": "Fox"}))
    text = browser().get(f"/contacts/{ann}").text
    known = text[text.index('id="known-by"') :]
    assert all(value in known for value in ("old@x.com", "new@x.com", "crm:1", "shop:77", "shared"))
    assert "Email: old@x.com → new@x.com" in text
    assert browser().get("/contacts?q=old@x.com").text.count(f"/contacts/{ann}") == 1


def test_two_people_stay_as_they_are_and_are_not_asked_about_again(conflict: tuple[int, int]) -> None:
    before = emails()
    decide(ConflictDecision.STAYS)
    captured(a_lead("Ann Lee", "bob@x.com", "crm:1"))
    assert (emails(), rows(OPEN)) == (before, [(0,)])


def test_an_address_moves_with_what_its_server_said_of_it(conflict: tuple[int, int]) -> None:
    ann, bob = conflict
    with engine().begin() as connection:
        suppress(connection, [bob], Suppression.BOUNCED, NOW, "mail")
    decide(ConflictDecision.MOVES)
    assert emails() == [(ann, "bob@x.com"), (bob, None)]
    assert [tuple(row) for row in rows("SELECT id, suppressed FROM contact ORDER BY id")] == [
        (ann, "bounced"),
        (bob, None),
    ]
    assert captured(a_lead("Ann Lee", "bob@x.com", "crm:1"), a_lead("Ann Lee", "ann@x.com", "crm:1")) == [ann, ann]
    assert rows("SELECT count(*) FROM event WHERE name = 'details_changed' AND source = 'identity'") == [(2,)]


def test_a_senders_id_moves_too(playbook: None) -> None:
    ann, bob = captured(a_lead("Ann Lee", "ann@x.com", "fair:7"), a_lead("Bob Fox", "bob@x.com", "fair:7"))
    decide(ConflictDecision.MOVES)
    assert captured(Lead(source="website", at=NOW, source_key="fair:7")) == [bob]
    assert emails() == [(ann, "ann@x.com"), (bob, "bob@x.com")]
