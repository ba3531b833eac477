"""Managers are mailed when marketing is paused, and when mail goes out again after a long pause of all of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.mail.managers import manager_addresses
from models.mail.sending_pause import Pause, begin_pause, end_pause
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import Playbook, current_playbook
from models.tables.message import PauseScope
from models.wording import duration, moment

WORTH_A_MAIL = timedelta(minutes=15)
"""Shorter pauses are those of every network; nobody has to know."""

QUEUED = text("SELECT count(*) FROM message WHERE state = 'queued' AND due_at <= :now")


def pause_marketing(
    connection: Connection, reason: str, template: str, data: Mapping[str, object], now: datetime
) -> bool:
    """Pause marketing until a person ends it, and mail managers why by this template; gives whether that is new.

    Answers, tasks and mail to staff still go out. The caller commits.
    """
    is_new = begin_pause(connection, PauseScope.MARKETING, reason, now)
    if is_new:
        _mail_managers(connection, current_playbook(connection), template, now, data, now)
    return is_new


def pause_refused_marketing(connection: Connection, reason: str, now: datetime) -> bool:
    """Pause marketing that the mailer refuses mail after mail; gives whether that is new. The caller commits."""
    data = {"reason": reason, "since": moment(now, current_playbook(connection).company.time_zone), "page": "/"}
    return pause_marketing(connection, reason, "team/marketing_paused", data, now)


def resume_sending(connection: Connection, scope: PauseScope, by: str, now: datetime) -> Pause | None:
    """End a pause, and mail managers what it was if all mail waited for long; None if nothing was paused.

    The caller commits.
    """
    pause = end_pause(connection, scope, by, now)
    if pause is not None and scope is PauseScope.ALL and now - pause.began_at >= WORTH_A_MAIL:
        playbook = current_playbook(connection)
        data = {
            "reason": pause.reason,
            "since": moment(pause.began_at, playbook.company.time_zone),
            "lasted": duration(now - pause.began_at),
            "waiting": connection.execute(QUEUED, {"now": now}).scalar_one(),
            "by": by,
            "page": "/messages",
        }
        _mail_managers(connection, playbook, "team/sending_resumed", pause.began_at, data, now)
    return pause


def _mail_managers(
    connection: Connection,
    playbook: Playbook,
    template: str,
    began_at: datetime,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    """Mail everybody who leads a team, once for a pause that began at this moment."""
    key = f"{template}:{began_at.isoformat()}"
    mails = [
        StaffMail(key=f"{key}:{to}", to_address=to, template=template, data=data) for to in manager_addresses(playbook)
    ]
    queue_staff_mail(connection, mails, now)
