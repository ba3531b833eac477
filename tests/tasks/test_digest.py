"""The morning digest: once a working day, as the day begins where somebody is, with what is late and what is due."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from flows.operations.mail.deliver_messages import withdrawal_reason
from models.database import engine, to_json
from models.tasks.digest import next_digest, send_digests
from tests.support.database import rows, write
from tests.support.lead_response import HOUR, a_business, team_mails
from tests.support.mail.outbox import NOON, a_contact, a_rep, a_task
from tests.support.reps import SARAH

pytestmark = pytest.mark.usefixtures("database_url")
MIDNIGHT = NOON - 12 * HOUR
"""The Monday begins in New York."""
NINE = MIDNIGHT + 9 * HOUR


def send(now: datetime) -> int:
    with engine().begin() as connection:
        return send_digests(connection, now)


def begin(**settings: object) -> None:
    """People who work from nine to five, whose mornings are known since the Sunday before."""
    playbook = a_business()
    if settings:
        from models.playbook import apply

        tasks = playbook.tasks.model_copy(update=settings)
        with engine().begin() as connection:
            apply(connection, playbook.model_copy(update={"tasks": tasks}))
    assert send(MIDNIGHT - HOUR) == 0


def test_it_comes_once_as_the_working_day_begins_with_what_is_late_first() -> None:
    begin()
    a_task(a_contact(first_name="Due"), due_at=NINE + 5 * HOUR)
    a_task(a_contact("late@example.com", first_name="Late"), due_at=NINE - 20 * HOUR)
    a_task(a_contact("later@example.com"), due_at=NINE + 30 * HOUR)

    sent = [hour for hour in range(24) if send(MIDNIGHT + hour * HOUR)]

    assert sent == [9]
    ((to, data),) = team_mails("digest")
    assert (to, data["count"], data["late"], data["day"]) == (SARAH, 2, 1, "Monday 2 March")
    assert [(line["who"], line["due"]) for line in data["lines"]] == [
        ("Late", "Sunday 1 March, 13:00 EST"),
        ("Due", "14:00 EST"),
    ]


def test_the_clock_knows_when_the_next_is_due_and_takes_weekends_and_holidays_out() -> None:
    begin()
    with engine().connect() as connection:
        assert next_digest(connection) == NINE
    friday = NINE + timedelta(days=4)
    for days in range(5):
        send(NINE + timedelta(days=days))
    with engine().connect() as connection:
        # The clocks of New York go forward on that weekend.
        assert next_digest(connection) == friday + timedelta(days=3) - HOUR


def test_who_has_nothing_to_do_gets_none() -> None:
    begin()
    assert send(NINE) == 0


def test_who_is_away_gets_none_until_they_are_back() -> None:
    begin()
    a_task(a_contact(), due_at=NINE)
    away = "INSERT INTO absence (rep_id, first_day, last_day) VALUES (:rep, '2026-03-02', '2026-03-03')"
    write(away, rep=a_rep())

    sent = [hour for hour in range(72) if send(MIDNIGHT + hour * HOUR)]

    assert sent == [48 + 9]


def test_two_clocks_and_a_restart_send_one() -> None:
    begin()
    a_task(a_contact(), due_at=NINE)
    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(send, [NINE, NINE])) == [0, 1]
    write("UPDATE rep SET digest_at = :now", now=NINE)
    assert send(NINE + HOUR) == 0
    assert len(team_mails("digest")) == 1


def test_after_an_outage_of_half_a_day_it_is_left_out() -> None:
    begin()
    a_task(a_contact(), due_at=NINE)
    assert send(NINE + 6 * HOUR) == 0
    assert send(NINE + 24 * HOUR) == 1


def test_each_has_it_in_their_own_morning_also_who_works_around_the_clock() -> None:
    begin()
    a_task(a_contact(), due_at=NINE - 24 * HOUR)
    write(
        "UPDATE rep SET time_zone = 'Europe/Berlin', hours = NULL, digest_at = NULL WHERE email = :email", email=SARAH
    )

    sent = [hour for hour in range(24) if send(MIDNIGHT + hour * HOUR)]

    # Eight in Berlin is two in the night in New York.
    assert sent == [2]


def test_the_playbook_switches_it_off() -> None:
    begin(digest=False)
    a_task(a_contact(), due_at=NINE)
    assert send(NINE) == 0


def test_who_has_left_gets_none() -> None:
    begin()
    a_task(a_contact(), due_at=NINE)
    write("UPDATE rep SET active = false")
    assert send(NINE) == 0
    assert rows("SELECT count(*) FROM message") == [(0,)]


def test_a_day_with_fifty_tasks_shows_the_first_and_says_how_many_there_are() -> None:
    begin()
    for number in range(50):
        a_task(a_contact(f"{number}@example.com"), due_at=NINE + timedelta(minutes=number))
    send(NINE)
    ((_, data),) = team_mails("digest")
    assert (data["count"], len(data["lines"]), data["more"]) == (50, 20, 30)


def test_whoever_works_past_midnight_gets_it_as_the_shift_begins() -> None:
    begin()
    write("UPDATE rep SET hours = :hours", hours=to_json({"mon-fri": "00:00-06:00, 22:00-24:00"}))
    a_task(a_contact(first_name="Due"), due_at=MIDNIGHT + 47 * HOUR)
    tuesday = [hour for hour in range(25, 48) if send(MIDNIGHT + hour * HOUR)]
    assert tuesday == [46]


def test_one_that_did_not_go_out_that_day_is_withdrawn() -> None:
    begin()
    a_task(a_contact(), due_at=NINE + HOUR)
    send(NINE)
    row = {"kind": "team", "template": "team/digest", "queued_at": NINE, "offer_over": False, "offer_expires_at": None}
    assert withdrawal_reason(row, NINE + 11 * HOUR) is None
    assert "a day that is over" in str(withdrawal_reason(row, NINE + 13 * HOUR))
