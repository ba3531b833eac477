"""Roles: who may look changes nothing and sees no button that does; each form says which role it takes."""

import inspect
import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from models import InboundKind, InboundMail, RejectedLead, Role
from tests.support.database import rows
from tests.support.logins import WORLD, logged_in_as
from tests.support.playbook import apply_playbook
from tests.support.web_pages import (
    NOW,
    Browser,
    a_contact,
    a_letter,
    a_message,
    a_run,
    a_task,
    add,
    an_event,
    browser,
)
from web.app import FOR_EVERYBODY, FOR_OPS
from web.frame.login import RequiredRole, require_ops
from web.frame.navigation import NAVIGATION

SAFE = {"GET", "HEAD"}
OWN = "/me"
"""What people change of their own takes no more than to look."""
LINK = re.compile(r'(?:href|action)="(/[^"#]*)')
FORM = re.compile(r'<form[^>]*method="post"[^>]*>')


def ops_routes() -> list[APIRoute]:
    """Every route that asks who it is, whichever list of the app its module stands in."""
    routes = [one for part in FOR_OPS + FOR_EVERYBODY for one in part.router.routes if isinstance(one, APIRoute)]
    return [route for route in routes if any(is_for_ops(one.call) for one in route.dependant.dependencies)]


def is_for_ops(dependency: object) -> bool:
    return dependency is require_ops or isinstance(dependency, RequiredRole)


def role_of(route: APIRoute) -> Role | None:
    """The highest role that a route asks for by name; None where it names none."""
    named = [one.call.role for one in route.dependant.dependencies if isinstance(one.call, RequiredRole)]
    return max(named, key=list(Role).index, default=None)


CHANGING = [route for route in ops_routes() if not route.methods <= SAFE]


def test_no_module_for_ops_has_a_form_that_asks_nobody_who_it_is() -> None:
    routes = [one for part in FOR_OPS for one in part.router.routes if isinstance(one, APIRoute)]
    assert [route.path for route in routes if route not in ops_routes()] == []


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: route.path)
def test_each_form_of_ops_names_the_role_that_it_takes(route: APIRoute) -> None:
    role = role_of(route)
    assert role is not None, f"{route.path} names no role: dependencies=[Depends(require_role(...))]"
    assert role is not Role.LOOK or route.path.startswith(OWN), f"whoever may only look may post to {route.path}"


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: route.path)
def test_what_each_form_of_ops_does_is_recorded(route: APIRoute) -> None:
    source = inspect.getsource(route.endpoint)
    assert "audit(" in source or "enter(" in source, f"{route.path} writes no row of the audit"


@pytest.fixture
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """A contact with something on each page that a person could act on."""
    monkeypatch.setenv("TEND_WEB_URL", WORLD)
    apply_playbook()
    contact = a_contact()
    a_task(contact)
    a_run(contact, journey="welcome", key="stuck", status="stuck", stuck_reason="ValueError: 7")
    a_message(contact, state="failed", reason="550 no such user")
    a_letter()
    an_event(contact, "form_submitted", "request-info")
    said = {"from_address": "ana@example.com", "to_address": "us@example.com", "subject": "Hi", "body": "Hi"}
    add(InboundMail, kind=InboundKind.REPLY, key="1", raw=b"Hi", received_at=NOW, **said)
    add(RejectedLead, source="website", content_type="text/plain", raw=b"?", problems=[], received_at=NOW)
    return contact


def pages_seen_by(visitor: Browser, contact: int) -> Iterator[tuple[str, str]]:
    """The pages of the navigation and those that they lead to, as somebody sees them."""
    waiting = {entry.path for group in NAVIGATION for entry in group.entries} | {f"/contacts/{contact}", "/bounces"}
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = visitor.get(path)
        if answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
            assert answer.status_code in (200, 303, 307, 403, 404, 405, 422), path
            continue
        yield path, answer.text
        found = {link.replace("&amp;", "&") for link in LINK.findall(answer.text)}
        waiting |= {link for link in found if is_of_ops(link)} - seen


def is_of_ops(link: str) -> bool:
    """Whether it is worth a look: no download, no other page of a list that was seen, nothing behind a token."""
    if (
        "?" in link
        or ".csv" in link
        or ".xlsx" in link
        or link.startswith(("/static", "/site", "/logout", "/reports/"))
    ):
        return False
    return len(link) < 60


def test_whoever_may_look_sees_no_button_that_changes_anything_and_no_link_that_acts(business: int) -> None:
    visitor = logged_in_as(Role.LOOK)
    pages = dict(pages_seen_by(visitor, business))
    assert {"/", "/tasks", "/runs", "/replies", f"/contacts/{business}"} <= pages.keys()
    for path, html in pages.items():
        forms = [form for form in FORM.findall(html) if "/logout" not in form and f'action="{OWN}' not in form]
        assert forms == [], path
        assert not re.search(r'href="/(?:tasks|work|worklist|offers|unsubscribe)/[\w.-]{20,}', html), path


def test_whoever_may_work_sees_no_button_that_takes_more(business: int) -> None:
    takes_more = [path_pattern(route) for route in CHANGING if role_of(route) is Role.SET_UP]
    pages = dict(pages_seen_by(logged_in_as(Role.WORK), business))
    posted = {action for html in pages.values() for action in re.findall(r'method="post" action="([^"]*)"', html)}
    assert f"/contacts/{business}/qualify" in posted
    assert [action for action in posted if any(pattern.fullmatch(action) for pattern in takes_more)] == []


def path_pattern(route: APIRoute) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]*\}", "[^/]+", route.path))


@pytest.mark.usefixtures("business")
@pytest.mark.parametrize(
    ("has", "refused"), [(Role.LOOK, Role.WORK), (Role.LOOK, Role.SET_UP), (Role.WORK, Role.SET_UP)]
)
def test_a_form_that_takes_another_role_is_refused_and_changes_nothing(has: Role, refused: Role) -> None:
    visitor = logged_in_as(has)
    for route in CHANGING:
        if role_of(route) is refused:
            answer = visitor.post(re.sub(r"\{[^}]*\}", "1", route.path))
            assert (answer.status_code, "Not with your role" in answer.text) == (403, True), route.path
            assert f"“{refused}”" in answer.text
    assert rows("SELECT count(*) FROM audit") == [(0,)]


@pytest.mark.usefixtures("business")
def test_nobody_reads_a_link_that_lets_somebody_in_but_who_may_manage_logins() -> None:
    boss = logged_in_as(Role.SET_UP, "Sarah Miller")
    boss.post("/logins", data={"name": "Mike Brandt", "email": "mike@example.com", "role": "set up"})
    [(message,)] = rows("SELECT key FROM message WHERE template = 'team/login_invitation'")
    letter = a_letter(message_key=message, subject="Your login", html="<a href='/password/x'>Set</a>")

    worker, looker = logged_in_as(Role.WORK), logged_in_as(Role.LOOK, "Ana Ribeiro")

    assert "Your login" in boss.get("/mailbox").text
    assert "Your login" not in worker.get("/mailbox").text
    assert [worker.get(f"/mailbox/{letter}{part}").status_code for part in ("", "/html")] == [404, 404]
    assert looker.get("/mailbox").status_code == 403


@pytest.mark.usefixtures("business")
def test_a_role_counts_from_the_next_page_on() -> None:
    visitor = logged_in_as(Role.WORK)
    boss = logged_in_as(Role.SET_UP, "Sarah Miller")
    [(number,)] = rows("SELECT id FROM login WHERE name = 'Nora Lindqvist'")
    assert visitor.get("/mailbox").status_code == 200

    boss.post(f"/logins/{number}/role", data={"role": "look"})

    assert visitor.get("/mailbox").status_code == 403
    assert visitor.get("/contacts").status_code == 200


@pytest.mark.usefixtures("business")
def test_at_this_machine_a_login_counts_for_whoever_has_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEND_WEB_URL")
    here = browser()
    assert here.get("/logins").status_code == 200
    looker = logged_in_as(Role.LOOK)
    looker.address = here.address
    assert looker.get("/logins").status_code == 403
