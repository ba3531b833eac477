"""Whatever stands in a request, the sender is told what is wrong with it: no value is an error of ours."""

from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from models import RejectedLead
from models.access.token import sign_token
from models.feedback.owners import LINK as FEEDBACK
from models.feedback.owners import LIST_LINK as FEEDBACK_LIST
from models.fulfilment.send_lists import PURPOSE as FULFILMENT
from models.logins.password_link import PURPOSE as PASSWORD_LINK
from models.mail.double_opt_in.confirmation import PURPOSE as CONFIRMATION
from models.tables.inbound_mail import InboundMail
from tests.support.playbook import apply_playbook
from tests.support.raw_request import FORM, RawRequest, ask_all
from tests.support.web_pages import NOW, a_contact, a_letter, a_message, a_rep, a_run, a_task, add
from web.app import FOR_EVERYBODY, FOR_OPS

HOSTILE = (
    b"a%00b",
    b"%ED%A0%80",  # half of a surrogate pair
    b"%FF%FE",  # no UTF-8
    b"%",
    b"",
    b"9" * 30,
    b"-" + b"9" * 30,
    b"9" * 5_000,
    b"9223372036854775808",  # one more than a bigint holds
    b"-1",
    b"NaN",
    b"%C2%B2",  # a digit that is no decimal one
    b"9999-12-31",
    b"0001-01-01",
    b"x" * 20_000,
    b"..%2F..%2Fetc%2Fpasswd",
    b"%F0%9F%92%A5",
)
"""Values as they stand in an address or in the body of a form."""

TOKENS = {
    "/c/": ("click", [1, "http://127.0.0.1:8000/site"]),
    "/confirm/": (CONFIRMATION, "a key"),
    "/feedback/list/": (FEEDBACK_LIST, [1, 0]),
    "/feedback/": (FEEDBACK, [1, 1, 0]),
    "/fulfilment/": (FULFILMENT, "2026-03-31"),
    "/o/": ("open", 1),
    "/offers/": ("offer", 1),
    "/password/": (PASSWORD_LINK, [1, 0]),
    "/tasks/": ("task", 1),
    "/unsubscribe/": ("unsubscribe", 1),
    "/work/": ("work", [1, 0]),
    "/worklist/": ("work list", "sarah@example.com"),
}
VALID = {
    "digest": "0" * 64,
    "journey": "lead_nurture",
    "step": "article_1",
    "slug": "find-the-bottleneck",
    "name": "subject",
    "which": "1",
}
"""What stands in an address beside the hostile value; a number where nothing is said here."""
ANSWERS = ("has_budget", "has_need", "first_name", "last_name", "phone", "email", "next_check_in", "annual_revenue")
"""Fields of forms whose names come from the playbook."""
ANSWERED_BY_PLAYBOOK = ("/qualify", "/tasks/{token}")


@pytest.fixture
def something_everywhere(database_url: str) -> None:
    apply_playbook()
    contact = a_contact(phone="+12075550123")
    a_rep(email="sarah@example.com")
    run = a_run(contact)
    a_task(contact, run)
    a_message(contact)
    a_letter()
    add(
        InboundMail,
        key="a mail",
        from_address="a@example.com",
        to_address="us@example.com",
        subject="Hi",
        body="Hi",
        raw=b"Hi",
        kind="reply",
        received_at=NOW,
    )
    add(RejectedLead, source="website", content_type="application/json", raw=b"{}", problems=[], received_at=NOW)


def routes() -> Iterator[tuple[str, APIRoute]]:
    """Each method of each page and address."""
    for part in FOR_EVERYBODY + FOR_OPS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            yield from ((method, route) for method in sorted(route.methods - {"HEAD"}))


def address(route: APIRoute, hostile: str = "", value: bytes = b"") -> bytes:
    """The address of a route as it is, but for one part of its path."""
    path = route.path.replace(":path}", "}")
    for part in (param.name for param in route.dependant.path_params):
        given = value if part == hostile else _valid(route.path, part)
        path = path.replace(f"{{{part}}}", given.decode())
    return path.encode()


def _valid(path: str, part: str) -> bytes:
    if part == "token":
        purpose, signed = next(found for start, found in TOKENS.items() if path.startswith(start))
        return sign_token(purpose, signed).encode()
    return quote(VALID.get(part, "1")).encode()


def in_path() -> Iterator[RawRequest]:
    for (method, route), value in product(routes(), HOSTILE):
        for part in route.dependant.path_params:
            yield RawRequest(method, address(route, part.name, value))


def in_query() -> Iterator[RawRequest]:
    for (method, route), value in product(routes(), HOSTILE):
        if method == "GET":
            for name in [*_names(route), "unknown"]:
                yield RawRequest(method, address(route), name.encode() + b"=" + value)


def _names(route: APIRoute) -> Iterator[str]:
    for param in route.dependant.query_params:
        annotation = param.field_info.annotation
        is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        if is_model:
            yield from (field.alias or name for name, field in annotation.model_fields.items())
        else:
            yield param.alias


def in_form() -> Iterator[RawRequest]:
    for (method, route), value in product(routes(), HOSTILE):
        names = [param.name for param in route.dependant.body_params]
        if route.path.endswith(ANSWERED_BY_PLAYBOOK):
            names += ANSWERS
        if method == "POST":
            for name in names or ["unknown"]:
                others = b"".join(b"&" + other.encode() + b"=1" for other in names if other != name)
                yield RawRequest(method, address(route), headers=[FORM], body=[name.encode() + b"=" + value + others])


def in_headers() -> Iterator[RawRequest]:
    first = {route.path.split("/")[1]: (method, route) for method, route in routes()}
    names = (b"cookie", b"accept", b"authorization", b"user-agent", b"origin")
    for (method, route), name in product(first.values(), names):
        for value in (b"a\0b", b"tend_session=\xff\xfe", b"Bearer \xed\xa0\x80", b"x" * 20_000, b"Basic ////"):
            yield RawRequest(method, address(route), headers=[(name, value)])


def failures(sent: list[RawRequest]) -> dict[tuple[str, bytes, bytes], str]:
    answers = zip(sent, ask_all(sent), strict=True)
    return {
        (one.method, one.path[:90], one.query[:60] or b"".join(one.body)[:60]): answer.text[:200]
        for one, answer in answers
        if answer.status >= 500
    }


@pytest.mark.parametrize("where", [in_path, in_query, in_form, in_headers])
def test_no_value_in_any_address_form_or_header_is_an_error_of_ours(something_everywhere: None, where: Any) -> None:
    assert "\n".join(f"{k} {v}" for k, v in failures(list(where())).items()) == ""
