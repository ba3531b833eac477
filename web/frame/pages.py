"""Server-rendered pages: the Jinja2 environment and what every page knows."""

import hashlib
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from models import titles, wording
from models.values.readers.bad_value import advice, what_to_give
from models.values.readers.phone import readable_phone
from models.values.readers.readable_address import readable_address
from web.frame import moments, words
from web.frame.installation.demo import demo_state
from web.frame.installation.test_mode import test_address
from web.frame.navigation import figures, navigation, place_of
from web.frame.needs import AT_MOST, needs
from web.frame.who import known_already

TEMPLATES = Path(__file__).parents[2] / "templates" / "pages"
STATIC = Path(__file__).parents[1] / "static"


def page(
    request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """A page from templates/pages, with the navigation and the time beside what is handed in."""
    who = known_already(request)
    every_page = {
        "acting": who,
        "demo": demo_state(),
        "figures": figures(needs(request), AT_MOST),
        "here": place_of(request.scope["path"]),
        "logged_in": who is not None and who.session is not None,
        "may": who.may if who else _nobody_may,
        "navigation": navigation(who),
        "now": datetime.now(UTC),
        "prefect_ui": prefect_ui(),
        "stylesheet": fingerprint("tend.css"),
        "test_address": test_address.read(),
    }
    html = _environment().get_template(template).render(every_page | context)
    # What people type may contain half of a surrogate pair, which cannot be sent back as it is.
    return HTMLResponse(html.encode(errors="replace"), status, headers)


def _nobody_may(_: str) -> bool:
    """On pages that need no login, nobody has a role."""
    return False


def prefect_ui() -> str | None:
    """Where Prefect's own pages are, if that is known."""
    address = os.environ.get("PREFECT_UI_URL") or os.environ.get("PREFECT_API_URL", "").removesuffix("/api")
    return address or None


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": _moment,
        "date": _date,
        "day": wording.day,
        "short_day": wording.short_day,
        "full_date": wording.full_date,
        "as_day": words.as_day,
        "duration": wording.duration,
        "short": wording.short,
        "relative": wording.relative,
        "number": wording.number,
        "percent": wording.percent,
        "money": wording.money,
        "phone": _readable_identity,
        "counted": wording.counted,
        "awaited": titles.awaited,
        "label": words.label,
        "plain": _plain,
        "pairs": _pairs,
        "event_title": titles.title_of_event,
        "event_pattern": titles.title_of_pattern,
        "journey_title": titles.title_of_journey,
        "journey_titles": titles.with_journey_titles,
        "mail_title": titles.title_of_mail,
        "step_title": titles.waited_for,
        "task_title": titles.title_of_task,
        "advice": advice,
        "what_to_give": what_to_give,
    }
    return environment


def _readable_identity(text: str) -> str:
    """Who somebody is, as people read it: a name, a number or an address, whichever is known."""
    return readable_address(text) if "@" in text else readable_phone(text)


@pass_context
def _moment(context: Context, at: datetime | None) -> Markup:
    """A moment by the clock of the page's `zone`, where it has one: pages for salespeople, as in their mails."""
    return moments.moment(at, context.get("zone"))


@pass_context
def _date(context: Context, at: datetime) -> str:
    return moments.local_date(at, context.get("zone"))


@pass_context
def _plain(context: Context, value: Any) -> str:
    return words.plain(value, context.get("zone"))


@pass_context
def _pairs(context: Context, document: dict[str, Any]) -> list[tuple[str, str]]:
    return words.pairs(document, zone=context.get("zone"))


@cache
def fingerprint(file: str) -> str:
    """Changes with a file of web/static, so that browsers may keep it."""
    return hashlib.sha256((STATIC / file).read_bytes()).hexdigest()[:12]
