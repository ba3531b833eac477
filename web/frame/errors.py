"""Errors as a sentence: a page for people, JSON for programs."""

import logging
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from models.access.token import ForgedToken
from models.access.work_link import EndedLink
from models.database import NoDatabase
from models.playbook import NoPlaybook
from web.frame.local import is_local
from web.frame.login import NeedsRole
from web.frame.pages import page
from web.frame.security import HEADERS
from web.frame.who import NeedsLogin, known_already

log = logging.getLogger("tend.web")

TITLES = {
    400: "This could not be read",
    403: "Not from here",
    404: "Nothing here",
    405: "Not in this way",
    408: "Too slow",
    410: "This link has ended",
    413: "Too large",
    415: "This could not be read",
    422: "This could not be read",
    429: "Too many at once",
    500: "Something went wrong",
    503: "We are back in a moment",
}
NOT_FOUND = "There is no page at this address. It may have been cut off when it was copied."
DATABASE_AWAY = "The database cannot be reached just now. Nothing was changed; please try again in a few seconds."
OUT_OF_RANGE = "A value was found that cannot be stored, such as a number with too many digits. Nothing was changed."
UNEXPECTED = "This was not expected, and nothing was changed. The log of the web process says what happened."


def error_response(
    request: Request, status: int, sentence: str, headers: dict[str, str] | None = None, title: str = ""
) -> Response:
    """The sentence as a page or as JSON, whichever the asker reads."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": sentence}, status, headers)
    return page(
        request,
        "frame/failure.html",
        status=status,
        headers=headers,
        title=title or TITLES.get(status, "This did not work"),
        sentence=sentence,
        ops=is_local(request) or known_already(request) is not None,
    )


def install_error_handlers(app: FastAPI) -> None:
    """Give the app an answer for each kind of failure."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(ForgedToken, _forged)
    app.add_exception_handler(EndedLink, _ended)
    app.add_exception_handler(NeedsLogin, _to_login)
    app.add_exception_handler(NeedsRole, _not_with_role)
    app.add_exception_handler(NoPlaybook, _no_playbook)
    app.add_exception_handler(DataError, _out_of_range)
    app.add_exception_handler(Exception, _unexpected)
    for away in (OperationalError, InterfaceError, PoolTimeout, NoDatabase):
        app.add_exception_handler(away, _database_away)


def answer_to(request: Request, error: Exception) -> Response:
    """What the app answers where this error is raised, for what stands in front of its pages."""
    handlers = request.app.exception_handlers
    kind = next((kind for kind in type(error).__mro__ if kind in handlers), None)
    if kind is Exception or kind is None:
        raise error
    answer: Response = handlers[kind](request, error)
    return answer


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = NOT_FOUND if error.detail == "Not Found" else str(error.detail)
    return error_response(request, error.status_code, sentence, dict(error.headers or {}))


def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [f"{'.'.join(map(str, problem['loc'][1:]))}: {problem['msg']}" for problem in error.errors()]
    return error_response(request, 422, "; ".join(problems) + ".")


def _forged(request: Request, error: Exception) -> Response:
    return error_response(request, 404, str(error))


def _ended(request: Request, error: Exception) -> Response:
    return error_response(request, 410, str(error))


def _to_login(request: Request, error: Exception) -> Response:
    if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", ""):
        came_for = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/login?" + urlencode({"next": came_for}), 303)
    return error_response(request, 401, str(error))


def _not_with_role(request: Request, error: Exception) -> Response:
    return error_response(request, 403, str(error), title="Not with your role")


def _database_away(request: Request, _: Exception) -> Response:
    return error_response(request, 503, DATABASE_AWAY, {"retry-after": "5"})


def _out_of_range(request: Request, error: Exception) -> Response:
    # What people can type is checked where it comes in; the log says what was not.
    log.warning("Postgres refused a value of %s %s.", request.method, request.url.path, exc_info=error)
    return error_response(request, 422, OUT_OF_RANGE)


def _no_playbook(request: Request, error: Exception) -> Response:
    return error_response(request, 503, str(error), {"retry-after": "5"})


def _unexpected(request: Request, _: Exception) -> Response:
    # This answer is made outside the middleware that adds the headers to all others.
    return error_response(request, 500, UNEXPECTED, dict(HEADERS))
