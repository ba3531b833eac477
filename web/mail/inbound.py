"""Inbound mail, as SendGrid's Inbound Parse posts it. Each is stored, then answered."""

import base64
from datetime import UTC, datetime

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from models.access.token import ForgedToken, sign_token, verify_token
from models.database import engine
from models.mail.inbound import receive_mail
from models.mail.inbound.sendgrid_post import parse_post
from models.mail.rendering.links import web_url
from web.frame.limits.body import BodyLimit, GivenBody
from web.frame.local import is_local
from web.frame.security import require_same_origin

router = APIRouter()

PATH = "/sendgrid/inbound"
# SendGrid takes mails up to 30 MB; the form around them needs some room as well.
LARGEST = 40 * 1024 * 1024
PURPOSE = "inbound mail"
NO_KEY = (
    "Mail is taken in from whoever knows this installation's key. Set the destination URL of Inbound Parse in SendGrid "
    "to the one that the page Replies shows."
)


def inbound_address(web_url: str) -> str:
    """The address for SendGrid's settings, with the key in it: Inbound Parse does not sign what it posts by itself."""
    return f"{web_url.rstrip('/')}{PATH}?key={sign_token(PURPOSE, 'sendgrid')}"


def require_key(request: Request) -> None:
    """A dependency: the key in the query, or as the password of basic authentication. Not needed on this machine."""
    for key in (request.query_params.get("key"), _password(request)):
        if key is not None and _is_key(key):
            return
    if not is_local(request):
        raise HTTPException(401, NO_KEY, {"www-authenticate": 'Basic realm="inbound mail"'})
    # Any page that is open in a browser here can post to this address.
    require_same_origin(request)


@router.post(PATH, dependencies=[Depends(require_key)])
def receive_post(body: GivenBody) -> Response:
    """One mail: 200 once it is stored, or if it was before. A broken one is stored as well, for a person to read."""
    mail = parse_post(body.content_type, body.raw)
    with engine().begin() as connection:
        number = receive_mail(connection, mail, body.raw, datetime.now(UTC))
    return JSONResponse({"stored": number is not None})


def _has_key(request: Request) -> bool:
    require_key(request)
    return True


BODY_LIMIT = BodyLimit(largest=LARGEST, may_send=_has_key, is_form=False)
"""The key is checked before a large body is read."""


def _password(request: Request) -> str | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except ValueError:
        return None


def _is_key(key: str) -> bool:
    try:
        return bool(verify_token(PURPOSE, key) == "sendgrid")
    except ForgedToken:
        return False


def own_inbound_address() -> str:
    """The address for SendGrid's settings at which this installation is reached."""
    return inbound_address(web_url())
