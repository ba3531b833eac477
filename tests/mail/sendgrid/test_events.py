"""The events of SendGrid: accepted only from SendGrid, never lost, processed once, and translated into ours."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from deployments.demo.scheduled_jobs import SCHEDULED_JOBS
from flows.operations.mail.count_mail_events import process_now
from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from flows.runtime.turn import take_turn
from flows.runtime.virtual_time import due_moments, run_due
from models.database import engine
from models.mail.tracking import next_events_check, next_events_due, process_mail_events
from models.mail.tracking.raw_events import store_events
from models.mail.tracking.sendgrid import parse_events
from models.mail.tracking.signature import MAX_AGE, SIGNATURE, TIMESTAMP, BadSignature, verify_signature
from tests.support.database import rows
from tests.support.mail.mail_events import (
    DAY,
    LATER,
    MINUTE,
    PUBLIC_KEY,
    SECOND,
    an_event,
    emitted_events,
    post,
    process_all_events,
    receive_events,
    signed,
)
from tests.support.mail.outbox import NOON, a_contact, a_message, message
from tests.support.paths import SHARED
from tests.support.story import Story
from tests.support.web_pages import PROGRAM, browser
from tests.web.test_public_links import close_database

REAL = SHARED / "contracts" / "sendgrid"
HOUR = timedelta(hours=1)
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="needs the real payloads, which lie beside the checkout")


@pytest.fixture(autouse=True)
def without_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEND_SENDGRID_PUBLIC_KEY", "TEND_WEB_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def with_key(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("TEND_SENDGRID_PUBLIC_KEY", PUBLIC_KEY)


def a_sent(**columns: Any) -> int:
    """A mail to Ana that SendGrid took at noon."""
    contact = columns.pop("contact", None) or a_contact()
    sent: dict[str, Any] = {"state": "sent", "sent_at": NOON, "handed_at": NOON}
    return a_message(contact, **sent | columns)


def suppressed() -> list[str | None]:
    return [reason for (reason,) in rows("SELECT suppressed FROM contact ORDER BY id")]


# Who may post events, and what is stored of them.


@needs_real
def test_a_real_signature_fits_the_bytes_as_they_came_and_no_others() -> None:
    real = json.loads((REAL / "vector.json").read_text())
    headers = {TIMESTAMP: real["timestamp"], SIGNATURE: real["signature"]}
    body, made_at = real["payload"].encode(), datetime.fromtimestamp(int(real["timestamp"]), UTC)

    verify_signature([real["public_key"]], headers, body, made_at + timedelta(hours=24))
    verify_signature([PUBLIC_KEY, real["public_key"]], headers, body, made_at)
    with pytest.raises(BadSignature, match="does not fit"):
        verify_signature([real["public_key"]], headers, orjson.dumps(orjson.loads(body)), made_at)
    with pytest.raises(BadSignature, match="At most 25 hours old"):
        verify_signature([real["public_key"]], headers, body, made_at + MAX_AGE + SECOND)


def test_only_what_is_signed_is_taken_and_what_comes_twice_is_stored_once(with_key: None) -> None:
    body = orjson.dumps([an_event("delivered", 1), an_event("open", 1)])

    assert post(body, signed(body)).json() == {"stored": 2, "seen_before": 0}
    assert post(body, signed(body)).json() == {"stored": 0, "seen_before": 2}
    refused = [
        post(body),
        post(body + b" ", signed(body)),
        post(body, signed(body) | {SIGNATURE: "nonsense"}),
        post(body, signed(body) | {TIMESTAMP: "soon"}),
        post(body, signed(body, datetime.now(UTC) - MAX_AGE - MINUTE)),
        post(body, signed(body, datetime.now(UTC) + timedelta(hours=1))),
    ]
    assert [answer.status_code for answer in refused] == [403] * 6
    assert rows("SELECT count(*) FROM mail_event") == [(2,)]


def test_what_is_set_as_the_key_but_is_none_is_our_trouble(with_key: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_SENDGRID_PUBLIC_KEY", "copied badly")
    answer = post(b"[]", signed(b"[]"))
    assert (answer.status_code, "is no public key" in answer.json()["detail"]) == (503, True)


def test_without_a_key_only_this_machine_is_believed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post([an_event("delivered")]).status_code == 200
    proxied = post([an_event("delivered")], {"x-forwarded-for": "203.0.113.9"})
    monkeypatch.setenv("TEND_HOST", "0.0.0.0")
    open_to_all = post([an_event("delivered")])
    assert [answer.status_code for answer in (proxied, open_to_all)] == [403, 403]
    assert "TEND_SENDGRID_PUBLIC_KEY is not set" in open_to_all.json()["detail"]


def test_a_batch_of_more_than_a_thousand_is_taken_whole(database_url: str) -> None:
    events = [an_event("click", 1, url="https://example.com/" + "x" * 1_000) for _ in range(1_500)]
    assert post(events).json() == {"stored": 1_500, "seen_before": 0}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"event": "open"}', b"[1]", b'[{"event": "open"}, null]', b"<xml/>"])
def test_what_is_no_array_of_events_is_refused_with_a_sentence(database_url: str, body: bytes) -> None:
    answer = post(body)
    assert (answer.status_code, "expected" in answer.text or "not JSON" in answer.text) == (400, True)


def test_nothing_hostile_is_lost_or_breaks_us(database_url: str) -> None:
    hostile = [
        b'{"event": "click", "url": "a\\u0000b", "k\\u0000": "\\ud800"}',
        b'{"event": {"a": 1}, "timestamp": "soon", "sg_event_id": 7, "tend_message_id": [1]}',
        b'{"event": "open", "timestamp": 1e308, "tend_message_id": 99999999999999999999999}',
        b'{"event": "open", "timestamp": NaN, "big": 1e999, "int": ' + b"9" * 300 + b"}",
        b'{"event": "open", "timestamp": -5, "useragent": "\xff\xfe", "sg_machine_open": "perhaps"}',
        b'{"event": "open", "deep": ' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"event": "open", "sg_event_id": "' + b"x" * 5_000 + b'", "tend_message_id": "\\u00b2"}',
        b'{"event": "a new kind", "timestamp": 4102444800, "tend_message_id": true, "url": 5}',
        b"{}",
    ]
    for one in hostile:
        assert post(b"[" + one + b"]").json() == {"stored": 1, "seen_before": 0}
        assert post(b"[" + one + b"]").json() == {"stored": 0, "seen_before": 1}
    assert rows("SELECT count(*) FROM mail_event WHERE at > received_at OR message_id IS NOT NULL") == [(0,)]
    assert process_all_events(datetime.now(UTC) + LATER) == len(hostile)


@needs_real
def test_every_real_event_is_understood() -> None:
    known = [one["events"] for one in json.loads((REAL / "anymail_sendgrid_events.json").read_text())]
    documented = [
        one for one in json.loads((REAL / "sendgrid_docs_2021_events.json").read_text()) if isinstance(one, list)
    ]
    kinds = [[str(event.kind) for event in parse_events(orjson.dumps(batch), NOON)] for batch in [*known, *documented]]

    assert kinds[:8] == [
        ["processed"], ["delivered"], ["dropped"], ["dropped"], ["dropped"], ["bounced"], ["deferred"], ["opened"],
    ]  # fmt: skip
    assert kinds[10] == [
        *("processed", "deferred", "delivered", "opened", "clicked", "bounced", "dropped", "complained"),
        *("unsubscribed", "unsubscribed", "resubscribed"),
    ]
    assert [kind for batch in kinds for kind in batch if kind == "blocked"] == ["blocked"]
    assert "other" not in kinds[10]


def test_words_of_theirs_become_ours_once() -> None:
    mpp, plain, blocked, late = parse_events(
        orjson.dumps(
            [
                an_event("open", 7, sg_machine_open=True),
                an_event("open", 7, sg_machine_open=False, category=["a", "b"]),
                an_event("bounce", 7, type="blocked", reason="452 mailbox full"),
                an_event("delivered", None, NOON + DAY),
            ]
        ),
        NOON,
    )
    assert (mpp.is_machine, plain.is_machine, mpp.message_id) == (True, None, 7)
    assert (str(blocked.kind), blocked.reason) == ("blocked", "452 mailbox full")
    assert (late.at, late.message_id) == (NOON, None)


def test_events_without_an_id_are_known_by_what_they_say(database_url: str) -> None:
    event = an_event("open", 1)
    del event["sg_event_id"]
    assert post([event, dict(reversed(event.items())), event | {"timestamp": 1}]).json()["stored"] == 2


def test_the_same_events_posted_twice_at_once_and_in_other_orders_do_not_block_each_other(database_url: str) -> None:
    events = parse_events(orjson.dumps([an_event("delivered", n) for n in range(500)]), NOON)
    stored: list[int] = []

    def tell_some(order: int) -> None:
        for _ in range(5):
            with engine().begin() as connection:
                stored.append(store_events(connection, events[::order], NOON))

    telling = [threading.Thread(target=tell_some, args=[order]) for order in (1, -1)]
    for one in telling:
        one.start()
    for one in telling:
        one.join()
    assert (len(stored), sum(stored)) == (10, 500)


def test_while_the_database_is_away_sendgrid_is_asked_to_come_again(database_url: str) -> None:
    close_database(database_url)
    assert post([an_event("delivered")]).status_code == 503


def test_health_shows_when_something_came_in_last(database_url: str) -> None:
    assert browser().get("/health", headers=PROGRAM).json()["mail_events"]["says"] == "none has come in yet"
    post([an_event("delivered")])
    found = browser().get("/health", headers=PROGRAM).json()["mail_events"]
    assert (found["says"], found["uncounted"]) == ("the last came from sendgrid, 1 wait to be counted", 1)
    assert datetime.fromisoformat(found["last_received_at"]).date() == datetime.now(UTC).date()


# What it comes to when it is counted.


def test_whatever_order_it_comes_in_the_figures_are_the_same(database_url: str) -> None:
    parts = [("delivered", 3), ("open", 60), ("click", 90), ("spamreport", 600)]
    orders = list(permutations(parts))[::5]
    for number, order in enumerate(orders):
        mail = a_sent(contact=a_contact(f"{number}@acme.example.com"), state="unknown", sent_at=None)
        for word, seconds in order:
            receive_events(
                an_event(word, mail, NOON + seconds * SECOND, url="https://example.com" if word == "click" else None)
            )
    columns = "state, sent_at, delivered_at, opened_at, clicked_at, complained_at"
    moments = (NOON + seconds * SECOND for _, seconds in parts)
    assert set(rows(f"SELECT {columns} FROM message")) == {("sent", NOON, *moments)}
    per_contact = {
        tuple(found) for (found,) in rows("SELECT array_agg(name ORDER BY at) FROM event GROUP BY contact_id")
    }
    assert {tuple(sorted(names)) for names in per_contact} == {
        ("email_opened", "link_clicked", "spam_reported", "suppressed")
    }


def test_what_became_of_a_mail_that_nobody_knew_of_is_resolved(database_url: str) -> None:
    fates = dict.fromkeys(("processed", "delivered", "deferred", "open", "bounce"), "sent") | {"dropped": "failed"}
    found = {}
    for word in fates:
        mail = a_sent(contact=a_contact(f"{word}@acme.example.com"), state="unknown", sent_at=None, reason="no answer")
        receive_events(an_event(word, mail, NOON + SECOND, reason="Spam Content"))
        found[word] = message(mail)
    assert {word: row.state for word, row in found.items()} == fates
    assert found["dropped"].reason == "the provider dropped it: Spam Content"
    assert (found["delivered"].reason, found["bounce"].reason) == (None, "refused for the time being: Spam Content")
    assert found["processed"].sent_at == NOON


def test_dropping_comes_after_taking_and_arriving_proves_more_than_dropping(database_url: str) -> None:
    taken, arrived, waiting = (a_sent(contact=a_contact(f"{n}@acme.example.com")) for n in range(3))
    receive_events(an_event("dropped", taken, reason="Invalid"))
    receive_events(an_event("processed", taken))
    receive_events(an_event("dropped", arrived))
    receive_events(an_event("delivered", arrived))
    receive_events(an_event("delivered", waiting))
    receive_events(an_event("dropped", waiting))
    assert [message(mail).state for mail in (taken, arrived, waiting)] == ["failed", "sent", "sent"]


def test_a_mail_that_has_gone_out_is_not_sent_again(database_url: str) -> None:
    mail = a_sent(state="queued", sent_at=None)
    receive_events(an_event("processed", mail))
    assert message(mail).state == "sent"


def test_what_is_reported_of_a_mail_that_is_being_handed_over_waits_for_its_sender(database_url: str) -> None:
    mail = a_sent(state="sending", sent_at=None)
    receive_events(an_event("delivered", mail, NOON + SECOND))
    with engine().begin() as connection:
        assert next_events_due(connection) is None
        assert next_events_check(connection, NOON) == NOON + 5 * SECOND
        connection.execute(text("UPDATE message SET state = 'unknown'"))
    process_all_events(NOON + 2 * DAY)
    assert (message(mail).state, message(mail).delivered_at) == ("sent", NOON + SECOND)


def test_events_are_counted_five_seconds_after_they_came(database_url: str) -> None:
    with engine().begin() as connection:
        store_events(connection, parse_events(orjson.dumps([an_event("delivered", a_sent())]), NOON), NOON)
        assert next_events_due(connection) == next_events_check(connection, NOON) == NOON + 5 * SECOND
    processed = []
    for seconds in (4, 5, 6):
        with engine().begin() as connection:
            processed.append(process_mail_events(connection, NOON + seconds * SECOND))
    assert processed == [0, 1, 0]


def test_each_event_is_counted_once_by_two_at_once_and_through_a_crash(database_url: str) -> None:
    mails = [a_sent(contact=a_contact(f"{n}@acme.example.com")) for n in range(40)]
    events = [an_event("click", mail, NOON + HOUR, url=f"https://example.com/{mail}") for mail in mails]
    with engine().begin() as connection:
        store_events(connection, parse_events(orjson.dumps(events), NOON + DAY), NOON + DAY)
    killed = engine().connect()
    begun = killed.begin()
    assert process_mail_events(killed, NOON + 2 * DAY, limit=15) == 15
    with engine().connect() as other:
        pid = killed.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with pytest.raises(Exception, match=r"terminat|closed"):
        killed.exec_driver_sql("SELECT 1")
    begun.rollback()
    killed.close()
    found: list[int] = []

    def count_some() -> None:
        while one := _count_ten():
            found.append(one)

    counting = [threading.Thread(target=count_some) for _ in range(2)]
    for one in counting:
        one.start()
    for one in counting:
        one.join()
    assert sum(found) == 40
    assert rows("SELECT count(*), count(DISTINCT key), count(DISTINCT contact_id) FROM event") == [(40, 40, 40)]


def _count_ten() -> int:
    with engine().begin() as connection:
        return process_mail_events(connection, NOON + 2 * DAY, limit=10)


def test_the_stream_hears_of_opens_once_a_day_and_of_each_click(database_url: str) -> None:
    mail = a_sent()
    opens = [an_event("open", mail, NOON + hours * HOUR) for hours in (1, 2, 3, 26)]
    clicks = [an_event("click", mail, NOON + n * MINUTE, url="https://example.com/a") for n in (5, 5, 7)]
    other = an_event("click", mail, NOON + 5 * MINUTE, url="https://example.com/b")
    receive_events(*opens[1:], *clicks)
    receive_events(opens[0], other, an_event("click", mail, NOON + 7 * MINUTE, url="https://example.com/a"))
    names = [name for name, _ in emitted_events()]
    assert (names.count("email_opened"), names.count("link_clicked")) == (2, 4 - 1)
    assert message(mail).opened_at == NOON + HOUR
    [(key, at, data)] = rows("SELECT key, at, data FROM event WHERE data ->> 'url' LIKE '%b'")
    assert (key, at) == (f"mail:sendgrid:{other['sg_event_id']}", NOON + 5 * MINUTE)
    assert data == {"url": "https://example.com/b", "message": mail, "is_machine": False}


def test_a_scanner_leaves_the_mail_unread(database_url: str) -> None:
    mail = a_sent()
    receive_events(
        an_event("delivered", mail, NOON + 50 * SECOND),
        *(an_event("click", mail, NOON + MINUTE, url=f"https://example.com/{n}") for n in range(3)),
        an_event("open", mail, NOON + 9 * MINUTE, sg_machine_open=True),
    )
    assert (message(mail).clicked_at, message(mail).opened_at) == (None, None)
    assert rows("SELECT DISTINCT data ->> 'is_machine' FROM event") == [("true",)]
    reason = "3 links or more were followed within 2 seconds"
    assert rows("SELECT DISTINCT reason FROM mail_event WHERE kind = 'clicked' AND is_machine") == [(reason,)]


def test_what_cannot_be_ours_is_kept_and_does_nothing(database_url: str) -> None:
    receive_events(an_event("open"), an_event("click", 999), an_event("bounce"), an_event("weather", a_sent()))
    assert (emitted_events(), suppressed()) == ([], [None])
    assert rows("SELECT count(*) FROM mail_event WHERE processed_at IS NOT NULL") == [(4,)]


# Who gets no more mail.


@pytest.mark.parametrize(
    ("event", "reason", "heard"),
    [
        (
            {"event": "bounce", "type": "bounce", "reason": "550 unknown user"},
            "bounced",
            ["email_bounced", "suppressed"],
        ),
        ({"event": "bounce", "type": "blocked", "reason": "452 full"}, None, []),
        ({"event": "deferred"}, None, []),
        ({"event": "spamreport"}, "complained", ["spam_reported", "suppressed"]),
        ({"event": "unsubscribe"}, "unsubscribed", ["unsubscribed"]),
        ({"event": "group_unsubscribe"}, "unsubscribed", ["unsubscribed"]),
        ({"event": "dropped", "reason": "Bounced Address"}, "bounced", ["suppressed"]),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, "unsubscribed", ["unsubscribed"]),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "complained", ["suppressed"]),
        ({"event": "dropped", "reason": "Spam Content"}, None, []),
    ],
)
def test_who_is_held_back(database_url: str, event: dict[str, str], reason: str | None, heard: list[str]) -> None:
    receive_events(an_event(event["event"], a_sent(), **{k: v for k, v in event.items() if k != "event"}))
    assert (suppressed(), [name for name, _ in emitted_events()]) == ([reason], heard)


def test_a_dead_address_that_the_contact_has_left_and_a_colleagues_hold_nobody_back(database_url: str) -> None:
    ana = a_contact()
    receive_events(
        an_event("bounce", a_sent(contact=ana), email="ana@old.example.com"),
        an_event("bounce", a_sent(contact=ana, kind="task", key="task"), email="sarah@example.com"),
    )
    assert suppressed() == [None]
    assert rows("SELECT count(*) FROM message WHERE bounced_at IS NOT NULL") == [(2,)]


@pytest.mark.parametrize(
    ("days", "arrived_on", "reason"),
    [
        ((0, 4, 8, 12, 16), None, "bounced"),
        ((0, 1, 2, 3, 4), None, None),
        ((0, 4, 8, 12, 16), 9, None),
        ((0, 5, 10, 16), None, None),
    ],
)
def test_a_mailbox_that_takes_nothing_for_two_weeks_is_given_up(
    database_url: str, days: tuple[int, ...], arrived_on: int | None, reason: str | None
) -> None:
    ana = a_contact()
    for day in days:
        mail = a_sent(contact=ana, key=f"mail {day}")
        receive_events(an_event("bounce", mail, NOON + day * DAY, type="blocked"), now=NOON + 30 * DAY)
        if arrived_on is not None and day < arrived_on < day + 4:
            receive_events(
                an_event("delivered", a_sent(contact=ana, key="arrived"), NOON + arrived_on * DAY), now=NOON + 30 * DAY
            )
    assert suppressed() == [reason]


def test_their_last_word_counts_and_lifts_nothing_but_what_they_said(database_url: str) -> None:
    ana, bob, cy = (a_contact(f"{name}@acme.example.com") for name in ("ana", "bob", "cy"))
    of_ana, of_bob, of_cy = (a_sent(contact=contact) for contact in (ana, bob, cy))
    receive_events(
        an_event("group_resubscribe", of_ana, NOON + 2 * MINUTE), an_event("unsubscribe", of_ana, NOON + MINUTE)
    )
    receive_events(
        an_event("group_resubscribe", of_bob, NOON + MINUTE), an_event("unsubscribe", of_bob, NOON + 2 * MINUTE)
    )
    receive_events(an_event("spamreport", of_cy), an_event("group_resubscribe", of_cy, NOON + MINUTE))
    assert suppressed() == [None, "unsubscribed", "complained"]


# What programs do moves no journey.


async def waits_for_a_click(j: Journey) -> str:
    await j.send("first")
    return "read" if await j.wait_for("link_clicked:first", within=timedelta(weeks=1)) else "silent"


async def begun_by_a_click(j: Journey) -> str:
    await j.wait(timedelta(weeks=1))
    return "done"


def test_what_a_program_does_starts_resumes_and_ends_nothing(make_story: Callable[..., Story]) -> None:
    story = make_story(waits_for_a_click, ends_on={"link_clicked:shop": "bought"})
    definition = Definition("begun_by_a_click", begun_by_a_click, starts_on=("link_clicked",))
    story = Story({**story.definitions, definition.name: definition})
    ann = story.contact()
    story.start("waits_for_a_click", ann)
    for topic in ("first", "shop"):
        story.happens("link_clicked", topic, contact=ann, data={"is_machine": True})
    assert story.runs(ann) == [("waits_for_a_click", "waiting for link_clicked:first")]
    assert story.one("SELECT count(*) FROM event WHERE reacted_at IS NULL") == 0

    story.happens("link_clicked", "first", contact=ann, data={"is_machine": False})
    assert story.runs(ann)[0] == ("waits_for_a_click", "read")
    assert [journey for journey, _ in story.runs(ann)][1:] == ["begun_by_a_click"]


def test_a_turn_that_finds_what_a_program_did_does_not_take_it_for_an_answer(make_story: Callable[..., Story]) -> None:
    story = make_story(waits_for_a_click)
    ann = story.contact()
    story.start("waits_for_a_click", ann)
    story.write(
        "INSERT INTO event (name, topic, contact_id, data, at) VALUES ('link_clicked', 'first', :ann, :data, :at)",
        ann=ann,
        data='{"is_machine": true}',
        at=story.now,
    )
    story.write("UPDATE journey_run SET resume_at = :now", now=story.now + timedelta(weeks=1))
    with engine().begin() as connection:
        take_turn(connection, *_of(story, "waits_for_a_click"), story.now + timedelta(weeks=1))
    assert story.runs(ann) == [("waits_for_a_click", "silent")]


def _of(story: Story, journey: str) -> tuple[Definition, Mapping[str, Definition]]:
    return story.definitions[journey], story.definitions


def test_a_form_is_a_lead_whatever_its_fields_are_called(make_story: Callable[..., Story]) -> None:
    story = make_story(begun_by_a_click, starts_on=("form_submitted",))
    ann = story.contact()
    story.happens("form_submitted", "x", contact=ann, data={"is_machine": True})
    assert [journey for journey, _ in story.runs(ann)] == ["begun_by_a_click"]


def test_time_moved_by_hand_counts_too(make_story: Callable[..., Story]) -> None:
    story = make_story(waits_for_a_click)
    ann = story.contact()
    story.start("waits_for_a_click", ann)
    story.write("UPDATE message SET state = 'sent', sent_at = :now, template = 'first'", now=story.now)
    mail = story.one("SELECT id FROM message")
    at = story.now + HOUR
    with engine().begin() as connection:
        store_events(
            connection, parse_events(orjson.dumps([an_event("click", mail, at, url="https://example.com")]), at), at
        )
    counting = [chore for chore in SCHEDULED_JOBS if chore.perform is process_now]
    for moment in due_moments(story.now, story.now + DAY, counting):
        run_due(story.definitions, moment, counting)
        assert moment == at + 5 * SECOND
    assert story.runs(ann) == [("waits_for_a_click", "read")]
