"""The page of the one search box."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from models.database import engine
from models.values.sanitize import SURROGATE
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.who import acting
from web.search.catalogue import find_items
from web.search.contacts import SHORTEST, find_contacts
from web.search.tasks import find_tasks

router = APIRouter(dependencies=[Depends(require_ops)])

LONGEST = 200
BLANKS = re.compile(r"\s+")


@router.get("/search")
def search(request: Request, q: Annotated[str, Query()] = "") -> Response:
    """What fits, by kind; the contacts first."""
    typed = readable(q)
    if len(typed) < SHORTEST and not typed.isdigit():
        return page(request, "search/search.html", q=typed, contacts=[], more=False, tasks=[], items={}, is_short=True)
    with engine().connect() as connection:
        contacts, more = find_contacts(connection, typed)
        tasks = find_tasks(connection, typed, [contact.id for contact in contacts])
        items = find_items(connection, acting(request), typed)
    return page(
        request,
        "search/search.html",
        q=typed,
        contacts=contacts,
        more=more,
        tasks=tasks,
        items=items,
        is_short=False,
    )


def readable(q: str) -> str:
    """What was typed without what cannot be looked for, on one line."""
    return BLANKS.sub(" ", SURROGATE.sub("", q.replace("\0", ""))[:LONGEST]).strip()
