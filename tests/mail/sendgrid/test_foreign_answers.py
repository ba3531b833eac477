"""Answers that are not about the email: SendGrid's about the account, and those of hosts that are not SendGrid."""

import httpx
import pytest

from blocks.send_result import SendStatus
from blocks.sendgrid_response import TooManyRequests, parse_response

PAGE = "<html><body><h1>Not Found</h1></body></html>"


def answer(status: int, message: str = "", field: str | None = None) -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"message": message, "field": field, "help": None}]})


@pytest.mark.parametrize(
    "found",
    [
        answer(401, "The provided authorization grant is invalid, expired, or revoked"),
        answer(401, "Maximum credits exceeded"),
        answer(403, "The from address does not match a verified Sender Identity. Mail cannot be sent until", "from"),
        answer(403, "access forbidden"),
        answer(400, "The from email does not contain a valid address.", "from.email"),
        answer(404, "not found"),
        answer(405, "method not allowed"),
        httpx.Response(404, text=PAGE),
        httpx.Response(400, text=PAGE),
        httpx.Response(413, text=PAGE),
        httpx.Response(400, json={"message": "no"}),
        httpx.Response(400, json=[]),
        httpx.Response(301, headers={"location": "https://www.example.com"}),
        httpx.Response(407, text="Proxy Authentication Required"),
        httpx.Response(200, text=PAGE),
    ],
    ids=lambda found: f"{found.status_code} {found.text[:40]}",
)
def test_what_is_not_about_the_email_keeps_it(found: httpx.Response) -> None:
    result = parse_response(found)

    assert not isinstance(result, TooManyRequests)
    assert result.status is SendStatus.UNAVAILABLE
    assert str(found.status_code) in (result.reason or "")


@pytest.mark.parametrize(
    "found",
    [
        answer(400, "Does not contain a valid address.", "personalizations.0.to.0.email"),
        answer(413, "The message is too large"),
        answer(400, "Each email address in the personalization block should be unique", "personalizations"),
    ],
)
def test_what_is_about_the_email_fails_it(found: httpx.Response) -> None:
    result = parse_response(found)

    assert not isinstance(result, TooManyRequests)
    assert result.status is SendStatus.REFUSED


@pytest.mark.parametrize(
    "found",
    [*(httpx.Response(status, text=PAGE) for status in (500, 502, 503, 504)), httpx.Response(200), httpx.Response(204)],
)
def test_a_broken_server_may_have_taken_it(found: httpx.Response) -> None:
    result = parse_response(found)

    assert not isinstance(result, TooManyRequests)
    assert result.status is SendStatus.UNKNOWN
