"""Jobs that become due while the demo's virtual time passes: what the clock and the nightly flows do in real time."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from blocks.local_mailbox import LocalMailbox
from flows.operations.mail.ask_about_unknown import next_notice, notify_now
from flows.operations.mail.count_mail_events import process_now
from flows.operations.mail.deliver_messages import deliver_due
from flows.operations.mail.fulfilment_lists import send_lists_now
from flows.operations.tasks.ask_feedback import ask_feedback_now
from flows.operations.tasks.daily_follow_up import send_checks_now
from flows.operations.tasks.remind_overdue import send_reminders_now
from flows.operations.tasks.report_mails import send_report_mails_now
from flows.operations.tasks.sound_alarms import send_alerts_now
from flows.runtime.virtual_time import ScheduledJob
from models.database import engine
from models.feedback.send import next_feedback_due
from models.fulfilment.send_lists import next_list_at
from models.kpi.mails import next_report_mail
from models.kpi.run import run_report
from models.mail.claim import next_due as next_message
from models.mail.tracking import next_events_due
from models.playbook import current_playbook
from models.response.alerts import next_alert
from models.response.daily_check import next_check
from models.scoring.nightly import decay_all_scores

REPORT_AT = time(0, 40)
"""When the report is counted, by the company's clock, as prefect.yaml has it."""

EACH_NIGHT = timedelta(weeks=2)
"""For how long before the present there is a report of each night."""

LAST_REPORT = text("SELECT max(known_at) FROM kpi_run")

OLDEST = text("SELECT min(scored_on) FROM contact")

REMINDER = text("SELECT min(remind_at) FROM task WHERE done_at IS NULL AND closed_at IS NULL")


def _next_night(connection: Connection) -> datetime | None:
    """The midnight at which the oldest scores decay next; None while no score does."""
    oldest = connection.execute(OLDEST).scalar()
    if oldest is None:
        return None
    return datetime.combine(
        oldest + timedelta(days=1), time(), ZoneInfo(current_playbook(connection).company.time_zone)
    )


def _next_report(connection: Connection, now: datetime) -> datetime | None:
    """The first is due at once; of the weeks that are long past there is one a week, so that the demo does not take
    longer, and of the last ones one each night, as in real time.
    """
    last = connection.execute(LAST_REPORT).scalar()
    if last is None:
        return now
    zone = ZoneInfo(current_playbook(connection).company.time_zone)
    days = 1 if last > datetime.now(UTC) - EACH_NIGHT else 7
    return datetime.combine(last.astimezone(zone).date() + timedelta(days=days), REPORT_AT, zone)


def _report(now: datetime) -> None:
    run_report(engine(), now)


def _decay_scores(now: datetime) -> None:
    for _ in decay_all_scores(engine(), now):
        pass


def deliver_now(now: datetime) -> None:
    """Deliver due mails to the local mailbox, as far as the rules for mail allow."""
    asyncio.run(deliver_due(LocalMailbox(), now))


SCHEDULED_JOBS = (
    # Scores of the new day come first: mails of the morning show them.
    ScheduledJob(lambda connection, _: _next_night(connection), _decay_scores),
    ScheduledJob(_next_report, _report),
    ScheduledJob(next_report_mail, send_report_mails_now),
    ScheduledJob(lambda connection, _: connection.execute(REMINDER).scalar(), send_reminders_now),
    ScheduledJob(lambda connection, _: next_alert(connection), send_alerts_now),
    ScheduledJob(lambda connection, _: next_feedback_due(connection), ask_feedback_now),
    ScheduledJob(next_check, send_checks_now),
    ScheduledJob(lambda connection, _: next_events_due(connection), process_now),
    ScheduledJob(next_list_at, send_lists_now),
    ScheduledJob(lambda connection, _: next_notice(connection), notify_now),
    # Mail that waits for its hours, or until its contact may get one again.
    ScheduledJob(lambda connection, _: next_message(connection), deliver_now),
)
