"""What time brings besides the journeys, done by the hand that moves it: what the clock and the nights do otherwise."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from flows.operations.daily_follow_up import send_now
from flows.operations.remind_overdue import remind_now
from flows.operations.sound_alarms import sound_now
from flows.runtime.virtual_time import Chore
from models.database import engine
from models.playbook import current
from models.response.alarms import next_alarm
from models.response.daily_check import next_check
from models.scoring.fading import bring_to_today

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


CHORES = (
    # The night comes first: what is told of a morning is told with its scores.
    Chore(lambda connection, _: _next_night(connection), _let_scores_fade),
    Chore(lambda connection, _: connection.execute(REMINDER).scalar(), remind_now),
    Chore(lambda connection, _: next_alarm(connection), sound_now),
    Chore(next_check, send_now),
)
