"""Whether everything that Tend needs is there: up or down for strangers, each by name for ops."""

import asyncio
import os
from datetime import UTC, datetime
from functools import cache
from weakref import WeakKeyDictionary

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from models.access.prefect_server import is_ours
from models.database import CLOCK_ALIVE_LOCK, NoDatabase, engine
from models.leads.intake.spool import waiting_posts
from models.mail.sending_pause import open_pauses
from models.response.rejected_lead_alerts import overdue_rejected_leads
from models.wording import counted
from web.frame.api_key import has_last_api_key, read_api_key
from web.frame.local import is_local
from web.frame.login import has_session
from web.frame.who import SESSION_COOKIE
from web.health.page import health_page
from web.health.service import Service

router = APIRouter()

PREFECT_TIMEOUT_SECONDS = 1
SHARED_SECONDS = 1.0
"""For so long an answer is given to whoever else asks."""
PATIENCE_SECONDS = 5.0
"""What has not answered by then is down."""
WITHOUT_PREFECT = "Leads are taken and worked off without it; forms and nightly flows wait"

# Every clock keeps this advisory lock, shared, for as long as it lives.
CLOCKS = text(f"""
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND (classid, objid) = ({CLOCK_ALIVE_LOCK}) AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")

# Each part has an index of its own: the table holds every mail that was ever sent.
OUTBOX = text("""
    SELECT (SELECT count(*) FROM message WHERE state = 'queued') AS queued,
           -- What waits for its hours is not late. Of many, those that were due first say how late they are.
           (SELECT min(greatest(queued_at, due_at)) FROM (VALUES (true), (false)) AS one (is_marketing), LATERAL (
                SELECT queued_at, due_at FROM message
                WHERE state = 'queued' AND (kind = 'marketing') = one.is_marketing AND due_at <= now()
                ORDER BY due_at, id LIMIT 1000) AS due) AS oldest_queued_at,
           (SELECT count(*) FROM message WHERE state = 'unknown') AS unknown,
           (SELECT count(*) FROM message WHERE state = 'failed') AS failed
""")

STUCK = text("""
    -- Those of journeys whose file cannot be loaded say so by the name of the error.
    SELECT count(*) AS all_of_them, count(DISTINCT journey) FILTER (WHERE stuck_reason LIKE '%UnloadableJourney%')
        AS unloadable
    FROM journey_run WHERE status = 'stuck'
""")

EVENTS = text("""
    SELECT last.provider, last.received_at,
           (SELECT count(*) FROM mail_event WHERE processed_at IS NULL) AS uncounted
    FROM (VALUES (1)) AS always (one)
    LEFT JOIN (SELECT provider, received_at FROM mail_event ORDER BY id DESC LIMIT 1) last ON true
""")


NO_ANSWER = Service("down", f"did not answer within {PATIENCE_SECONDS:.0f} s")


class SharedCheck:
    """The check that everybody shares who asks at about the same time: one connection, whether one asks or thousands.

    It runs in a thread of its own. Those in which leads are taken in stay free.
    """

    def __init__(self) -> None:
        self._check: asyncio.Task[dict[str, Service]] | None = None
        self._ended_at = float("-inf")

    async def services(self) -> dict[str, Service]:
        """Every service by name, as it was at most a second ago."""
        check = self._check
        if check is None or (check.done() and asyncio.get_running_loop().time() - self._ended_at > SHARED_SECONDS):
            check = self._check = asyncio.create_task(self._run())
        done, _ = await asyncio.wait([check], timeout=PATIENCE_SECONDS)
        # Whoever asks next waits for the same check: however many ask, one thread hangs.
        return check.result() if done else {"postgres": NO_ANSWER}

    async def _run(self) -> dict[str, Service]:
        try:
            services = await asyncio.to_thread(check_services, datetime.now(UTC))
            if services["postgres"].status == "up":
                await asyncio.to_thread(_read_api_key)
            return services
        finally:
            self._ended_at = asyncio.get_running_loop().time()


def _read_api_key() -> None:
    with engine().connect() as connection:
        read_api_key(connection)


_shared_checks: WeakKeyDictionary[asyncio.AbstractEventLoop, SharedCheck] = WeakKeyDictionary()


@router.get("/health")
async def health(request: Request) -> Response:
    """200 while leads can be taken, 503 without Postgres. Names and numbers are for ops and for the API key.

    Programs get JSON; a browser of ops gets a page, while there is a database to show it with.
    """
    shared = _shared_checks.setdefault(asyncio.get_running_loop(), SharedCheck())
    services = await shared.services()
    status = overall_status(services)
    code = 503 if status == "down" else 200
    if not await _may_see_details(request, has_database=status != "down"):
        return JSONResponse({"status": "down" if status == "down" else "up"}, code)
    if status != "down" and "text/html" in request.headers.get("accept", ""):
        shown = await asyncio.to_thread(health_page, request, status, services)
        if shown is not None:
            return shown
    document = {name: {"status": found.status, "says": found.says, **found.facts} for name, found in services.items()}
    return JSONResponse({"status": status, **document}, code)


async def _may_see_details(request: Request, *, has_database: bool) -> bool:
    """Whether ops ask, or a program that has the API key."""
    if is_local(request) or has_last_api_key(request):
        return True
    if not has_database or SESSION_COOKIE not in request.cookies:
        return False
    return await asyncio.to_thread(has_session, request)


def check_services(now: datetime) -> dict[str, Service]:
    """Every service by name."""
    try:
        with engine().connect() as connection:
            ours = {
                "postgres": Service("up", "answers"),
                "clock": _clock(connection),
                "journeys": _journeys(connection),
                "mail": _mail(connection, now),
                "mail_events": _mail_events(connection),
                "leads": _leads(connection, now),
            }
    except (OperationalError, InterfaceError, PoolTimeout, NoDatabase):
        ours = {"postgres": Service("down", "cannot be reached; leads wait on disk until it is back")}
    return ours | {"prefect": _prefect()}


def overall_status(services: dict[str, Service]) -> str:
    """`ok`, `degraded` when leads are taken but not all is worked off, `down` when none can be taken."""
    if services["postgres"].status == "down":
        return "down"
    return "degraded" if any(service.status == "down" for service in services.values()) else "ok"


def _clock(connection: Connection) -> Service:
    clocks = connection.execute(CLOCKS).scalar_one()
    if clocks:
        return Service("up", f"{clocks} running", {"clocks": clocks})
    return Service("down", "not running; leads are taken and wait until it is back", {"clocks": 0})


def _journeys(connection: Connection) -> Service:
    """Runs that a person has to move on. One that is stuck for itself does not make Tend unhealthy."""
    stuck = connection.execute(STUCK).one()
    facts = {"stuck": stuck.all_of_them}
    if stuck.unloadable:
        says = f"the files of {stuck.unloadable} cannot be loaded; ./tend check says which and why"
        return Service("down", says, facts)
    return Service("up", f"{counted(stuck.all_of_them, 'run')} stuck", facts)


def _mail(connection: Connection, now: datetime) -> Service:
    """The outbox. Mail that fails is for a person to look at; it does not make Tend unhealthy."""
    outbox = connection.execute(OUTBOX).one()
    oldest = outbox.oldest_queued_at
    # Journeys may run on a virtual clock, whose moments can lie ahead of ours.
    age = max(0, round((now - oldest).total_seconds())) if oldest else None
    facts = {"queued": outbox.queued, "oldest_queued_seconds": age, "unknown": outbox.unknown, "failed": outbox.failed}
    if pauses := open_pauses(connection):
        says = "; ".join(f"{scope} mail is paused: {pause.reason}" for scope, pause in pauses.items())
        return Service("down", f"{says}; {outbox.queued} queued", facts)
    return Service("up", f"{outbox.queued} queued, {outbox.unknown} unknown, {outbox.failed} failed", facts)


def _mail_events(connection: Connection) -> Service:
    """Mail events of providers and of our own links. When they stop coming in, only a person can know why."""
    found = connection.execute(EVENTS).one()
    if found.received_at is None:
        return Service("up", "none has come in yet", {"uncounted": 0, "last_received_at": None})
    facts = {"uncounted": found.uncounted, "last_received_at": found.received_at.isoformat()}
    return Service("up", f"the last came from {found.provider}, {found.uncounted} wait to be counted", facts)


def _leads(connection: Connection, now: datetime) -> Service:
    """Leads that wait for a person to repair them, and those on the disk of this machine."""
    overdue, on_disk = overdue_rejected_leads(connection, now), len(waiting_posts())
    says = f"{overdue} rejected for longer than the service levels allow, {on_disk} wait on disk"
    return Service("up", says, {"rejected_overdue": overdue, "on_disk": on_disk})


@cache
def _client() -> httpx.Client:
    """One for all checks: each new one reads all certificates. It keeps no connection, which may die meanwhile."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(timeout=PREFECT_TIMEOUT_SECONDS, trust_env=False, limits=limits)


def _prefect() -> Service:
    address = os.environ.get("PREFECT_API_URL")
    if not address:
        return Service("unset", "PREFECT_API_URL is not set, so nobody knows where it is")
    try:
        found = _client().get(f"{address}/health")
    except httpx.HTTPError as error:
        return Service("down", f"{address} does not answer ({type(error).__name__}). {WITHOUT_PREFECT}")
    if not is_ours(found.headers):
        return Service("down", f"something else answers at {address}. {WITHOUT_PREFECT}")
    if found.is_success:
        return Service("up", "answers")
    return Service("down", f"{address}/health answered {found.status_code}, expected 200. {WITHOUT_PREFECT}")
