"""Many bounces at once: one bad DNS record, or a mail server's bad hour, suppresses nobody and stops marketing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from models.database import engine
from models.mail.sending_pause import end_pause, open_pauses
from models.mail.server_answer import answer_excerpt
from models.mail.tracking import process_mail_events
from models.mail.tracking.bounces import keep_held, suppress_held
from models.mail.tracking.raw_events import store_events
from models.mail.tracking.sendgrid import parse_events
from models.playbook.mail import Bounces
from models.tables.message import PauseScope
from tests.support.database import rows
from tests.support.mail.mail_events import an_event, emitted_events
from tests.support.mail.outbox import NOON, a_contact, a_message
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DECIDE_AFTER = Bounces().decide_after + MINUTE

DEAD = {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 <ana@example.com> The account does not exist."}
SPF = {"type": "blocked", "status": "5.7.23", "reason": "550 5.7.23 SPF validation failed for brightwater.example.com"}


@pytest.fixture(autouse=True)
def the_business(database_url: str) -> None:
    apply_playbook()


def a_mailing(domain: str, mails: int, at: datetime = NOON, name: str = "mailing") -> list[int]:
    """Mails to so many people of a domain, handed over within some minutes."""
    sent = []
    for number in range(mails):
        email = f"p{number}@{domain}"
        found = rows(f"SELECT id FROM contact WHERE email = '{email}'")
        contact = found[0][0] if found else a_contact(email)
        moment = at + number * timedelta(seconds=1)
        about: dict[str, Any] = {"state": "sent", "sent_at": moment, "handed_at": moment}
        sent.append(a_message(contact, key=f"{name}:{email}", **about))
    return sent


def refuse(messages: Sequence[int], answer: dict[str, str], at: datetime = NOON + MINUTE) -> None:
    """The servers refuse these; the events come in at once and are processed."""
    address = dict(rows("SELECT m.id, contact.email FROM message m JOIN contact ON contact.id = m.contact_id"))
    events = [an_event("bounce", message, at, **answer | {"email": address[message]}) for message in messages]
    with engine().begin() as connection:
        store_events(connection, parse_events(orjson.dumps(events), at + MINUTE), at + MINUTE)
    process(at + 2 * MINUTE)


def process(at: datetime) -> None:
    with engine().begin() as connection:
        process_mail_events(connection, at)


def suppressed() -> int:
    return int(rows("SELECT count(*) FROM contact WHERE suppressed = 'bounced'")[0][0])


def pause() -> str | None:
    with engine().connect() as connection:
        found = open_pauses(connection).get(PauseScope.MARKETING)
        return found.reason if found else None


def test_a_server_that_forgets_its_users_for_an_hour_suppresses_none_of_them() -> None:
    a_mailing("example.org", 50)
    refuse(a_mailing("bigmail.example", 40), DEAD)
    assert "40 of" in str(pause())
    assert "ana@" not in str(pause())
    process(NOON + HOUR)
    assert (suppressed(), emitted_events()) == (0, [])
    assert rows("SELECT DISTINCT decision FROM mail_event") == [("held",)]


def test_managers_are_told_once_of_a_burst_with_what_the_servers_said() -> None:
    mails = a_mailing("bigmail.example", 40)
    refuse(mails[:20], DEAD)
    refuse(mails[20:], DEAD)
    process(NOON + HOUR)
    told = rows("SELECT to_address, data ->> 'answers' FROM message WHERE template = 'team/many_bounces'")
    assert len({address for address, _ in told}) == len(told) > 0
    assert all("does not exist" in answers and "ana@" not in answers for _, answers in told)


def test_one_bad_record_of_ours_stops_marketing_and_suppresses_nobody_however_long_it_lasts() -> None:
    for day in range(20):
        at = NOON + day * timedelta(days=1)
        refuse(a_mailing("example.org", 12, at, f"mailing {day}"), SPF, at + MINUTE)
        process(at + HOUR)
        assert "SPF" in str(pause())
    assert suppressed() == 0


def test_a_few_dead_addresses_in_a_hundred_are_suppressed_each_after_a_quarter_of_an_hour() -> None:
    for day in range(3):
        at = NOON + day * timedelta(days=1)
        mails = [one for part in range(20) for one in a_mailing(f"firm{part}.example", 10, at, f"mailing {day}")]
        refuse(mails[day::20], DEAD, at + MINUTE)
        assert suppressed() == 10 * day
        process(at + MINUTE + DECIDE_AFTER + MINUTE)
        assert suppressed() == 10 * (day + 1)
    assert pause() is None
    assert {name for name, _ in emitted_events()} == {"email_bounced", "suppressed"}


def test_a_list_of_which_two_in_five_are_dead_stops_and_a_person_says_that_they_are() -> None:
    mails = [one for part in range(10) for one in a_mailing(f"firm{part}.example", 5)]
    refuse(mails[::5] + mails[1::5], DEAD)
    process(NOON + HOUR)
    assert ("20 of 50 mails" in str(pause()), suppressed()) == (True, 0)
    with engine().begin() as connection:
        assert suppress_held(connection, [f"firm{part}.example" for part in range(10)], NOON + HOUR, "nora") == 20
        assert end_pause(connection, PauseScope.MARKETING, "nora", NOON + HOUR)
    assert (suppressed(), pause()) == (20, None)
    assert [name for name, _ in emitted_events()].count("email_bounced") == 20


def test_who_says_that_they_are_not_to_blame_keeps_them_and_a_later_bounce_counts() -> None:
    refuse(a_mailing("bigmail.example", 40), DEAD)
    process(NOON + HOUR)
    with engine().begin() as connection:
        assert keep_held(connection, ["bigmail.example"]) == 40
        end_pause(connection, PauseScope.MARKETING, "nora", NOON + HOUR)
    later = NOON + 26 * HOUR
    again = a_mailing("bigmail.example", 40, later, "again")
    refuse(again[:3], DEAD, later + MINUTE)
    process(later + HOUR)
    assert (suppressed(), pause()) == (3, None)


def test_what_was_suppressed_before_the_burst_was_known_is_lifted() -> None:
    mails = a_mailing("bigmail.example", 30)
    refuse(mails[:8], DEAD)
    process(NOON + MINUTE + DECIDE_AFTER + MINUTE)
    assert suppressed() == 8
    refuse(mails[8:], DEAD, NOON + 30 * MINUTE)
    process(NOON + HOUR)
    assert (suppressed(), pause() is not None) == (0, True)


def test_bounces_told_a_day_late_and_in_any_order_are_seen_as_one_burst() -> None:
    mails = a_mailing("bigmail.example", 30)
    late = NOON + 20 * HOUR
    for message in reversed(mails):
        refuse([message], DEAD, late)
    process(late + HOUR)
    assert suppressed() == 0


def test_a_person_lets_marketing_go_on_and_what_came_before_does_not_stop_it_again() -> None:
    mails = a_mailing("example.org", 40)
    refuse(mails[:30], SPF)
    with engine().begin() as connection:
        end_pause(connection, PauseScope.MARKETING, "nora", NOON + 10 * MINUTE)
    refuse(mails[30:], SPF, NOON + 11 * MINUTE)
    assert pause() is None
    at = NOON + HOUR
    refuse(a_mailing("example.org", 40, at, "again"), SPF, at)
    assert pause() is not None


def test_an_address_that_takes_mail_after_all_is_kept() -> None:
    [mail] = a_mailing("example.org", 1)
    refuse([mail], DEAD)
    with engine().begin() as connection:
        connection.execute(text("UPDATE message SET delivered_at = :at"), {"at": NOON + 5 * MINUTE})
    process(NOON + HOUR)
    assert suppressed() == 0


def test_a_mail_server_that_is_down_for_weeks_suppresses_nobody() -> None:
    down = {"type": "blocked", "status": "5.4.7", "reason": "550 5.4.7 delivery expired, connection timed out"}
    for day in range(0, 20, 4):
        at = NOON + day * timedelta(days=1)
        refuse(a_mailing("example.org", 12, at, f"mailing {day}"), down, at + MINUTE)
        process(at + HOUR)
    assert (suppressed(), pause()) == (0, None)


def test_what_reports_put_before_an_answer_is_not_shown() -> None:
    assert answer_excerpt("smtp; 550 5.1.1 <ana@example.com> user unknown").startswith("550 5.1.1")
    assert answer_excerpt("X-Postfix; unknown user: ana").startswith("unknown user")
    assert answer_excerpt("550 no smtp; bye") == "550 no smtp; bye"


def test_who_follows_the_mail_at_once_reads_that_the_bounces_are_being_collected() -> None:
    assert "No bounce waits for a decision" in browser().get("/bounces").text
    refuse(a_mailing("bigmail.example", 12), DEAD)
    shown = browser().get("/bounces").text
    assert "12 bounces have just come in" in shown
    assert "No bounce waits for a decision" not in shown


def test_the_page_says_what_is_held_and_a_person_decides() -> None:
    refuse(a_mailing("bigmail.example", 12), DEAD)
    refuse(a_mailing("other.example", 14), DEAD)
    process(NOON + HOUR)
    shown = browser().get("/bounces").text
    assert all(part in shown for part in ("bigmail.example", "does not exist", "Marketing has been stopped"))
    assert "ana@" not in shown
    assert "<b>26</b> bounces are held" in browser().get("/").text

    browser().post("/bounces/suppress", data={"domain": "bigmail.example"})
    browser().post("/bounces/resume")
    assert (suppressed(), pause()) == (12, None)
    browser().post("/bounces/keep", data={"domain": ["other.example"]})
    assert suppressed() == 12
    assert "No bounce waits for a decision" in browser().get("/bounces").text
