"""Pages and commands of the fake, beside the path of SendGrid's API."""

import time
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from deployments.sendgrid_double.account import AcceptedMail
from deployments.sendgrid_double.events import EVENT_FIELDS, build_event
from deployments.sendgrid_double.failures import Failure

SHOWN = 200
TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape())


async def overview(request: Request) -> Response:
    """A page with the newest accepted mails and all counts."""
    app = request.app
    newest = app.account.accepted[: -SHOWN - 1 : -1]
    page = TEMPLATES.get_template("page.html").render(
        newest=newest, total=len(app.account.accepted), counts=_counts(app), post=app.post, settings=app.settings
    )
    return HTMLResponse(page)


async def messages(request: Request) -> Response:
    """All accepted mails as JSON, without their content."""
    return _json([_summary(one) for one in request.app.account.accepted])


async def message(request: Request) -> Response:
    """The HTML of one mail, sandboxed: it runs no scripts and has no origin of its own."""
    one = _find(request, request.path_params["id"])
    return HTMLResponse(one.html, headers={"Content-Security-Policy": "sandbox; script-src 'none'"})


async def counts(request: Request) -> Response:
    """How many mails were accepted, requests answered by status, and events posted."""
    return _json(_counts(request.app))


async def plan_failures(request: Request) -> Response:
    """Let the next requests fail as the body says."""
    asked = await _read(request)
    try:
        failure = Failure(str(asked.get("kind")), bool(asked.get("accepts")), float(asked.get("reset_seconds", 1)))
        times = int(asked.get("times", 1))
    except (ValueError, TypeError) as error:
        raise HTTPException(400, str(error)) from error
    request.app.failures.plan([failure] * times)
    return _json({"planned": times})


async def post_event(request: Request) -> Response:
    """Post one more event about an accepted mail, now."""
    asked = await _read(request)
    one, kind = _find(request, str(asked.pop("message", ""))), str(asked.pop("event", ""))
    if kind not in EVENT_FIELDS:
        raise HTTPException(400, f"found the event {kind!r}, expected one of {', '.join(EVENT_FIELDS)}")
    request.app.post.add(build_event(one, kind, **asked), time.time())
    return _json({"happens": kind})


async def _read(request: Request) -> dict[str, Any]:
    try:
        asked = orjson.loads(await request.body())
    except ValueError as error:
        raise HTTPException(400, "expected a JSON object") from error
    if not isinstance(asked, dict):
        raise HTTPException(400, "expected a JSON object")
    return asked


def _find(request: Request, message_id: str) -> AcceptedMail:
    accepted: list[AcceptedMail] = request.app.account.accepted
    found = next((one for one in accepted if one.id == message_id), None)
    if found is None:
        raise HTTPException(404, f"there is no message {message_id!r}; GET /messages lists them")
    return found


def _counts(app: Any) -> dict[str, Any]:
    return {
        "accepted": len(app.account.accepted),
        "answers": dict(app.account.answers),
        "events": {**app.post.counts, "waiting": app.post.waiting},
    }


def _summary(one: AcceptedMail) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "to": one.to_address,
        "subject": one.subject,
        "custom_args": one.custom_args,
        "categories": one.mail.get("categories", []),
    }


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


ROUTES = [
    Route("/", overview),
    Route("/messages", messages),
    Route("/messages/{id}", message),
    Route("/counts", counts),
    Route("/failures", plan_failures, methods=["POST"]),
    Route("/events", post_event, methods=["POST"]),
]
