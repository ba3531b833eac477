"""Orders, the proof of consent and what was told late, as they stand on the page of a contact."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.runtime.prefect_flow import discover
from models.database import engine
from models.leads.capture import capture
from models.leads.imported_lead import read_imported_lead
from models.leads.incoming_event import read_incoming_events
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.story import Story
from tests.support.web_pages import browser

PLAYBOOK = the_shipped_playbook()
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def story(database_url: str) -> Story:
    apply_playbook()
    return Story(discover())


def page_of(contact: int) -> str:
    html = browser().get(f"/contacts/{contact}").text
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def tell(story: Story, name: str, days_ago: int, **data: Any) -> int:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    event = {"name": name, "contact": {"email": "ann@example.com"}, "at": at, "data": data}
    with engine().begin() as connection:
        [one] = capture(connection, read_incoming_events(event, PLAYBOOK, NOW), NOW)
    story.happens("page_visited", contact=one.contact_id)
    return one.contact_id


def test_orders_say_what_was_paid_and_who_says_so(story: Story) -> None:
    tell(story, "order_placed", 40, amount="$1,200.00", product="growth-programme", reference="1001")
    tell(story, "order_placed", 30, product="strategy-session")
    tell(story, "order_placed", 20, product="A thing of the past", currency="EUR")
    ann = tell(story, "order_refunded", 10, amount=200, reference="1001")
    shown = page_of(ann)
    assert "12-Week Growth Programme: $1,200 $200 paid back 21 Jan 2026, 04:00 EST , 1001" in shown
    assert "Strategy Session: $190 by the list price" in shown
    assert "A thing of the past: amount not known, in Euro" in shown
    assert "told late" in shown


def test_the_proof_of_consent_is_there_for_whoever_asks(story: Story) -> None:
    row = {
        "email": "ann@example.com",
        "consent": "yes",
        "consent date": "2025-03-31 14:30",
        "consent text": "Yes, <b>send</b> me offers.",
        "page url": "https://example.com/offers",
        "ip": "2001:db8::1",
    }
    with engine().begin() as connection:
        [ann] = capture(connection, [read_imported_lead("csv", PLAYBOOK, row, NOW, row_key="csv:row 1")], NOW)
    shown = page_of(ann.contact_id)
    assert "Agreed: “Yes, &lt;b&gt;send&lt;/b&gt; me offers.”" in shown
    assert "31 Mar 2025, 14:30 EDT by csv, told 2 Mar 2026, 04:00 EST" in shown
    assert "on https://example.com/offers from 2001:db8::1" in shown
