"""Routers: the leads each rep got, how fair that is, the queue, and the assignment log."""

import re
from datetime import UTC, datetime

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from models.database import engine
from models.routing.fairness import inactive_owners, router_lines
from web.frame.csv_response import csv_of_query
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.pagination import BeforeId, paginate
from web.routing.assignment_log import ALL_ASSIGNMENTS, HEADINGS, newest_assignments
from web.routing.router_page import find_router, router_page

router = APIRouter(dependencies=[Depends(require_ops)])

NO_ROUTER = "There is no router of this name. /routers lists those that there are; the playbook says which shall be."


@router.get("/routers")
def show_routers(request: Request) -> Response:
    """All routers, and leads of people who have left."""
    with engine().connect() as connection:
        lines, gone = router_lines(connection), inactive_owners(connection)
    return page(request, "routing/routers.html", lines=lines, leavers=gone)


@router.get("/routers/{which}/ledger.csv")
def download_ledger(which: str) -> Response:
    """Every assignment of a router, the oldest first."""
    with engine().connect() as connection:
        found = find_router(connection, which)
    if found is None:
        raise HTTPException(404, NO_ROUTER)
    # Only letters that every system takes for the name of a file.
    name = re.sub(r"[^a-z0-9]+", "-", f"ledger {found['name']}".lower()).strip("-")
    return csv_of_query(name, ALL_ASSIGNMENTS, {"router": found["name"]}, HEADINGS)


@router.get("/routers/{which}")
def show_router(request: Request, which: str, before: BeforeId = None) -> Response:
    """One router, with the newest lines of its assignment log, or those before a line."""
    with engine().connect() as connection:
        found = router_page(connection, which, datetime.now(UTC))
        if found is None:
            raise HTTPException(404, NO_ROUTER)
        lines, older = paginate(newest_assignments(connection, found.name, before))
    return page(request, "routing/router.html", router=found, lines=lines, older=older, before=before)
