"""`./tend invite` and `./tend logins`: the first login of an installation, and who has one."""

from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import database_address, use_database
from deployments.stack.stack_record import use_pages
from models.access.audit import Act, record
from models.database import engine
from models.logins.accounts import (
    LoginProblem,
    add_account,
    find_account_by_email,
    is_shared_password_on,
    list_accounts,
)
from models.logins.password_link import mail_invitation
from models.logins.typed import UnreadableLogin, read_email, read_name
from models.tables.access.login import Role
from models.wording import date_and_time

BY = "ops at the command line"


def invite(email: str, role: str, name: str | None) -> str:
    """Make a login, or send its link again, and mail it; gives sentences with the link.

    Raises CommandError for an address or a role that is none, and while the database is down.
    """
    now = datetime.now(UTC)
    try:
        address, chosen = read_email(email), Role(role)
        called = read_name(name or address.partition("@")[0])
    except UnreadableLogin as error:
        raise CommandError(str(error)) from None
    except ValueError:
        raise CommandError(f"There is no role {role!r}. There are: {', '.join(map(repr, map(str, Role)))}.") from None
    # The link is signed by the key of the database that runs, and leads to the pages that run.
    use_database()
    use_pages()
    with engine().begin() as connection:
        account = find_account_by_email(connection, address)
        if account and account.disabled_at:
            raise CommandError(f"The login of {address} is disabled. Somebody with the role 'set up' enables it.")
        if account and account.password_hash:
            raise CommandError(f"{address} has a login with a password already. The page Logins changes its role.")
        try:
            account = account or add_account(connection, called, address, chosen, BY, now)
        except LoginProblem as error:
            raise CommandError(str(error)) from None
        link = mail_invitation(connection, account, BY, now)
        action = f"invited {account.name} with the role “{account.role}”"
        record(connection, Act(who=BY, action=action, path="./tend invite", data={"email": address}), now)
    return (
        f"{account.name} is invited with the role “{account.role}”; a mail with this link is on its way:\n{link.url}\n"
        f"It works once, until {date_and_time(link.expires_at.astimezone())}."
    )


def print_logins(console: Console) -> None:
    """All logins as a table. Raises CommandError while the database is down."""
    with engine(_address()).connect() as connection:
        accounts, shared = list_accounts(connection), is_shared_password_on(connection)
    table = Table("Name", "Address", "Role", "State", "Last here")
    for one in accounts:
        state = "disabled" if one.disabled_at else "active" if one.password_hash else "invited"
        seen = date_and_time(one.seen_at.astimezone()) if one.seen_at else "never"
        table.add_row(one.name, one.email, str(one.role), state, seen)
    if accounts:
        console.print(table)
    else:
        console.print("Nobody has a login yet: ./tend invite EMAIL --role 'set up'")
    console.print(f"The password that all share is {'on' if shared else 'off'}.")


def _address() -> str:
    address, is_up = database_address()
    if not is_up:
        raise CommandError("Logins lie in the database, which is down. ./tend up starts it.")
    return address
