"""The web application: every page and every address, and what they have in common. Needs only Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from models.access.demo import is_demo
from models.access.reach import check_start
from models.database import limit_lock_waits
from web import overview
from web.body_limits import LIMITS, OTHERWISE
from web.contacts import contact, contact_mail, duplicates, merging, prediction
from web.contacts.list import act_on_all, contact_list, views
from web.documentation import documentation
from web.feedback import feedback
from web.feedback import levels as feedback_levels
from web.frame import errors
from web.frame.limits.demo_play import RefuseWhilePlaying
from web.frame.limits.request_limits import RequestLimits
from web.frame.pages import STATIC
from web.frame.security import SecureHeaders
from web.fulfilment import fulfilment
from web.health import health
from web.journeys import journey_map, journey_runs, journeys, lead_map, master_map, runs
from web.leads import lead_endpoint, lead_lists, rejected, sample_site, unread_values, waiting_leads
from web.logins import audit_log, log_in, logins, own_login, password
from web.mail import (
    bounces,
    clicks,
    confirm,
    inbound,
    mailbox,
    mails,
    messages,
    opens,
    replies,
    sender,
    sendgrid_events,
    unsubscribe,
)
from web.reports import follow_up
from web.reports.chapters import pages as report_chapters
from web.reports.downloads import downloads
from web.reports.first_screen import summary
from web.reports.who import people
from web.routing import offers, routers
from web.search import search
from web.splits import splits
from web.tasks import actions, bulk, tasks, worklist
from web.team import lead_acts, person_acts, reassigning, team
from web.work import leads, my_work, new_lead

LOCK_WAIT = timedelta(seconds=5)
"""While a migration holds a table, pages would wait for it until no thread is left for leads, which are to be kept on
disk then.
"""

FOR_EVERYBODY = (
    *(lead_endpoint, clicks, confirm, health, log_in, offers, opens, sample_site, sendgrid_events, tasks, unsubscribe),
    *(actions, feedback, fulfilment, inbound, leads, my_work, new_lead, password, worklist),
)
FOR_OPS = (
    # Before the page of one contact, whose number stands at the same place of the address.
    *(act_on_all, contact_list, views),
    *(overview, contact, follow_up, lead_lists, mailbox, messages, prediction, rejected, routers, runs),
    *(bounces, contact_mail, duplicates, mails, merging, replies, sender, splits, unread_values),
    *(summary, people, downloads, report_chapters),
    *(audit_log, documentation, logins, own_login, search),
    *(bulk, feedback_levels, journey_runs, lead_acts, person_acts, reassigning, team),
    *(journeys, master_map, lead_map, journey_map),
)


def create_app() -> FastAPI:
    """Put it together. Nothing is connected here: Postgres may come up later, or go away and come back."""
    app = FastAPI(title="Tend", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_while_running)
    for part in FOR_EVERYBODY + FOR_OPS:
        _answer_head(part.router)
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    if is_demo():
        app.add_middleware(RefuseWhilePlaying)
    app.add_middleware(RequestLimits, limits=LIMITS, otherwise=OTHERWISE)
    app.add_middleware(SecureHeaders)
    errors.install_error_handlers(app)
    return app


@asynccontextmanager
async def _while_running(_: FastAPI) -> AsyncIterator[None]:
    """Refuse to start where pages for ops would be open; take in the leads that wait on the disk of this machine."""
    check_start()
    limit_lock_waits(LOCK_WAIT)
    task = asyncio.create_task(waiting_leads.keep_taking_in())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _answer_head(router: APIRouter) -> None:
    """Link checkers and scanners ask with HEAD first; the server leaves out the body by itself."""
    for route in router.routes:
        if isinstance(route, APIRoute) and route.methods == {"GET"}:
            route.methods = {"GET", "HEAD"}


app = create_app()
