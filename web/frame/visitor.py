"""Who looks at the sample site: known from the moment they followed a link in a mail of ours."""

from fastapi import Request
from fastapi.responses import Response

from models.access.token import ForgedToken, sign_token, verify_token

COOKIE = "visitor"
REMEMBERED_SECONDS = 180 * 24 * 60 * 60


def remember_visitor(answer: Response, contact_id: int) -> None:
    """Let this browser be known as the contact's."""
    answer.set_cookie(
        COOKIE,
        sign_token("visitor", contact_id),
        max_age=REMEMBERED_SECONDS,
        httponly=True,
        samesite="lax",
        path="/site",
    )


def visitor(request: Request) -> int | None:
    """The contact whose browser this is, as far as we know."""
    try:
        return int(verify_token("visitor", request.cookies.get(COOKIE, "")))
    except ForgedToken:
        return None
