"""What one of us decides about mail to contacts, on their page or for many from the Prefect UI."""

from collections.abc import Callable

import pytest

from flows.operations.mail.suppress_contacts import UnknownContacts, decide_now
from models.database import engine
from models.mail.ops_decision import MailDecision, apply_decision
from tests.support.mail.outbox import NOON
from tests.support.story import Story

MakeStory = Callable[..., Story]

DECIDED: list[tuple[str | None, MailDecision, str | None]] = [
    (None, MailDecision.UNSUBSCRIBE, "unsubscribed"),
    ("unsubscribed", MailDecision.BLOCK_ALL, "manual"),
    ("bounced", MailDecision.LIFT_SUPPRESSION, None),
    ("unsubscribed", MailDecision.LIFT_SUPPRESSION, "unsubscribed"),
    ("unsubscribed", MailDecision.RESUBSCRIBE, None),
    ("complained", MailDecision.RESUBSCRIBE, "complained"),
]


def test_what_one_of_us_decides(make_story: MakeStory) -> None:
    story = make_story()
    for number, (before, decision, after) in enumerate(DECIDED):
        contact = story.contact(f"{number}@example.com", suppressed=before)
        with engine().begin() as connection:
            apply_decision(connection, [contact], decision, "they phoned", NOON)
        assert story.column(contact, "suppressed") == after


def test_ops_name_contacts_by_email_or_number_and_an_unknown_one_changes_nothing(make_story: MakeStory) -> None:
    story = make_story()
    ann, bob = story.contact(), story.contact("bob@example.com")
    with pytest.raises(UnknownContacts, match=r"nobody@example\.com"):
        decide_now(["ann@example.com", "nobody@example.com"], MailDecision.BLOCK_ALL, "", NOON)
    assert story.column(ann, "suppressed") is None
    changed, lines = decide_now(["Ann@Example.com", str(bob)], MailDecision.BLOCK_ALL, "a dispute", NOON)
    assert (changed, [line["now"] for line in lines]) == (2, ["manual", "manual"])
    [(data,)] = story.rows("SELECT data FROM event WHERE contact_id = :bob", bob=bob)
    assert data == {"reason": "a dispute"}
