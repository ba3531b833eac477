"""While the demo plays its pages take nothing: made-up people would answer it, weeks before it was sent."""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from web.frame.errors import error_response
from web.frame.installation.demo import demo_plays

SENTENCE = (
    "The demo plays right now, and made-up people answer everybody. Nothing was stored: send it again in some minutes."
)
RETRY_SECONDS = 60
READING = ("GET", "HEAD", "OPTIONS")


class RefuseWhilePlaying:
    """Answers 503 to whatever is sent while the demo plays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and scope["method"] not in READING and await run_in_threadpool(demo_plays):
            app = error_response(Request(scope), 503, SENTENCE, {"retry-after": str(RETRY_SECONDS)})
        await app(scope, receive, send)
