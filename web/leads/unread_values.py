"""What could not be read of leads that were taken, for ops: as it came, and a form to say what was meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.database import engine
from models.display_name import DISPLAY_NAME
from models.leads.intake.unread_repair import can_be_typed, repair, set_aside
from models.leads.unread import field_label
from models.playbook import current_playbook
from models.values.readers.bad_value import BadValue
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate
from web.frame.typed_text import UnreadableText, validate_text
from web.frame.who import acting
from web.leads.repair_counts import repair_counts

router = APIRouter(prefix="/unread", dependencies=[Depends(require_ops)])

LONGEST_NAME = 100
SHOWN = 500
"""Letters of a value that the list shows; the contact's page has all of them."""

UNREAD = text(f"""
    SELECT u.id, u.contact_id, {DISPLAY_NAME} AS who, u.field, left(u.found, {SHOWN}) AS found, u.expected,
           u.received_at, u.repaired_at, u.repaired_by
    FROM unread_value u JOIN contact ON contact.id = u.contact_id
    WHERE (u.repaired_at IS NOT NULL) = :repaired AND (CAST(:before AS bigint) IS NULL OR u.id < :before)
    ORDER BY u.id DESC LIMIT :at_once + 1
""")


@dataclass(frozen=True)
class UnreadLine:
    """One value in the list."""

    id: int
    contact_id: int
    who: str
    field: str
    found: str
    expected: str
    received_at: datetime
    repaired_at: datetime | None
    repaired_by: str | None

    @property
    def alternatives(self) -> list[str]:
        """The fields that a typed value can be for; the source's own id is nothing to type."""
        return [name for name in self.field.split("|") if name != "key"]


@router.get("")
def show_unread(request: Request, repaired: bool = False, before: BeforeId = None) -> Response:
    """The newest values that wait for somebody to read them, or those that somebody was done with."""
    with engine().connect() as connection:
        return _list_page(request, connection, repaired=repaired, before=before)


@router.post("", dependencies=[Depends(require_role("work"))])
def repair_unread(
    request: Request,
    number: Annotated[Sequence[int], Form()] = (),
    field: Annotated[Sequence[str], Form()] = (),
    value: Annotated[Sequence[str], Form()] = (),
    aside: Annotated[Sequence[int], Form()] = (),
    by: Annotated[str, Form()] = "",
    shown: Annotated[Sequence[int], Form()] = (),
    aside_all: Annotated[str, Form()] = "",
) -> Response:
    """Save what was filled in, and put aside what was ticked; what still cannot be read is shown again.

    With `aside_all` all that were shown are put aside, but for those that were filled in.
    """
    if aside_all == "true":
        filled = {one for one, given in zip(number, value, strict=False) if given.strip()}
        aside = sorted({*aside, *shown} - filled)
    now, problems, typed = datetime.now(UTC), dict[int, str](), dict(zip(number, value, strict=False))
    with engine().begin() as connection:
        playbook = current_playbook(connection)
        name, repaired = _name(by, request), list[int]()
        for one in aside:
            set_aside(connection, one, name, now)
        for one, wanted, given in zip(number, field, value, strict=False):
            if given.strip() and one not in aside:
                try:
                    repair(connection, playbook, one, wanted, validate_text(given, "Values", longest=10_000), name, now)
                except BadValue as error:
                    problems[one] = error.for_people
                except UnreadableText as error:
                    problems[one] = str(error)
                else:
                    repaired.append(one)
        if aside or repaired:
            about = {"repaired": _numbers(repaired), "set aside": _numbers(aside)}
            audit(connection, request, "said what unread values mean", data=about)
    if not problems:
        return RedirectResponse("/unread", 303)
    with engine().connect() as connection:
        return _list_page(request, connection, problems=problems, typed=typed, by=by)


def _numbers(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))


def _name(by: str, request: Request) -> str:
    """The name of their login; without one that which was typed."""
    who = acting(request)
    if who.login_id is not None:
        return who.name
    try:
        return validate_text(by, "Names", longest=LONGEST_NAME) or "ops"
    except UnreadableText:
        return "ops"


def _list_page(
    request: Request,
    connection: Connection,
    *,
    repaired: bool = False,
    before: int | None = None,
    problems: Mapping[int, str] | None = None,
    typed: Mapping[int, str] | None = None,
    by: str = "",
) -> Response:
    playbook = current_playbook(connection)
    about = {"repaired": repaired, "before": before, "at_once": AT_ONCE}
    lines, older = paginate([UnreadLine(**line) for line in connection.execute(UNREAD, about).mappings()])
    return page(
        request,
        "leads/unread.html",
        status=422 if problems else 200,
        lines=lines,
        older=older,
        repaired=repaired,
        counts=repair_counts(connection),
        problems=problems or {},
        typed=typed or {},
        by=by,
        labels={name: field_label(name, playbook) for line in lines for name in (line.field, *line.alternatives)},
        typable={line.id for line in lines if can_be_typed(line.field, playbook)},
        sources=sorted(playbook.sources),
    )
