"""Putting a task off, giving it to a colleague, and the mail that an outcome sends, shown before the report."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from models import MessageKind
from models.access.work_link import TaskLink
from models.contacts.interactions import log_note
from models.database import engine
from models.mail.rendering.email import EmailDraft, RenderContext, render_email
from models.mail.rendering.links import links_to
from models.mail.rendering.sample import recipients
from models.playbook import current_playbook
from models.tasks.handover import move_open_tasks
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, OUTCOMES, a_contact, a_rep, a_run, a_task, browser

pytestmark = pytest.mark.usefixtures("database_url")
DAY = timedelta(days=1)
FRIDAY = (NOW + 4 * DAY).date().isoformat()
QUALIFIED, TRY_AGAIN = OUTCOMES


@pytest.fixture
def sarah() -> int:
    apply_playbook()
    return a_rep(time_zone="America/New_York")


@pytest.fixture
def task(sarah: int) -> int:
    ana = a_contact(owner_id=sarah)
    run = a_run(ana, resume_at=NOW + 7 * DAY, status="waiting", waiting_events=["task_done:1"])
    return a_task(ana, run, rep_id=sarah, reminders=2, remind_at=NOW, form=["call_summary"])


def path(task: int, rep: int) -> str:
    return f"/tasks/{TaskLink(task, rep, 0).token}"


def events() -> list[tuple[str, str, str]]:
    return rows("SELECT name, data ->> 'reason', data ->> 'by' FROM event ORDER BY id")


def test_a_task_is_put_off_until_the_day_that_the_lead_named(sarah: int, task: int) -> None:
    was_due = rows("SELECT due_at FROM task")[0][0]
    given = {"until": FRIDAY, "at": "10:30", "reason": "On holiday until then"}
    assert [browser().post(f"{path(task, sarah)}/snooze", data=given).status_code for _ in "12"] == [303, 303]

    [(due, remind, reminders)] = rows("SELECT due_at, remind_at, reminders FROM task")
    assert due == datetime.fromisoformat(f"{FRIDAY}T15:30:00+00:00")
    assert (remind, reminders) == (due, 0)
    assert rows("SELECT resume_at FROM journey_run") == [(NOW + 7 * DAY + (due - was_due),)]
    assert events() == [("task_snoozed", "On holiday until then", "sarah@example.com")]


@pytest.mark.parametrize(
    ("until", "at", "reason"),
    [
        ("", "09:00", "x"),
        ("2020-01-01", "09:00", "x"),
        ("9999-12-31", "09:00", "x"),
        ("tomorrow", "", "x"),
        (FRIDAY, "25:99", "x"),
        (FRIDAY, "09:00", "  "),
        (FRIDAY, "09:00", "x" * 501),
    ],
)
def test_a_day_that_is_none_or_a_missing_reason_changes_nothing(
    sarah: int, task: int, until: str, at: str, reason: str
) -> None:
    given = {"until": until, "at": at, "reason": reason}
    answer = browser().post(f"{path(task, sarah)}/snooze", data=given)
    assert (answer.status_code, 'role="alert"' in answer.text, events()) == (422, True, [])


def test_a_day_that_is_over_is_said_as_people_say_it(sarah: int, task: int) -> None:
    given = {"until": "2020-11-01", "at": "09:00", "reason": "x"}
    assert "1 Nov 2020, 09:00 EST is over" in browser().post(f"{path(task, sarah)}/snooze", data=given).text
    put_off = browser().post(f"{path(task, sarah)}/snooze", data={"until": FRIDAY, "at": "09:00", "reason": "x"})
    assert "It is put off" in browser().get(put_off.headers["location"]).text


def test_a_colleague_gets_the_task_with_a_mail_and_the_lead_stays(sarah: int, task: int) -> None:
    john = a_rep(name="John Okafor", email="john@example.com")
    given = {"to": str(john), "reason": "Speaks Spanish"}
    assert browser().post(f"{path(task, sarah)}/delegate", data=given).status_code == 303

    assert rows("SELECT rep_id, assignee, reminders FROM task") == [(john, "john@example.com", 0)]
    assert rows("SELECT to_address, data ->> 'from_colleague' FROM message") == [("john@example.com", "Sarah Miller")]
    assert rows("SELECT owner_id FROM contact") == [(sarah,)]
    assert events() == [("task_delegated", "Speaks Spanish", "Sarah Miller")]
    assert browser().post(f"{path(task, sarah)}/delegate", data=given).status_code == 409
    with engine().begin() as connection:
        assert move_open_tasks(connection, [1], NOW) == 0
    write("UPDATE rep SET active = false WHERE id = :john", john=john)
    with engine().begin() as connection:
        assert move_open_tasks(connection, [1], NOW) == 1


def test_a_task_can_be_given_only_to_whoever_is_there(sarah: int, task: int) -> None:
    gone = a_rep(name="Gone", email="gone@example.com", active=False)
    for nobody in (str(gone), str(sarah), "999", "x", ""):
        answer = browser().post(f"{path(task, sarah)}/delegate", data={"to": nobody, "reason": "x"})
        assert (answer.status_code, "Nobody was chosen" in answer.text) == (422, True)
    assert events() == []


def test_the_mail_after_an_outcome_is_shown_with_what_was_typed_and_reports_nothing(sarah: int, task: int) -> None:
    write('UPDATE task SET mails = \'{"Had Call: Qualified Lead": ["lead_qualification/after_call"]}\'')
    page = browser().get(path(task, sarah)).text
    assert "sends them a mail" in page

    given = {"outcome": QUALIFIED, "call_summary": "You lose <one> lead in five.", "notes": "ours alone"}
    shown = browser().post(f"{path(task, sarah)}/mail", data=given).text
    assert "You lose &lt;one&gt; lead in five." in shown
    assert shown.count("ours alone") == 1  # in the hidden field that keeps it, not in the mail
    assert rows("SELECT done_at FROM task") == [(None,)]
    changed = browser().post(f"{path(task, sarah)}/change", data=given).text
    assert "ours alone" in changed


def test_a_mail_after_a_talk_says_nothing_that_nobody_said(sarah: int, task: int) -> None:
    write('UPDATE contact SET custom = \'{"challenge": "Customer loyalty", "goal": "Grow"}\'')
    write('UPDATE task SET mails = \'{"Had Call: Qualified Lead": ["lead_qualification/after_call"]}\'')
    shown = browser().post(f"{path(task, sarah)}/mail", data={"outcome": QUALIFIED}).text
    assert "Good to talk" in shown
    # Whoever tries a link of the lead's would decide for them.
    assert ("/unsubscribe/" in shown, "(their own link)" in shown) == (False, True)
    for claim in ("take from it", "loyalty", "Grow", "What happens next"):
        assert claim not in shown.partition('<form method="post"')[0]


def test_notes_of_100_kilobytes_are_refused_and_kept_and_html_in_notes_is_text(sarah: int, task: int) -> None:
    long = browser().post(path(task, sarah), data={"outcome": QUALIFIED, "notes": "kept" + "x" * 100_000})
    assert (long.status_code, ">kept" in long.text) == (422, True)
    browser().post(path(task, sarah), data={"outcome": QUALIFIED, "notes": "<script>alert(1)</script>"})
    page = browser().get(path(task, sarah)).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_task_that_is_over_is_neither_put_off_nor_given_away(sarah: int, task: int) -> None:
    browser().post(path(task, sarah), data={"outcome": QUALIFIED})
    count = rows("SELECT count(*) FROM event")
    for act, given in (("snooze", {"until": FRIDAY, "reason": "x"}), ("delegate", {"to": "1", "reason": "x"})):
        assert browser().post(f"{path(task, sarah)}/{act}", data=given).status_code == 409
    assert rows("SELECT count(*) FROM event") == count


def test_moments_are_in_the_salespersons_zone_with_its_name(sarah: int, task: int) -> None:
    write("UPDATE task SET due_at = :at", at=datetime(2026, 1, 15, 15, 30, tzinfo=UTC))
    assert "15 Jan 2026, 10:30 EST" in browser().get(path(task, sarah)).text


def test_a_task_that_goes_from_hand_to_hand_stays_overdue_and_its_manager_hears_of_it(sarah: int, task: int) -> None:
    john = a_rep(name="John Okafor", email="john@example.com")
    late = datetime.now(UTC) - timedelta(minutes=5)
    write("UPDATE task SET due_at = :late, remind_at = :late", late=late)
    browser().post(f"{path(task, sarah)}/delegate", data={"to": str(john), "reason": "Speaks Spanish"})
    [(due, reminders)] = rows("SELECT due_at, reminders FROM task")
    assert (due > late, reminders) == (True, 0)

    write("UPDATE task SET due_at = :late, remind_at = :late, reminders = 2", late=late)
    browser().post(f"{path(task, john)}/delegate", data={"to": str(sarah), "reason": "Away from tomorrow"})
    assert rows("SELECT rep_id, due_at, remind_at, reminders FROM task") == [(sarah, late, late, 2)]


def test_whoever_gets_a_task_reads_what_was_said_last(sarah: int, task: int) -> None:
    john = a_rep(name="John Okafor", email="john@example.com")
    with engine().begin() as connection:
        log_note(connection, 1, "Call after <four>.", "Sarah Miller", "k", NOW)
        lead = {"contact": 1, "rep": john}
        connection.execute(text("UPDATE contact SET owner_id = :rep WHERE id = :contact"), lead)
        assert move_open_tasks(connection, [1], NOW) == 1
    browser().post(f"{path(task, john)}/delegate", data={"to": str(sarah), "reason": "Is back"})
    said = {"by": "Sarah Miller", "text": "Call after <four>."}
    assert rows("SELECT data -> 'said' FROM message ORDER BY id") == [(said,), (said,)]
    with engine().connect() as connection:
        playbook, recipient = current_playbook(connection), recipients(connection, [1])[1]
    told = {"id": task, "name": "first call", "assignee": "john@example.com", "due_at": NOW, "data": {"said": said}}
    draft = EmailDraft(
        message_id=1,
        key="k",
        kind=MessageKind.TASK,
        template="lead_qualification/call_lead",
        to_address="john@example.com",
        data={"said": said},
        contact=recipient.contact,
        owner=recipient.owner,
        form=recipient.form,
        task=told,
        answers={},
        reply={},
    )
    context = RenderContext(playbook=playbook, links=links_to("https://tend.example.com"), at=NOW, own_tracking=False)
    assert "Said last, Sarah Miller: “Call after <four>.”" in " ".join(render_email(draft, context).text.split())
