"""Links that set a password, by mail: the invitation, and what replaces a forgotten password. Each works once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.access.ops_names import MANAGER, name_in_mail
from models.access.session import end_all_sessions
from models.access.token import ForgedToken, sign_token, verify_token
from models.logins.accounts import Account, find_account
from models.mail.rendering.links import web_url
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import NoPlaybook, current_playbook
from models.wording import duration, moment

PURPOSE = "password"
LARGEST = 2**31
"""Numbers in a link of ours are smaller."""
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)
RESET_EVERY = timedelta(minutes=5)
"""How often somebody who asks for links gets another one: nobody's mailbox is filled by others."""
INVITATION, RESET = "team/login_invitation", "team/login_reset"
LETS_IN = (INVITATION, RESET)
"""Templates of mails whose links let somebody in."""

RENEW = text("""
UPDATE login SET link_number = link_number + 1, link_expires_at = :expires_at
WHERE id = :id AND disabled_at IS NULL RETURNING link_number
""")

# By the index of mails to staff.
MAILED_JUST_NOW = text("""
SELECT EXISTS (SELECT FROM message WHERE kind IN ('task', 'team') AND queued_at > :since AND template = :template
               AND to_address = :email)
""")

USE = text("""
UPDATE login SET password_hash = :hash, password_set_at = :now, link_number = link_number + 1, link_expires_at = NULL
WHERE id = :id AND link_number = :number AND link_expires_at > :now AND disabled_at IS NULL
""")

CHANGE = text("""
UPDATE login SET password_hash = :hash, password_set_at = :now, link_expires_at = NULL WHERE id = :id
""")


class UsedLink(ForgedToken):
    """This link was used, was replaced by a newer one, or is too old. Ask for another one on the login page."""


@dataclass(frozen=True)
class SentLink:
    """A link that was mailed."""

    path: str
    expires_at: datetime

    @property
    def url(self) -> str:
        """The whole address, as it stands in the mail."""
        return f"{web_url()}{self.path}"


def mail_invitation(connection: Connection, account: Account, by: str, now: datetime) -> SentLink:
    """Mail somebody the link that sets their first password; earlier ones work no more. The caller commits."""
    return _mail(
        connection, account, INVITATION, INVITATION_LASTS, {"by": None if name_in_mail(by) == MANAGER else by}, now
    )


def mail_reset(connection: Connection, account: Account, now: datetime) -> SentLink | None:
    """Mail somebody a link that replaces their password; None where one was mailed just now, or none may be.

    A link that works for a good while yet is mailed again: whoever asks for links of others ends none of theirs. The
    caller commits.
    """
    if account.disabled_at or (account.has_link(now) and not account.is_active):
        return None
    about = {"since": now - RESET_EVERY, "template": RESET, "email": account.email}
    if connection.execute(MAILED_JUST_NOW, about).scalar_one():
        return None
    expires_at = account.link_expires_at
    if expires_at is not None and expires_at - now >= RESET_LASTS / 2:
        return _queue(connection, account, RESET, account.link_number, expires_at, {}, now)
    return _mail(connection, account, RESET, RESET_LASTS, {}, now)


def read_link(connection: Connection, token: str, now: datetime) -> Account:
    """Whose password a link sets. Raises ForgedToken for one that is not ours, UsedLink for one that works no more."""
    number, link = _read(token)
    account = find_account(connection, number)
    if account is None or account.disabled_at or account.link_number != link or not account.has_link(now):
        raise UsedLink(UsedLink.__doc__)
    return account


def use_link(connection: Connection, token: str, stored: str, now: datetime) -> Account:
    """Set the password of which `stored` is the hash, and end all sessions of the login.

    Raises as `read_link`; of two at once one is too late. The caller commits.
    """
    account = read_link(connection, token, now)
    about = {"id": account.id, "number": account.link_number, "hash": stored, "now": now}
    if not connection.execute(USE, about).rowcount:
        raise UsedLink(UsedLink.__doc__)
    end_all_sessions(connection, account.id)
    return account


def change_password(connection: Connection, number: int, stored: str, now: datetime) -> None:
    """Set another password, of which `stored` is the hash, and end all sessions of the login.

    The caller has checked the old one, and commits.
    """
    connection.execute(CHANGE, {"id": number, "hash": stored, "now": now})
    end_all_sessions(connection, number)


def _read(token: str) -> tuple[int, int]:
    value: Any = verify_token(PURPOSE, token)
    match value:
        case [int(number), int(link)] if max(abs(number), abs(link)) < LARGEST:
            return number, link
    raise ForgedToken(ForgedToken.__doc__)


def _mail(
    connection: Connection, account: Account, template: str, lasts: timedelta, data: dict[str, Any], now: datetime
) -> SentLink:
    about = {"id": account.id, "expires_at": now + lasts}
    number = connection.execute(RENEW, about).scalar()
    if number is None:
        raise UsedLink(UsedLink.__doc__)
    return _queue(connection, account, template, number, now + lasts, data, now)


def _queue(
    connection: Connection,
    account: Account,
    template: str,
    number: int,
    expires_at: datetime,
    data: dict[str, Any],
    now: datetime,
) -> SentLink:
    """Queue the mail with a link; once for each moment."""
    link = SentLink(f"/password/{sign_token(PURPOSE, [account.id, number])}", expires_at)
    data |= {"name": account.name, "path": link.path, "role": str(account.role)}
    data |= {"lasts": duration(expires_at - now), "until": moment(expires_at, _zone(connection))}
    key = f"password:{account.id}:{number}:{now.timestamp():.0f}"
    mail = StaffMail(key=key, to_address=account.email, template=template, data=data)
    queue_staff_mail(connection, [mail], now)
    return link


def _zone(connection: Connection) -> str:
    try:
        return current_playbook(connection).company.time_zone
    except NoPlaybook:
        return "UTC"
