"""What is counted about a contact, on which day, and whose it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.database import engine, to_json
from models.events.emit import NewEvent, emit
from models.kpi.measures import FACTS
from models.playbook import Playbook
from tests.support.database import rows, write
from tests.support.facts import count_facts, facts, measures
from tests.support.lead_response import a_story, report
from tests.support.mail.outbox import NOON
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.story import Story

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MakeStory = Callable[..., Story]


@pytest.fixture
def story(database_url: str) -> Story:
    """The shipped playbook and journeys, from a Monday at noon in New York."""
    apply_playbook()
    return a_story()


def a_lead(story: Story, email: str = "ann@example.com", **columns: Any) -> int:
    """Somebody who asks for a call, and has an owner."""
    contact = story.contact(email, phone="+12075550199", source="website", created_at=story.now, **columns)
    story.happens("form_submitted", "request-call", contact=contact)
    return contact


def an_order(contact: int, at: datetime, amount: float = 100, product: str | None = None, **data: Any) -> None:
    """As a shop tells of it, with all that follows."""
    names = {"amount": amount, "product": product, **data}
    write(
        "INSERT INTO event (name, contact_id, source, data, at, received_at) "
        "VALUES ('order_placed', :contact, 'shop', CAST(:data AS jsonb), :at, :at)",
        contact=contact,
        data=to_json({name: value for name, value in names.items() if value is not None}),
        at=at,
    )


def test_a_lead_is_counted_on_the_day_on_which_they_came_by_the_companys_clock(story: Story) -> None:
    story.now = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)  # the evening of the 2nd in New York
    contact = a_lead(story)
    count_facts(story.now)
    [lead] = facts(contact, "lead")
    assert (lead.day, lead.at, lead.source, lead.rep_id > 0) == (date(2026, 3, 2), story.now, "website", True)


def test_counting_again_changes_nothing(story: Story) -> None:
    contact = a_lead(story)
    first = count_facts(NOON + HOUR)
    again = count_facts(NOON + 2 * HOUR)
    assert first.rows.added == len(measures(contact))
    assert (again.rows.closed, again.rows.added, again.days) == (0, 0, ())


def test_a_report_of_a_talk_is_one_touch_of_whoever_reported(story: Story) -> None:
    contact = a_lead(story)
    report("first call", "Had Call: Qualified Lead", contact, NOON + HOUR)
    count_facts(NOON + DAY)
    [touch] = facts(contact, "touch")
    [task] = rows("SELECT rep_id FROM task WHERE done_at IS NOT NULL")
    assert touch.rep_id == task.rep_id
    assert [fact.at for fact in facts(contact, "connected")] == [NOON + HOUR]


@pytest.mark.parametrize("source", ["person", "elsewhere"])
def test_a_logged_call_counts_for_whoever_called_and_nobody_else_says_whose_it_was(story: Story, source: str) -> None:
    contact = a_lead(story)
    [(owner,)] = rows("SELECT owner_id FROM contact WHERE id = :id", id=contact)
    [(caller,)] = rows("SELECT min(id) FROM rep WHERE id <> :owner", owner=owner)
    data = {"rep_id": caller, "by": "Nora"}
    call = NewEvent(name="call_connected", contact_id=contact, source=source, data=data, at=NOON + HOUR)
    with engine().begin() as connection:
        emit(connection, [call], NOON + HOUR)
    count_facts(NOON + DAY)
    [touch] = facts(contact, "touch")
    assert touch.rep_id == (caller if source == "person" else owner)


def test_what_somebody_did_counts_for_their_owner_at_that_moment(story: Story) -> None:
    contact = a_lead(story)
    [(first,)] = rows("SELECT rep_id FROM assignment")
    [(second,)] = rows("SELECT min(id) FROM rep WHERE id <> :first", first=first)
    write(
        "INSERT INTO assignment (contact_id, rep_id, how, reason, at) VALUES (:c, :rep, 'reassigned', 'test', :at)",
        c=contact,
        rep=second,
        at=NOON + 2 * DAY,
    )
    report("first call", "Had Call: Qualified Lead", contact, NOON + HOUR)
    an_order(contact, NOON + 3 * DAY)
    story.now = NOON + 3 * DAY
    story.happens("page_visited", "home", contact=contact)
    count_facts(NOON + 4 * DAY)
    assert [fact.rep_id for fact in facts(contact, "lead")] == [first]
    assert [fact.rep_id for fact in facts(contact, "connected")] == [first]
    assert [fact.rep_id for fact in facts(contact, "sale")] == [second]


def test_a_bot_and_an_opened_mail_engage_nobody(story: Story) -> None:
    contact = a_lead(story)
    story.now += HOUR
    story.happens("link_clicked", "welcome/site", contact=contact, data={"is_machine": True})
    story.happens("mail_opened", "welcome/hello", contact=contact)
    count_facts(NOON + DAY)
    assert facts(contact, "engaged") == []
    story.now += HOUR
    story.happens("link_clicked", "welcome/site", contact=contact)
    count_facts(NOON + DAY)
    assert [fact.at for fact in facts(contact, "engaged")] == [story.now]


def test_whoever_came_by_an_order_was_no_lead(story: Story) -> None:
    contact = story.contact("shop@example.com", created_at=NOON)
    story.happens("order_placed", contact=contact, data={"amount": 20})
    count_facts(NOON + DAY)
    assert "lead" not in measures(contact)
    assert {"customer", "new_customer", "order", "sale"} <= set(measures(contact))


def test_a_cancelled_order_takes_the_customer_away_and_leaves_the_order(story: Story) -> None:
    contact = a_lead(story)
    story.happens("order_placed", contact=contact, data={"amount": 190, "reference": "A1"})
    count_facts(NOON + HOUR)
    assert [fact.amount for fact in facts(contact, "customer")] == [Decimal("190.00")]
    story.now = NOON + 3 * DAY
    story.happens("order_cancelled", contact=contact, data={"reference": "A1"})
    changes = count_facts(story.now, contacts=[contact])
    assert facts(contact, "customer") == facts(contact, "sale") == []
    assert [fact.day for fact in facts(contact, "order")] == [date(2026, 3, 2)]
    assert [(fact.day, fact.amount) for fact in facts(contact, "reversal")] == [(date(2026, 3, 5), Decimal("190.00"))]
    assert [fact.day for fact in facts(contact, "lost_customer")] == [date(2026, 3, 5)]
    assert set(changes.days) >= {date(2026, 3, 2), date(2026, 3, 5)}


def test_a_part_that_was_paid_back_counts_when_it_was(story: Story) -> None:
    contact = a_lead(story)
    story.happens("order_placed", contact=contact, data={"amount": 200, "reference": "A1"})
    story.now = NOON + 40 * DAY
    story.happens("order_refunded", contact=contact, data={"reference": "A1", "amount": 50})
    count_facts(story.now, playbook=with_reports(full_customer=None))
    [sale], [back] = facts(contact, "sale"), facts(contact, "reversal")
    assert (sale.amount, sale.value) == (Decimal("150.00"), 0.75)
    assert (back.amount, back.value, back.day) == (Decimal("50.00"), 0.25, date(2026, 4, 11))


def test_two_products_at_half_the_price_are_one_whole_customer(story: Story) -> None:
    playbook = with_reports(full_customer="growth-programme")
    contact = a_lead(story)
    half = playbook.products[1].price / 2
    write("INSERT INTO product (code, name, tier, price, currency) VALUES ('half', 'Half', 'core', :p, 'USD')", p=half)
    for reference in ("A", "B"):
        data = {"amount": 1, "product": "half", "reference": reference}
        story.happens("order_placed", contact=contact, data=data)
    count_facts(NOON + HOUR, playbook=playbook)
    assert sum(fact.value for fact in facts(contact, "order")) == 1


def test_money_is_counted_in_one_currency_by_the_rate_of_its_day_and_stays_apart_without_one(story: Story) -> None:
    rates = [
        {"currency": "EUR", "since": "2026-03-01", "rate": "1.10"},
        {"currency": "EUR", "since": "2026-03-03", "rate": "1.20"},
    ]
    playbook = with_reports(currency="USD", rates=rates)
    contact = a_lead(story)
    story.happens("order_placed", contact=contact, data={"amount": 100, "currency": "EUR", "reference": "A"})
    story.now = NOON + DAY
    story.happens("order_placed", contact=contact, data={"amount": 100, "currency": "EUR", "reference": "B"})
    story.happens("order_placed", contact=contact, data={"amount": 100, "currency": "GBP", "reference": "C"})
    count_facts(story.now, playbook=playbook)
    counted = [(fact.amount, fact.currency) for fact in facts(contact, "sale")]
    assert counted == [(Decimal("110.00"), "USD"), (Decimal("120.00"), "USD"), (Decimal("100.00"), "GBP")]


def test_a_deal_is_the_stage_until_another_system_tells_of_deals(story: Story) -> None:
    contact = a_lead(story, opportunity_at=NOON)
    story.now = NOON + 2 * DAY
    story.happens("order_placed", contact=contact, data={"amount": 300})
    count_facts(story.now)
    [won] = facts(contact, "won")
    assert (won.amount, won.value, won.day) == (Decimal("300.00"), 2, date(2026, 3, 4))
    [(event,)] = rows("SELECT max(id) FROM event")
    write(
        "INSERT INTO opportunity (contact_id, reference, stage, opened_at, closed_at, amount, currency, event_id) "
        "VALUES (:c, 'csv:1', 'lost', :opened, :closed, NULL, 'USD', :event)",
        c=contact,
        opened=NOON,
        closed=NOON + DAY,
        event=event,
    )
    count_facts(story.now)
    assert facts(contact, "won") == []
    assert [(fact.ref[:12], fact.value) for fact in facts(contact, "lost")] == [("opportunity:", 1.0)]


def test_the_order_of_a_deal_is_of_whoever_won_it(story: Story) -> None:
    contact = a_lead(story)
    story.now = NOON + DAY
    event = story.happens("order_placed", contact=contact, data={"amount": 300, "reference": "csv:1"})
    [(owner,)] = rows("SELECT owner_id FROM contact")
    [(winner,)] = rows("SELECT min(id) FROM rep WHERE id <> :owner", owner=owner)
    write(
        "INSERT INTO opportunity (contact_id, reference, rep_id, stage, opened_at, closed_at, amount, currency, "
        "event_id) VALUES (:c, 'csv:1', :winner, 'won', :opened, :closed, 300, 'USD', :event)",
        **{"c": contact, "winner": winner, "opened": NOON, "closed": NOON + DAY, "event": event},
    )
    count_facts(story.now)
    assert {facts(contact, measure)[0].rep_id for measure in ("won", "order", "sale", "customer")} == {winner}


def test_a_refusal_loses_the_deal_unless_an_order_follows(story: Story) -> None:
    contact = a_lead(story, opportunity_at=NOON)
    story.now = NOON + DAY
    story.happens("turned_us_down", contact=contact)
    count_facts(story.now)
    assert [fact.day for fact in facts(contact, "lost")] == [date(2026, 3, 3)]
    story.now = NOON + 9 * DAY
    story.happens("order_placed", contact=contact, data={"amount": 10})
    count_facts(story.now)
    assert (facts(contact, "lost"), len(facts(contact, "won"))) == ([], 1)


def test_a_talk_from_before_the_opportunity_connects_it_on_the_day_on_which_there_is_one(story: Story) -> None:
    contact = a_lead(story, opportunity_at=NOON + 3 * DAY)
    report("first call", "Had Call: Qualified Lead", contact, NOON + HOUR)
    count_facts(NOON + 4 * DAY)
    assert [fact.at for fact in facts(contact, "opportunity_connected")] == [NOON + 3 * DAY]


def test_how_fast_a_request_was_followed_up_counts_on_the_day_of_the_request(story: Story) -> None:
    contact = a_lead(story)
    report("first call", "Could Not Reach: Try Again", contact, NOON + 2 * DAY)
    count_facts(NOON + 3 * DAY)
    [asked], [answered] = facts(contact, "request"), facts(contact, "first_contact")
    assert (asked.day, answered.day, answered.value) == (date(2026, 3, 2), date(2026, 3, 2), 2 * 86_400)
    assert [fact.value for fact in facts(contact, "first_contact_working")] == [2 * 86_400]
    assert facts(contact, "first_talk") == facts(contact, "in_sla") == []


def test_who_is_erased_stays_counted_and_who_is_merged_does_not(story: Story) -> None:
    erased, merged = a_lead(story), a_lead(story, "bob@example.com")
    count_facts(NOON + HOUR)
    before = measures(erased)
    write("DELETE FROM contact WHERE id = ANY(:gone)", gone=[erased, merged])
    count_facts(NOON + DAY)
    assert measures(erased) == before
    count_facts(NOON + DAY, contacts=[merged])
    assert measures(merged) == []


def test_every_measure_that_is_counted_is_described_and_the_other_way_round(story: Story) -> None:
    named = {measure.name for measure in FACTS}
    contact = a_lead(story, opportunity_at=NOON, sql_at=NOON, sal_at=NOON, mql_at=NOON)
    report("first call", "Had Call: Qualified Lead", contact, NOON + timedelta(minutes=2))
    for number in range(3):
        story.now += HOUR
        story.happens(
            "order_placed", contact=contact, data={"amount": 10, "reference": f"{number}", "product": "mastermind"}
        )
    counted = count_facts(story.now)
    assert counted.rows.added
    assert set(measures(contact)) <= named
    lacking = named - set(measures(contact))
    assert lacking == {
        "lost",
        "lost_customer",
        "reversal",
        "offer_made",
        "offer_accepted",
        "offer_declined",
        "offer_expired",
    }


def with_reports(**reports: Any) -> Playbook:
    """The shipped playbook with this section."""
    document = the_shipped_playbook().model_dump(mode="json")
    document["reports"] |= reports
    return Playbook.model_validate(document)


def test_a_lead_says_the_first_form_that_they_filled_in_also_when_it_is_told_late(story: Story) -> None:
    contact = a_lead(story)
    story.happens("form_submitted", "workshop", contact=contact)
    listed = story.contact("listed@example.com", created_at=NOON)
    count_facts(NOON + HOUR)
    assert [fact.ref for fact in facts(contact, "lead")] == ["form:request-call"]
    assert [fact.ref for fact in facts(listed, "lead")] == [""]
    story.happens("form_submitted", "guide", contact=contact, ago=3 * DAY)
    count_facts(NOON + 2 * HOUR)
    assert [fact.ref for fact in facts(contact, "lead")] == ["form:guide"]
