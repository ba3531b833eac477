"""The fake SendGrid over HTTP: the path of SendGrid's API, and pages and commands of its own.

GET  /                the accepted mails, as a page
GET  /messages        the accepted mails, as JSON
GET  /messages/{id}   the HTML of one mail
GET  /counts          how many mails were accepted, requests answered, events posted
POST /failures        {"kind": "500", "times": 1, "accepts": false, "reset_seconds": 1}: the next requests fail
POST /events          {"message": "id", "event": "click", "url": "https://..."}: this event is posted now
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from random import Random

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sendgrid_double import pages
from deployments.sendgrid_double.account import Account
from deployments.sendgrid_double.events import schedule_events
from deployments.sendgrid_double.failures import CUT, Failure, Failures
from deployments.sendgrid_double.responses import FakeResponse, rate_limit_response, refuse
from deployments.sendgrid_double.settings import FakeSettings
from deployments.sendgrid_double.signing import WebhookSigner
from deployments.sendgrid_double.webhook import WebhookPoster


class SendGridApp(Starlette):
    """The fake: one account, the failures planned for it, and the events that it posts."""

    def __init__(self, settings: FakeSettings) -> None:
        self.settings = settings
        self.random = Random(settings.seed)
        self.account = Account(settings)
        self.failures = Failures(settings.failure_rate, self.random)
        self.signature = WebhookSigner() if settings.signed else None
        self.post = WebhookPoster(settings, self.signature, self.random)
        routes = [Route("/v3/mail/send", send_mail, methods=["POST"]), *pages.ROUTES]
        errors = {HTTPException: handle_http_error}
        super().__init__(routes=routes, exception_handlers=errors, lifespan=post_events)


@asynccontextmanager
async def post_events(app: SendGridApp) -> AsyncIterator[None]:
    """Post events for as long as the fake runs."""
    task = asyncio.create_task(app.post.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def send_mail(request: Request) -> Response:
    """SendGrid's v3 Mail Send."""
    app: SendGridApp = request.app
    failure = app.failures.next()
    body = await request.body()
    if app.settings.latency_seconds:
        await asyncio.sleep(app.settings.latency_seconds)
    if failure is not None and not failure.accepts:
        return await fail(request, failure)
    answer = app.account.receive(request.headers, body, datetime.now(UTC))
    if answer.accepted is not None:
        now = time.time()
        for seconds, event in schedule_events(answer.accepted, app.settings, app.random):
            app.post.add(event, now + seconds)
    if failure is not None and answer.accepted is not None:
        return await fail(request, failure)
    return to_response(app, answer)


async def fail(request: Request, failure: Failure) -> Response:
    """Answer with an error status, or cut the connection, or never answer."""
    app: SendGridApp = request.app
    if failure.kind.isdigit():
        return to_response(app, failure_response(failure, app.settings.rate or 0))
    app.account.answers[failure.kind] += 1
    if failure.kind == CUT:
        request.state.transport.abort()
    await request.receive()  # until the connection is gone
    return Response()


def failure_response(failure: Failure, rate: int) -> FakeResponse:
    """An error status. A redirect leads to a page that answers 200, so that a client that follows it is found out."""
    status = HTTPStatus(int(failure.kind))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return rate_limit_response(failure.reset_seconds, datetime.now(UTC), rate)
    answer = refuse(status, status.phrase)
    return replace(answer, headers={**answer.headers, "Location": "/counts"}) if failure.kind[0] == "3" else answer


def to_response(app: SendGridApp, answer: FakeResponse) -> Response:
    """The answer as an HTTP response, counted."""
    app.account.answers[str(answer.status)] += 1
    return Response(answer.body, answer.status, answer.headers)


async def handle_http_error(_: Request, error: Exception) -> Response:
    """The answer to a wrong path or method."""
    assert isinstance(error, HTTPException)
    answer = refuse(error.status_code, error.detail.lower())
    return Response(answer.body, answer.status, answer.headers)
