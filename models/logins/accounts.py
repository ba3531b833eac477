"""The logins of this installation: who has one, with which role, and what keeps the last one from being locked out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.access.session import end_all_sessions, end_shared_sessions
from models.tables.access.login import Role

LOGIN = "SELECT id, name, email, role, password_hash, invited_at, invited_by, password_set_at, seen_at, disabled_at, \
link_number, link_expires_at FROM login"

LIST = text(f"{LOGIN} ORDER BY disabled_at IS NOT NULL, lower(name), id")
BY_ID = text(f"{LOGIN} WHERE id = :id")
BY_EMAIL = text(f"{LOGIN} WHERE email = :email")

ADD = text("""
INSERT INTO login (name, email, role, invited_by, invited_at) VALUES (:name, :email, :role, :by, :now)
ON CONFLICT (email) DO NOTHING RETURNING id
""")

SET_ROLE = text("UPDATE login SET role = :role WHERE id = :id")
DISABLE = text("UPDATE login SET disabled_at = :now, link_expires_at = NULL WHERE id = :id AND disabled_at IS NULL")
ENABLE = text("UPDATE login SET disabled_at = NULL WHERE id = :id")

# One at a time: two who take the role from each other at the same moment would leave nobody.
LOCK = text("SELECT disabled_at IS NULL FROM secret WHERE name = 'ops password' FOR UPDATE")

OTHERS = text("""
SELECT EXISTS (SELECT FROM login WHERE role = 'set up' AND password_hash IS NOT NULL AND disabled_at IS NULL
               AND id <> :but)
""")

ANY = text("SELECT EXISTS (SELECT FROM login WHERE password_hash IS NOT NULL AND disabled_at IS NULL)")

SHARED_IS_ON = text("SELECT disabled_at IS NULL FROM secret WHERE name = 'ops password'")
SET_SHARED = text("UPDATE secret SET disabled_at = :disabled_at WHERE name = 'ops password'")


class LoginProblem(ValueError):
    """Why a login is not changed, in a sentence for whoever wanted it."""


@dataclass(frozen=True)
class Account:
    """A login as it stands."""

    id: int
    name: str
    email: str
    role: Role
    password_hash: str | None
    invited_at: datetime
    invited_by: str
    password_set_at: datetime | None
    seen_at: datetime | None
    disabled_at: datetime | None
    link_number: int
    link_expires_at: datetime | None

    @property
    def is_active(self) -> bool:
        """Whether they can log in."""
        return self.password_hash is not None and self.disabled_at is None

    def has_link(self, now: datetime) -> bool:
        """Whether a link that sets their password works now."""
        return self.link_expires_at is not None and self.link_expires_at > now


def list_accounts(connection: Connection) -> list[Account]:
    """All of them by name, those that are disabled last."""
    return [_account(row) for row in connection.execute(LIST)]


def find_account(connection: Connection, number: int) -> Account | None:
    """The login with this number."""
    row = connection.execute(BY_ID, {"id": number}).one_or_none()
    return _account(row) if row else None


def find_account_by_email(connection: Connection, email: str) -> Account | None:
    """The login with this address, however it is written."""
    row = connection.execute(BY_EMAIL, {"email": email.strip().lower()}).one_or_none()
    return _account(row) if row else None


def add_account(connection: Connection, name: str, email: str, role: Role, by: str, now: datetime) -> Account:
    """A login without a password yet. Raises LoginProblem where the address has one. The caller commits."""
    about = {"name": name, "email": email.lower(), "role": role, "by": by, "now": now}
    number = connection.execute(ADD, about).scalar()
    found = find_account(connection, number) if number else None
    if found is None:
        raise LoginProblem(f"{email} has a login already. Change its role, or send its link again, in the list.")
    return found


def change_role(connection: Connection, number: int, role: Role) -> None:
    """Give a login another role, from its next page on. Raises LoginProblem where nobody could set up. The caller
    commits.
    """
    if role is not Role.SET_UP:
        _leave_somebody(connection, number)
    connection.execute(SET_ROLE, {"id": number, "role": role})


def disable_account(connection: Connection, number: int, now: datetime) -> None:
    """End their sessions and let them in no more. Raises LoginProblem where nobody could set up. The caller commits."""
    _leave_somebody(connection, number)
    connection.execute(DISABLE, {"id": number, "now": now})
    end_all_sessions(connection, number)


def enable_account(connection: Connection, number: int) -> None:
    """Let them in again, with their password. The caller commits."""
    connection.execute(ENABLE, {"id": number})


def has_accounts(connection: Connection) -> bool:
    """Whether anybody can log in by a password of their own."""
    return bool(connection.execute(ANY).scalar_one())


def is_shared_password_on(connection: Connection) -> bool:
    """Whether the password that all share opens the pages."""
    return bool(connection.execute(SHARED_IS_ON).scalar_one())


def turn_off_shared_password(connection: Connection, now: datetime) -> None:
    """Let the shared password open nothing, and end its sessions. Raises LoginProblem where nobody else could set up.
    The caller commits.
    """
    connection.execute(LOCK)
    if not connection.execute(OTHERS, {"but": 0}).scalar_one():
        raise LoginProblem(
            "Nobody has a login with the role “set up” and a password yet, so nobody could get in. Invite somebody "
            "first."
        )
    connection.execute(SET_SHARED, {"disabled_at": now})
    end_shared_sessions(connection)


def turn_on_shared_password(connection: Connection) -> None:
    """Let the shared password open the pages again. The caller commits."""
    connection.execute(SET_SHARED, {"disabled_at": None})


def _leave_somebody(connection: Connection, but: int) -> None:
    is_shared_on = connection.execute(LOCK).scalar_one()
    if not is_shared_on and not connection.execute(OTHERS, {"but": but}).scalar_one():
        raise LoginProblem(
            "This is the only login with the role “set up”, and the shared password is off, so nobody could get in any "
            "more. Give somebody else that role first."
        )


def _account(row: object) -> Account:
    values = row._asdict()  # type: ignore[attr-defined]
    return Account(**values | {"role": Role(values["role"])})
