"""The page Who did what: the audit, filtered by person, contact, words and days; as a table and as CSV."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection, text

from models.access.audit import AuditFilter, AuditLine, read_audit, who_acted
from models.database import engine, id_list
from models.display_name import DISPLAY_NAME
from web.frame.csv_response import csv_response
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate
from web.frame.typed_text import searchable
from web.frame.who import acting

router = APIRouter(prefix="/audit", dependencies=[Depends(require_ops)])

MOST_IN_FILE = 50_000
NOTHING = "nothing"
HEADINGS = ("at", "who", "what", "contact", "page", "network address", "details")

NAMES = text(f"SELECT id, {DISPLAY_NAME} AS who FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))")


@dataclass(frozen=True)
class Asked:
    """What somebody filters by, as they typed it."""

    who: str = ""
    q: str = ""
    contact: int | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None

    @property
    def kept(self) -> dict[str, str | int]:
        """What goes along to the next page."""
        given = {"who": self.who, "q": self.q, "contact": self.contact, "since": self.since, "until": self.until}
        return {name: value if isinstance(value, int) else str(value) for name, value in given.items() if value}

    def filter(self) -> AuditFilter:
        """The same for the database. Days are those of UTC."""
        return AuditFilter(
            contact_id=self.contact,
            who=self.who or None,
            words=searchable(self.q) if self.q.strip() else None,
            since=_midnight(self.since),
            until=_midnight(self.until, timedelta(days=1)),
            before=self.before,
        )


def _asked(
    who: Annotated[str, Query(max_length=200)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    contact: Annotated[str, Query(max_length=20)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    before: BeforeId = None,
) -> Asked:
    number = int(contact) if contact.isascii() and contact.isdigit() and len(contact) < 19 else None
    return Asked(who.strip(), q, number, _day(since), _day(until), before)


Filter = Annotated[Asked, Depends(_asked)]


@router.get("")
def show_audit(request: Request, asked: Filter) -> Response:
    """The newest of what people did."""
    with engine().connect() as connection:
        lines, older = paginate(_for(request, read_audit(connection, asked.filter(), AT_ONCE + 1)))
        people, names = who_acted(connection), _names(connection, lines)
    return page(request, "logins/audit.html", lines=lines, older=older, asked=asked, people=people, names=names)


@router.get("/audit.csv")
def download_audit(request: Request, asked: Filter) -> Response:
    """The same as a file, up to 50,000 rows."""
    with engine().connect() as connection:
        lines = _for(request, read_audit(connection, asked.filter(), MOST_IN_FILE))
    return csv_response("who did what", HEADINGS, (_row(line) for line in lines))


def _for(request: Request, lines: list[AuditLine]) -> list[AuditLine]:
    """Whoever may only look does not read from where others work, nor the addresses of their logins."""
    if acting(request).may("work"):
        return lines
    return [replace(line, network_address=None, data={}, changes=()) for line in lines]


def _row(line: AuditLine) -> list[Any]:
    changed = [f"{one.what} from {one.before or NOTHING} to {one.after or NOTHING}" for one in line.changes]
    details = ", ".join(changed + [f"{name}: {value}" for name, value in line.data.items()])
    return [line.at, line.who, line.action, line.contact_id, line.path, line.network_address, details]


def _names(connection: Connection, lines: Any) -> dict[int, str]:
    contacts = {line.contact_id for line in lines if line.contact_id is not None}
    found = connection.execute(NAMES, {"contacts": id_list(contacts)})
    return {row.id: row.who for row in found}


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _midnight(day: date | None, later: timedelta = timedelta(0)) -> datetime | None:
    return None if day is None or day.year >= 9999 else datetime.combine(day, time(), UTC) + later
