"""`tend secrets`: what people and programs log in with, and how one of them is replaced."""

from datetime import UTC, datetime

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import database_address, use_database
from deployments.stack.prefect_login import known_prefect_login, renew_prefect_login
from deployments.stack.stack_record import use_pages
from models.access.session import end_shared_sessions
from models.access.token import read_secret, replace_secret
from models.access.work_link import renew_link, worker
from models.database import engine
from models.logins.accounts import turn_on_shared_password
from models.mail.rendering.links import web_url
from models.team.typed_rep import NoSuchRep, typed_rep

IN_DATABASE = ("api key", "ops password")
"""Those that people use; the key that signs links never leaves the database."""
PREFECT_LOGIN = "prefect login"
NAMES = (*IN_DATABASE, PREFECT_LOGIN)
AFTERWARDS = {
    "api key": "Programs that post need it from now on.",
    "ops password": "Whoever got in by it has to log in again; it is switched on.",
}


def read_secrets(name: str | None = None) -> dict[str, str]:
    """All by name, or only one. Raises CommandError for a name that there is not, and while the database is down."""
    wanted = NAMES if name is None else (_known(name),)
    found = {each: value for each in wanted if each == PREFECT_LOGIN and (value := known_prefect_login())}
    if set(wanted) & set(IN_DATABASE):
        with engine(_address()).connect() as connection:
            found = {each: read_secret(connection, each) for each in wanted if each in IN_DATABASE} | found
    if name and name not in found:
        raise CommandError("Prefect has no login yet: ./tend up makes one when others reach the pages.")
    return found


def renew_secret(name: str | None) -> str:
    """Replace one; a sentence with what it is now, and what that ends. Raises CommandError as read_secrets does."""
    if _known(name or "") == PREFECT_LOGIN:
        login = renew_prefect_login()
        return f"{PREFECT_LOGIN} is now {login}, once ./tend up has started again. Clocks on other machines need it."
    with engine(_address()).begin() as connection:
        value = replace_secret(connection, str(name))
        if name == "ops password":
            end_shared_sessions(connection)
            # Whoever sits at this machine gets in again, should the last login be lost.
            turn_on_shared_password(connection)
    return f"{name} is now {value}. {AFTERWARDS[str(name)]}"


def work_link(typed: str, *, renew: bool) -> str:
    """The link to the page of whoever has this name, number or email; `renew` ends all links from before.

    Raises CommandError for nobody, for whoever has left, and while the database is down.
    """
    # The link is signed by the key of the database that runs, and leads to the pages that run.
    use_database()
    use_pages()
    with engine().begin() as connection:
        try:
            rep = typed_rep(connection, typed)
        except NoSuchRep as error:
            raise CommandError(str(error)) from None
        if renew:
            renew_link(connection, rep, datetime.now(UTC))
        found = worker(connection, rep)
        if found is None or not found.active:
            raise CommandError(f"{typed} works here no more, so there is no link.")
    return f"{web_url()}{found.path}"


def _known(name: str) -> str:
    if name not in NAMES:
        raise CommandError(f"There is no secret {name!r}. There are: {', '.join(map(repr, NAMES))}.")
    return name


def _address() -> str:
    address, is_up = database_address()
    if not is_up:
        raise CommandError("The secrets lie in the database, which is down. ./tend up starts it.")
    return address
