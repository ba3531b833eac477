"""How the daily check reads, as a mail and as a page, and the other mails to managers beside it."""

import asyncio
from datetime import datetime

import pytest

from flows.operations.mail.deliver_messages import deliver_due
from models.database import engine
from models.mail.rendering.email import RenderedEmail
from models.response.orphaned_leads import find_orphaned_leads, notify_managers
from models.tasks.reminders import send_reminders
from tests.support.daily_check import END, call_some, four_leads, the_day
from tests.support.lead_response import (
    DAY,
    HOUR,
    MINUTE,
    NORA,
    remove_owner,
    report,
    send_daily_checks,
    send_due_alerts,
    team_mails,
)
from tests.support.mail.outbox import NOON, FakeMailer
from tests.support.story import Story
from tests.support.web_pages import browser


@pytest.fixture
def story(database_url: str) -> Story:
    return four_leads()


def letters(now: datetime) -> list[RenderedEmail]:
    """What the mailer is handed."""
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, now))
    return mailer.sent


def test_the_mail_can_be_read_by_everybody(story: Story) -> None:
    call_some(story)
    send_daily_checks(END)

    found = {letter.subject.partition(",")[0]: letter for letter in letters(END) if letter.to_address == NORA}
    check = found["Inbound"]
    followed = the_day().total.followed_up
    assert check.subject == f"Inbound, Monday 2 March: {followed} of 4 leads followed up"
    for said in (
        "Sarah Miller",
        "100%",
        "Mike Brandt",
        "0%",
        "Not followed up yet",
        "overdue",
        "The working day before",
    ):
        assert said in check.text
    assert "/follow-up?team=Inbound&amp;date=2026-03-02" in check.html
    assert found["Client Care"].subject == "Client Care, Monday 2 March: no new leads"
    assert not any("None" in letter.text or "Undefined" in letter.text for letter in found.values())


def test_every_mail_to_a_manager_can_be_written(story: Story) -> None:
    story.write("UPDATE contact SET company = 'Acme <Joinery>', last_name = NULL WHERE first_name = 'ann'")
    story.write(
        "UPDATE journey_run SET status = 'stuck', stuck_reason = 'a mail was missing' WHERE journey <> 'feedback'"
    )
    send_due_alerts(NOON + HOUR)
    with engine().begin() as connection:
        send_reminders(connection, NOON + 2 * DAY)
        notify_managers(connection, find_orphaned_leads(connection, END), END)

    found = {letter.subject: letter for letter in letters(END) if letter.to_address == NORA}
    assert sorted(found) == [
        "4 leads need a person",
        "4 leads, and nobody has tried to reach them yet",
        "4 overdue tasks of your people",
    ]
    for mail in found.values():
        assert "ann" in mail.text
        assert "Acme <Joinery>" in mail.text
        assert "None" not in mail.text
        assert 'href="http://127.0.0.1:8000/contacts/' in mail.html


def test_a_hundred_percent_stands_out(story: Story) -> None:
    for (contact,) in story.rows("SELECT id FROM contact"):
        report("first call", "Had Call: Not Interested", contact, NOON + MINUTE)
    send_daily_checks(END)

    (check,) = [letter for letter in letters(END) if letter.subject.startswith("Inbound")]
    assert "100%: every lead of the day was followed up." in check.text
    assert "Not followed up yet" not in check.text


def test_leads_of_nobody_are_read_by_every_manager(story: Story) -> None:
    eva = story.contact("eva@example.com", first_name="Eva")
    story.happens("form_submitted", "request-call", contact=eva)
    remove_owner(story, eva)

    for team in ("Inbound", "Client Care"):
        assert [claim.who for claim in the_day(team=team).unowned] == ["Eva"]


def test_the_page_has_the_figures_of_the_mail(story: Story) -> None:
    call_some(story)
    send_daily_checks(END)
    (_, data), _ = team_mails("daily_check")

    shown = browser().get(data["path"])
    assert shown.status_code == 200
    total = data["total"]
    for said in (
        f"<b>{total['leads']}</b>",
        f"<b>{total['percent_followed_up']}%</b>",
        "Sarah Miller",
        "Not followed up yet",
    ):
        assert said in shown.text


@pytest.mark.parametrize("query", ["team=Nobody", "date=2026-02-30", "date=soon", "date=1999-12-31", "date=9999-12-31"])
def test_a_day_that_cannot_be_shown_is_told_in_a_sentence(story: Story, query: str) -> None:
    answer = browser().get(f"/follow-up?{query}")

    assert answer.status_code == 404
    assert "follow-up" in answer.text or "2026-03-31" in answer.text


def test_a_day_off_is_shown_as_the_working_day_it_belongs_to(story: Story) -> None:
    assert "Monday 9 March" in browser().get("/follow-up?team=Inbound&date=2026-03-07").text
