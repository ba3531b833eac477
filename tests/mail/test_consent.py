"""Nobody is mailed who must not be: one rule, asked when a mail is queued and again when it is sent."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from flows.operations.mail.deliver_messages import deliver_due
from flows.runtime import Journey
from models import MessageKind, Suppression
from models.database import engine
from models.leads.capture import capture
from models.leads.imported_lead import read_imported_lead
from models.leads.incoming_event import read_incoming_events
from models.leads.reading.read_lead import read_lead
from models.mail.preferences import set_topics
from models.mail.rules.consent import SUPPRESSION_PRECEDENCE, suppression_reason, topic_of
from models.mail.suppression import lift_suppression, resubscribe, suppress
from models.playbook.mail import Mail, Topic
from models.playbook.reading.check_mail import TOPIC_CHECKS
from tests.support.mail.outbox import NOON, FakeMailer, a_message, message
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

PLAYBOOK = the_shipped_playbook()
REASONS: list[Suppression | None] = [None, *Suppression]
ANSWERS = {"transactional"}
MAY_GET = {None: {"marketing", *ANSWERS}, "unsubscribed": ANSWERS, "removed": ANSWERS, "unconfirmed": ANSWERS}
"""Reason -> the kinds that still go out; what is not here gets nothing."""

MakeStory = Callable[..., Story]


@pytest.mark.parametrize(("reason", "kind"), list(product(REASONS, MessageKind)))
def test_who_may_get_what(reason: Suppression | None, kind: MessageKind) -> None:
    to_colleague = kind in (MessageKind.TASK, MessageKind.TEAM)
    may = to_colleague or kind in MAY_GET.get(reason, set())
    assert (suppression_reason(kind, reason, (), None) is None) == may
    assert suppression_reason(kind, reason, ("offers",), "articles") == suppression_reason(kind, reason, (), None)


def test_a_topic_that_somebody_left_holds_back_its_marketing_and_no_answer() -> None:
    assert suppression_reason(MessageKind.MARKETING, None, ("offers",), "offers") == "wants no mail about offers"
    assert suppression_reason(MessageKind.TRANSACTIONAL, None, ("offers",), "offers") is None


def test_a_mail_named_itself_belongs_to_that_topic_and_not_to_its_journeys() -> None:
    topics = {
        "news": Topic(label="News", mails=("welcome",)),
        "guides": Topic(label="Guides", mails=("welcome/guide",)),
    }
    mail = Mail(topics=topics)
    assert [topic_of(mail, one) for one in ("welcome/hello", "welcome/guide", "other/one")] == ["news", "guides", None]


async def lead_nurture(j: Journey) -> str:
    """A mail of the topic `articles`, and an answer."""
    marketing = await j.send("article_1")
    answer = await j.send("article_2", transactional=True)
    return f"{marketing}, {answer}"


def test_a_journey_queues_nothing_for_whoever_must_not_get_it(make_story: MakeStory) -> None:
    story = make_story(lead_nurture)
    people = {reason: story.contact(f"{reason}@example.com", suppressed=reason) for reason in REASONS}
    left = story.contact("left@example.com")
    nobody = story.contact(None, phone="+12075550100")
    with engine().begin() as connection:
        set_topics(connection, left, ["offers"], PLAYBOOK.mail, story.now)

    story.start("lead_nurture", *people.values(), left, nobody)

    for reason, contact in people.items():
        may = MAY_GET.get(reason, set())
        expected = ["queued" if kind in may else "suppressed" for kind in ("marketing", "transactional")]
        assert story.runs(contact) == [("lead_nurture", ", ".join(expected))]
        assert len(story.mails(contact)) == len(may)
    assert story.runs(left) == [("lead_nurture", "suppressed, queued")]
    assert story.runs(nobody) == [("lead_nurture", "no address, no address")]
    [reason] = story.rows("SELECT fact ->> 'reason' FROM step WHERE fact ->> 'reason' LIKE 'wants%'")
    assert reason == ("wants no mail about articles",)


def test_what_was_queued_before_is_looked_at_again_when_it_is_sent(make_story: MakeStory) -> None:
    story, mailer = make_story(), FakeMailer()
    people = {reason: story.contact(f"{reason}@example.com") for reason in REASONS}
    left = story.contact("left@example.com")
    queued = {
        (contact, kind): a_message(contact, f"lead_nurture/{mail}", kind=kind)
        for contact in (*people.values(), left)
        for kind, mail in (("marketing", "article_1"), ("transactional", "article_2"))
    }
    with engine().begin() as connection:
        set_topics(connection, left, ["offers"], PLAYBOOK.mail, NOON)
        for reason, contact in people.items():
            if reason is not None:
                suppress(connection, [contact], reason, NOON, "test")

    asyncio.run(deliver_due(mailer, NOON))

    expected = {(f"{one}@example.com", kind) for one in REASONS for kind in MAY_GET.get(one, ())}
    expected |= {("left@example.com", "transactional")}
    assert {(email.to_address, str(email.kind)) for email in mailer.sent} == expected
    held = [message(number) for number in queued.values() if message(number).state != "sent"]
    assert all(one.state == "withdrawn" and one.reason for one in held)
    assert len(held) + len(mailer.sent) == len(queued)


def suppression_and_events(story: Story, contact: int) -> tuple[str | None, list[str]]:
    """The suppression of a contact, and all of its events about suppressions."""
    names = story.rows(
        "SELECT concat_ws(':', name, topic) FROM event WHERE contact_id = :contact AND name ~ 'supp|subscribed' "
        "ORDER BY id",
        contact=contact,
    )
    return story.column(contact, "suppressed"), [name for (name,) in names]


def test_a_weaker_reason_never_replaces_a_stronger_one(make_story: MakeStory) -> None:
    story = make_story()
    for before, then in product(Suppression, Suppression):
        contact = story.contact(f"{before}.{then}@example.com")
        with engine().begin() as connection:
            suppress(connection, [contact], before, NOON, "test")
            suppress(connection, [contact], then, NOON, "test")
        assert story.column(contact, "suppressed") == max(before, then, key=SUPPRESSION_PRECEDENCE.index)


def test_their_no_outlives_a_bounce_that_is_put_right(make_story: MakeStory) -> None:
    story = make_story()
    ann = story.contact()
    with engine().begin() as connection:
        suppress(connection, [ann], Suppression.BOUNCED, NOON, "mail")
        assert suppress(connection, [ann], Suppression.UNSUBSCRIBED, NOON, "unsubscribe") == 1
        assert suppress(connection, [ann], Suppression.UNSUBSCRIBED, NOON, "unsubscribe") == 0
        lift_suppression(connection, [ann], [Suppression.BOUNCED], NOON, "ops")
    assert suppression_and_events(story, ann) == (
        "unsubscribed",
        ["suppressed:bounced", "unsubscribed", "suppression_lifted:bounced"],
    )


def test_their_yes_lifts_their_no_and_no_complaint(make_story: MakeStory) -> None:
    story = make_story()
    ann, bob = story.contact(), story.contact("bob@example.com")
    with engine().begin() as connection:
        for reason in (Suppression.UNSUBSCRIBED, Suppression.COMPLAINED):
            suppress(connection, [bob], reason, NOON, "test")
        suppress(connection, [ann], Suppression.UNSUBSCRIBED, NOON, "test")
        assert resubscribe(connection, [ann, bob], NOON, "test") == 1
    assert suppression_and_events(story, ann) == (None, ["unsubscribed", "resubscribed"])
    assert suppression_and_events(story, bob) == (
        "complained",
        ["unsubscribed", "suppressed:complained", "resubscribed"],
    )


def arrives(payload: dict[str, str], *, imported: bool = False, later: timedelta = timedelta()) -> None:
    now = NOON + later
    with engine().begin() as connection:
        if imported:
            lead = read_imported_lead("csv", PLAYBOOK, payload, now, row_key=f"csv:row {payload}")
        else:
            lead = read_lead("website", PLAYBOOK, payload, now)
        capture(connection, [lead], now)


def test_agreeing_in_a_form_brings_back_whoever_left_and_nobody_else(make_story: MakeStory) -> None:
    story = make_story()
    for before in Suppression:
        email = f"{before}@example.com"
        contact = story.contact(email, suppressed=before, suppressed_at=NOON - timedelta(days=9))
        arrives({"email": email, "form": "ebook"})
        assert story.column(contact, "suppressed") == before, "a form alone is no consent"
        arrives({"email": email, "form": "ebook", "consent": "yes"})
        assert story.column(contact, "suppressed") == (
            None if before in ("unsubscribed", "removed", "unconfirmed") else before
        )


def test_a_list_brings_nobody_back_but_takes_people_off(make_story: MakeStory) -> None:
    story = make_story()
    arrives({"email": "ann@example.com", "do not email": "yes"}, imported=True)
    [(ann,)] = story.rows("SELECT id FROM contact")
    arrives({"email": "ann@example.com", "form": "ebook", "consent": "yes"}, imported=True, later=timedelta(days=1))
    assert suppression_and_events(story, ann) == ("unsubscribed", ["unsubscribed"])


def test_a_consent_from_before_the_no_does_not_count_when_it_is_stored_late(make_story: MakeStory) -> None:
    story = make_story()
    ann = story.contact(suppressed="unsubscribed", suppressed_at=NOON)
    with engine().begin() as connection:
        repaired = read_lead("website", PLAYBOOK, {"email": "ann@example.com", "consent": "yes"}, NOON - timedelta(1))
        capture(connection, [repaired], NOON + timedelta(1))
    assert story.column(ann, "suppressed") == "unsubscribed"


def test_another_system_reports_that_somebody_unsubscribed(make_story: MakeStory) -> None:
    story = make_story()
    ann = story.contact()
    event = {"name": "unsubscribed", "contact": {"email": "ann@example.com"}}
    with engine().begin() as connection:
        capture(connection, read_incoming_events(event, PLAYBOOK, NOON), NOON)
    assert suppression_and_events(story, ann) == ("unsubscribed", ["unsubscribed"])


async def tidies_up(j: Journey) -> str:
    """Takes somebody off the list, and back."""
    await j.set(suppressed=Suppression.REMOVED)
    await j.wait(timedelta(days=1))
    await j.set(suppressed=None)
    return "tidied"


def test_a_journey_sets_it_by_the_same_rules(make_story: MakeStory) -> None:
    story = make_story(tidies_up)
    ann, bob = story.contact(), story.contact("bob@example.com", suppressed="bounced")
    story.start("tidies_up", ann, bob)
    story.pass_time(timedelta(days=2))
    assert suppression_and_events(story, ann) == (None, ["suppressed:removed", "suppression_lifted:removed"])
    assert suppression_and_events(story, bob) == ("bounced", [])


def test_topics_are_emitted_once_and_leaving_them_all_is_leaving(make_story: MakeStory) -> None:
    story = make_story()
    ann = story.contact()
    for wanted in (["articles"], ["articles"], ["articles", "offers"], []):
        with engine().begin() as connection:
            set_topics(connection, ann, wanted, PLAYBOOK.mail, NOON)
    events = story.rows("SELECT name, topic FROM event ORDER BY id")
    assert events == [("topic_left", "offers"), ("topic_joined", "offers"), ("unsubscribed", None)]


def test_two_topics_cannot_hold_the_same_mail() -> None:
    topics = {name: Topic(label="Same", mails=("welcome",)) for name in ("news", "guides")}
    playbook = PLAYBOOK.model_copy(update={"mail": Mail(topics=topics)})
    faults = [fault for check, _ in TOPIC_CHECKS for fault in check(playbook)]
    at = ("mail", "topics", "guides")
    assert [fault.path for fault in faults] == [(*at, "mails", 0), (*at, "label")]


def test_every_reason_has_its_weight() -> None:
    assert sorted(SUPPRESSION_PRECEDENCE) == sorted(Suppression)
