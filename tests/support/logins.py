"""Logins for tests of pages, and browsers that have logged in with them."""

from datetime import UTC, datetime
from functools import cache

from models import Login, Role
from models.access.password import hash_password
from models.access.session import Opener, open_session
from models.access.token import sign_token
from models.database import engine
from tests.support.database import rows
from tests.support.web_pages import Browser, add, browser
from web.frame.who import PURPOSE, SESSION_COOKIE
from web.logins.network_guesses import wrong_guesses

PASSWORD = "weather kettle plum 7"
WORLD = "https://tend.example.com"


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


def a_login(role: Role = Role.WORK, name: str = "Nora Lindqvist", **columns: object) -> int:
    """Somebody who has set PASSWORD."""
    now = datetime.now(UTC)
    email = f"{name.split()[0].lower()}@example.com"
    stored = {"email": email, "password_hash": _hash(), "password_set_at": now, "invited_by": "ops", "invited_at": now}
    return add(Login, **{"name": name, "role": role, **stored} | columns)


def browser_of(login: int, address: str = WORLD) -> Browser:
    """A browser on which somebody has logged in, wherever they are."""
    made = browser(address)
    with engine().begin() as connection:
        token = open_session(connection, datetime.now(UTC), Opener(login_id=login))
    made.cookies.set(SESSION_COOKIE, sign_token(PURPOSE, token))
    return made


def logged_in_as(role: Role, name: str = "Nora Lindqvist") -> Browser:
    """A browser of somebody with this role, somewhere else than at this machine."""
    return browser_of(a_login(role, name))


def log_in(visitor: Browser, password: str = PASSWORD, email: str = "nora@example.com") -> int:
    """Try to log in; the status of the answer."""
    return visitor.post("/login", data={"email": email, "password": password}).status_code


def mailed_path() -> str:
    """The path of the link in the newest mail."""
    path: str = rows("SELECT data ->> 'path' FROM message ORDER BY id DESC LIMIT 1")[0][0]
    return path


def begin_counting_guesses() -> None:
    """As a process that has just begun counts them."""
    wrong_guesses.__init__()  # type: ignore[misc]
