"""A browser that has logged in with an address before: its wrong passwords are counted apart from those of others."""

import os
import secrets

from fastapi import Request
from fastapi.responses import Response

from models.access.token import ForgedToken, sign_token, verify_token

COOKIE = "tend_browser"
PURPOSE = "known browser"
REMEMBERED_SECONDS = 180 * 24 * 60 * 60


def remember_browser(request: Request, answer: Response, login_id: int) -> None:
    """Let this browser be known as one that has logged in with this login."""
    token = sign_token(PURPOSE, [login_id, secrets.token_urlsafe(16)])
    answer.set_cookie(
        COOKIE,
        token,
        max_age=REMEMBERED_SECONDS,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
        path="/login",
    )


def known_browser(request: Request, login_id: int | None) -> str:
    """By what this browser is told from others, if it has logged in with this login; else an empty text."""
    try:
        whose, browser = verify_token(PURPOSE, request.cookies.get(COOKIE, ""))
    except (ForgedToken, TypeError, ValueError):
        return ""
    return str(browser) if login_id is not None and whose == login_id else ""


def is_secure(request: Request) -> bool:
    """Whether a cookie may be kept to TLS: this request came by it, or the world does."""
    return request.url.scheme == "https" or os.environ.get("TEND_WEB_URL", "").startswith("https:")
