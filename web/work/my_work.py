"""My work: a person's open tasks by importance, each to be done in place. Needs no login, only its link."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection, text

from models.access.token import verify_token
from models.access.work_link import TaskLink, Worker, require_current, worker_by_email, worker_of_link
from models.database import engine
from models.display_name import DISPLAY_NAME
from models.feedback.owners import feedback_list_path
from models.tasks.open_tasks import RANKING, THEIRS, open_tasks
from web.feedback.lead_page import count_open_requests
from web.frame.pages import STATIC, fingerprint, page
from web.frame.security import CONTENT_POLICY
from web.tasks.briefing import kind_titles
from web.work.beside import count_leads, own_leads, promises, waiting_offers
from web.work.cards import cards

router = APIRouter()

IN_PLACE = 10
"""Tasks that can be done on the page itself; the rest has a line each, with the page of the task behind it."""
LEADS_SHOWN = 10

# The page works without scripts. With them it can be installed, and what is typed without a connection is kept.
WITH_SCRIPTS = {
    "content-security-policy": f"{CONTENT_POLICY}; script-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'"
}

REPORTED = text(f"""
SELECT task.id, task.name, task.kind, task.outcome, task.mails, task.emit_at, {DISPLAY_NAME} AS who
FROM task JOIN contact ON contact.id = task.contact_id WHERE task.id = :task AND {THEIRS} AND task.done_at IS NOT NULL
""")


@router.get("/work/offline.js")
def service_worker() -> Response:
    """The script that shows the page without a connection. It acts below its own path only, hence its place."""
    script = (STATIC / "offline.js").read_text()
    # A worker goes by the policy of its own response, not by that of the page.
    return Response(script, media_type="text/javascript", headers=WITH_SCRIPTS | {"cache-control": "no-cache"})


@router.get("/work/{token}/manifest.webmanifest")
def manifest(token: str) -> Response:
    """By which a phone installs the page as an app."""
    with engine().connect() as connection:
        worker = worker_of_link(connection, token)
    described = {
        "name": "My work",
        "short_name": "My work",
        "id": "/work",
        "start_url": worker.path,
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f7f5",
        "theme_color": "#0b6b57",
        "icons": [{"src": "/static/tend.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    return JSONResponse(described, media_type="application/manifest+json")


@router.get("/work/{token}")
def show_my_work(request: Request, token: str, reported: str = "") -> Response:
    """What one salesperson has to do, the most important first. Looking changes nothing."""
    with engine().connect() as connection:
        return work_response(request, connection, worker_of_link(connection, token), reported)


@router.get("/worklist/{token}")
def show_work_list(request: Request, token: str, reported: str = "") -> Response:
    """The same for an office that has an address only, and for salespeople by the links of older mails."""
    with engine().connect() as connection:
        worker = worker_by_email(connection, verify_token("work list", token))
        # A link from before there were numbers has the first.
        return work_response(request, connection, require_current(worker, 0), reported)


def work_response(request: Request, connection: Connection, worker: Worker, reported: str = "") -> Response:
    """The page of this person."""
    now = datetime.now(UTC)
    work = open_tasks(connection, worker, now)
    rep, today = worker.rep_id, now.astimezone(ZoneInfo(worker.zone)).date()
    return page(
        request,
        "work/my_work.html",
        headers=WITH_SCRIPTS,
        worker=worker,
        work=work,
        cards=cards(connection, worker, work.tasks[:IN_PLACE], now),
        rest=work.tasks[IN_PLACE:],
        ranking=RANKING,
        offers=waiting_offers(connection, rep, now) if rep else [],
        promises=promises(connection, rep, today) if rep else [],
        leads=own_leads(connection, rep, at_most=LEADS_SHOWN) if rep else [],
        lead_count=count_leads(connection, rep) if rep else 0,
        asked_about=count_open_requests(connection, rep) if rep else 0,
        feedback_path=feedback_list_path(rep, worker.link_number) if rep else "",
        reported=_reported(connection, worker, reported, now),
        today=today,
        tomorrow=today + timedelta(days=1),
        titles=kind_titles(connection),
        kept_script=fingerprint("kept_reports.js"),
        my_work_script=fingerprint("my_work.js"),
        zone=worker.zone,
    )


def _reported(connection: Connection, worker: Worker, task: str, now: datetime) -> dict[str, object] | None:
    """What they have just reported, and whether it can be taken back."""
    if not (task.isdecimal() and task.isascii() and len(task) < 19):
        return None
    about = {"task": int(task), "rep": worker.rep_id, "email": worker.email}
    row = connection.execute(REPORTED, about).one_or_none()
    if row is None:
        return None
    return {
        "name": row.name,
        "kind": row.kind,
        "who": row.who,
        "outcome": row.outcome,
        "mails": row.mails.get(row.outcome),
        "until": row.emit_at if row.emit_at is not None and row.emit_at > now else None,
        "token": TaskLink(row.id, worker.rep_id, worker.link_number).token,
    }
