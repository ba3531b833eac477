"""How much of a body is taken at which address."""

from fastapi import HTTPException, Request

from models.access.token import verify_token
from models.access.work_link import read_work_token
from models.feedback.owners import LINK
from web.frame.limits.body import BodyLimit
from web.frame.login import require_ops
from web.frame.who import NeedsLogin
from web.leads import lead_endpoint
from web.mail import inbound, sendgrid_events


def _is_ops(request: Request) -> bool:
    try:
        require_ops(request)
    except (NeedsLogin, HTTPException):
        return False
    return True


def _has_task_link(request: Request) -> bool:
    """Raises ForgedToken for a link that is not ours."""
    # The path as it was routed by; the one in `request.url` is read beside the header Host, which anybody writes.
    verify_token("task", request.scope["path"].removeprefix("/tasks").strip("/").partition("/")[0])
    return True


def _has_work_link(request: Request) -> bool:
    """Raises ForgedToken for a link that is not ours."""
    read_work_token(request.scope["path"].removeprefix("/work").strip("/").partition("/")[0])
    return True


def _has_feedback_link(request: Request) -> bool:
    """Raises ForgedToken for a link that is not ours."""
    verify_token(LINK, request.scope["path"].removeprefix("/feedback").strip("/"))
    return True


LIMITS = {
    "/leads": lead_endpoint.LEAD_LIMIT,
    "/events": lead_endpoint.EVENT_LIMIT,
    "/sendgrid/events": sendgrid_events.BODY_LIMIT,
    inbound.PATH: inbound.BODY_LIMIT,
    "/tasks": BodyLimit(may_send=_has_task_link),
    "/work": BodyLimit(may_send=_has_work_link),
    "/feedback": BodyLimit(may_send=_has_feedback_link),
}
"""Beginning of a path -> its limit."""

OTHERWISE = BodyLimit(may_send=_is_ops)
