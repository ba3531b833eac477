"""The health of Tend as a page: each thing that it needs, whether a person must act, and where."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from web.frame.needs import read_needs
from web.frame.pages import page
from web.frame.who import who_asks
from web.health.service import Service

TITLES = {
    "postgres": "Database",
    "clock": "Clock, which runs the journeys",
    "journeys": "Journeys",
    "mail": "Outgoing mail",
    "mail_events": "Opens, clicks and bounces",
    "leads": "Incoming leads",
    "prefect": "Prefect, for forms and nightly flows",
}

ACTS = {
    "journeys": ("stuck", "/runs", "Move them on"),
    "mail": ("failed", "/messages", "Look at them"),
    "leads": ("rejected_overdue", "/rejected", "Repair them"),
}
"""Service -> the fact that asks for a person where it is not 0, the page for it, and its button."""

LABELS = {
    "ok": ("Everything runs", "good"),
    "degraded": ("Something does not run; leads are taken all the same", "warn"),
    "up": ("runs", "good"),
    "down": ("does not run", "bad"),
    "unset": ("not set up", "warn"),
    "waits": ("waits for a person", "warn"),
}
"""State -> how it reads, and its colour."""


@dataclass(frozen=True)
class HealthLine:
    """One thing that Tend needs, as people read it."""

    title: str
    state: str
    tone: str
    says: str
    path: str | None
    """The page where a person deals with it."""
    button: str


def health_page(request: Request, status: str, services: Mapping[str, Service]) -> Response | None:
    """The page for whoever of ops asks; None for a program that has the API key."""
    if who_asks(request) is None:
        return None
    read_needs(request)
    lines = [_line(name, service) for name, service in services.items()]
    overall = LABELS[status]
    if status == "ok" and any(line.path for line in lines):
        overall = ("Everything runs, and something waits for a person", "warn")
    return page(request, "frame/health.html", lines=lines, overall=overall)


def _line(name: str, service: Service) -> HealthLine:
    fact, path, button = ACTS.get(name, ("", "", ""))
    waits = bool(path and service.facts.get(fact))
    state, tone = LABELS["waits" if waits and service.status == "up" else service.status]
    says = f"{service.says[:1].upper()}{service.says[1:]}."
    return HealthLine(TITLES[name], state, tone, says, path if waits else None, button)
