"""The list of contacts: filtered by a condition, searched, sorted, with the columns that one chose, and as files."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.conditions.parse import BadCondition
from models.contacts.views.columns import ListColumn
from models.contacts.views.conditions import field_kinds
from models.contacts.views.find import PATIENCE_MS, ListPage, TooSlow, read_page, select_rows
from models.contacts.views.known import known_words
from models.contacts.views.order import BadStart, Place, read_place
from models.contacts.views.saved import read_view, read_views
from models.database import engine
from web.contacts.list.asked import Asked, read_asked
from web.contacts.list.builder import Criteria, Row, read_criteria, shown_criteria, write_condition
from web.contacts.list.form import as_chosen, filter_form
from web.frame.audit import audit
from web.frame.csv_response import csv_response, rows_of_query
from web.frame.login import require_ops
from web.frame.moments import last_company_zone
from web.frame.pages import page
from web.frame.who import acting
from web.frame.xlsx_response import Sheet, SheetColumn, xlsx_response

router = APIRouter(dependencies=[Depends(require_ops)])

TOO_SLOW = (
    f"To find these contacts takes longer than {PATIENCE_MS // 1_000} seconds. Ask for less at once: add a condition "
    "that fits few, such as a stage, an owner or the day they came, or sort by when they came."
)
BAD_START = "The list has no such place: it may have been cut off when it was copied. Go to its first page."


@router.get("/contacts")
def show_contacts(request: Request) -> Response:
    """Those who fit, a page at a time; a form that was filled in becomes a condition first."""
    with engine().connect() as connection:
        asked = _read(connection, request)
        if "build" in request.query_params:
            return _build(request, connection, asked)
        if asked.view and asked.kept == {"view": asked.view}:
            return _open_view(request, connection, asked)
        return _show(request, connection, asked)


@router.get("/contacts.csv")
def contacts_as_csv(request: Request) -> Response:
    """All who fit, with the columns of the list."""
    asked, columns = _download(request, "CSV")
    return csv_response("contacts", ["Number", *(column.title for column in columns)], _rows(asked, columns))


@router.get("/contacts.xlsx")
def contacts_as_xlsx(request: Request) -> Response:
    """The same as a workbook."""
    asked, columns = _download(request, "a workbook")
    headings = [SheetColumn("Number"), *(SheetColumn(column.title) for column in columns)]
    return xlsx_response("contacts", [Sheet("Contacts", headings, _rows(asked, columns))], last_company_zone.read())


def _read(connection: Connection, request: Request) -> Asked:
    given = request.query_params
    return read_asked(known_words(connection), given, given.getlist("columns"))


def _open_view(request: Request, connection: Connection, asked: Asked) -> Response:
    """What was saved stands in the address from then on, where it can be changed."""
    view = read_view(connection, int(asked.view), acting(request).login_id)
    if view is None:
        raise HTTPException(404, "There is no such view (any more), or it is somebody else's alone.")
    saved = {"where": view.condition, "q": view.search, "sort": view.sort, "view": asked.view}
    opened = read_asked(asked.known, saved, view.columns)
    return _show(request, connection, opened)


def _build(request: Request, connection: Connection, asked: Asked) -> Response:
    given, kinds = request.query_params, field_kinds(asked.known)
    rows = [
        Row(*each)
        for each in zip(given.getlist("field"), given.getlist("comparison"), given.getlist("value"), strict=False)
    ]
    criteria = read_criteria(as_chosen(asked, given), rows, given.get("rest", ""))
    try:
        where = write_condition(criteria, kinds)
    except BadCondition as error:
        return _page(request, connection, asked, criteria, str(error))
    return RedirectResponse(asked.path(where=where), 303)


def _show(request: Request, connection: Connection, asked: Asked) -> Response:
    start: Place | None = None
    found: ListPage | None = None
    problem = None
    try:
        start = read_place(request.query_params.get("after", ""), asked.sorted_by)
        columns = [asked.all_columns["who"], *asked.chosen, *_beside(asked)]
        found = read_page(connection, asked.found, columns, start, look_at_all=_looks_at_all(request))
    except BadCondition as error:
        problem = str(error)
    except TooSlow:
        problem = TOO_SLOW
    except BadStart:
        problem = BAD_START
    criteria = shown_criteria(asked.where, field_kinds(asked.known))
    return _page(request, connection, asked, criteria, problem, found, is_first=start is None)


def _page(
    request: Request,
    connection: Connection,
    asked: Asked,
    criteria: Criteria,
    problem: str | None,
    found: ListPage | None = None,
    *,
    is_first: bool = True,
) -> Response:
    views = read_views(connection, acting(request).login_id)
    return page(
        request,
        "contacts/contacts.html",
        status=422 if problem else 200,
        asked=asked,
        form=filter_form(asked, criteria),
        views=views,
        view=next((view for view in views if str(view.id) == asked.view), None),
        problem=problem,
        found=found,
        is_first=is_first,
        look_at_all="1" if _looks_at_all(request) else "",
    )


def _looks_at_all(request: Request) -> bool:
    """However long it takes: somebody pressed the link that says so."""
    return request.query_params.get("all") == "1"


def _beside(asked: Asked) -> list[ListColumn]:
    """What stands under the name, whatever columns are chosen."""
    shown = {column.name for column in asked.chosen}
    return [asked.all_columns[name] for name in ("email", "phone") if name not in shown and name in asked.all_columns]


def _download(request: Request, kind: str) -> tuple[Asked, Sequence[ListColumn]]:
    with engine().begin() as connection:
        asked = _read(connection, request)
        columns = [asked.all_columns["who"], *asked.chosen, *_beside(asked)]
        try:
            _ = asked.conditions
        except BadCondition as error:
            raise HTTPException(422, str(error)) from None
        audit(connection, request, f"downloaded contacts as {kind}", data={"where": asked.where, "search": asked.q})
    return asked, columns


def _rows(asked: Asked, columns: Sequence[ListColumn]) -> Iterator[Sequence[Any]]:
    names = ["id", *(column.name for column in columns)]
    return rows_of_query(select_rows(asked.found, columns), {}, names)
