"""Who looks at the sample site: known from the moment they followed a link in a mail of ours."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from models.access.token import ForgedToken, sign_token, verify_token

COOKIE = "visitor"
REMEMBERED_SECONDS = 180 * 24 * 60 * 60


@dataclass(frozen=True)
class Visitor:
    """A browser that came by a link in a mail."""

    contact_id: int
    click: str
    """The key of the mail event: whether a person clicked is known some seconds later."""


def remember_visitor(answer: Response, visitor: Visitor) -> None:
    """Let this browser be known as the contact's."""
    answer.set_cookie(
        COOKIE,
        sign_token("visitor", [visitor.contact_id, visitor.click]),
        max_age=REMEMBERED_SECONDS,
        httponly=True,
        samesite="lax",
        path="/site",
    )


def visitor(request: Request) -> Visitor | None:
    """Whose browser this is, as far as we know."""
    try:
        contact_id, click = verify_token("visitor", request.cookies.get(COOKIE, ""))
    except (ForgedToken, TypeError):
        # Cookies of earlier versions name no click, so nobody knows whether a person has them.
        return None
    return Visitor(contact_id, click)
