"""What time brings besides the journeys, done by the hand that moves it: what the clock and the nights do otherwise."""

import asyncio
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from blocks.local_mailbox import LocalMailbox
from flows.operations.mail.ask_about_unknown import ask_now, next_question
from flows.operations.mail.count_mail_events import count_now
from flows.operations.mail.deliver_messages import deliver_due
from flows.operations.mail.fulfilment_lists import send_lists_now
from flows.operations.tasks.daily_follow_up import send_now
from flows.operations.tasks.remind_overdue import remind_now
from flows.operations.tasks.sound_alarms import sound_now
from flows.runtime.virtual_time import Chore
from models.database import engine
from models.fulfilment.send_lists import next_list
from models.mail.claim import next_due as next_message
from models.mail.tracking import next_count
from models.playbook import current
from models.response.alarms import next_alarm
from models.response.daily_check import next_check
from models.scoring.nightly import bring_to_today

OLDEST = text("SELECT min(scored_on) FROM contact")

REMINDER = text("SELECT min(remind_at) FROM task WHERE done_at IS NULL AND closed_at IS NULL")


def _next_night(connection: Connection) -> datetime | None:
    """The midnight at which the oldest score fades; None while nothing does."""
    oldest = connection.execute(OLDEST).scalar()
    if oldest is None:
        return None
    return datetime.combine(oldest + timedelta(days=1), time(), ZoneInfo(current(connection).company.time_zone))


def _let_scores_fade(now: datetime) -> None:
    for _ in bring_to_today(engine(), now):
        pass


def deliver_now(now: datetime) -> None:
    """What is due goes to the local mailbox, as far as the rules for mail allow."""
    asyncio.run(deliver_due(LocalMailbox(), now))


CHORES = (
    # The night comes first: what is told of a morning is told with its scores.
    Chore(lambda connection, _: _next_night(connection), _let_scores_fade),
    Chore(lambda connection, _: connection.execute(REMINDER).scalar(), remind_now),
    Chore(lambda connection, _: next_alarm(connection), sound_now),
    Chore(next_check, send_now),
    Chore(lambda connection, _: next_count(connection), count_now),
    Chore(next_list, send_lists_now),
    Chore(lambda connection, _: next_question(connection), ask_now),
    # Mail that waits for its hours, or until its contact may get one again.
    Chore(lambda connection, _: next_message(connection), deliver_now),
)
