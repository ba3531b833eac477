"""Findings as they are printed: for people, for GitHub's pages, for programs."""

import json
from collections.abc import Sequence
from enum import StrEnum

from rich.console import Console
from rich.markup import escape

from flows.runtime.checks.all_rules import RULES
from flows.runtime.checks.finding import Finding, Severity

TITLES = {rule.code: rule.title for rule in RULES}


class OutputFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    """One a line, as editors open it: `flows/journeys/spring.py:12: J204 spring: ...`."""
    GITHUB = "github"
    """Commands by which GitHub shows each beside its line."""
    JSON = "json"
    """One list."""


def print_text(console: Console, findings: Sequence[Finding]) -> None:
    """Each with its place, its rule and the way there; lines are not broken."""
    for one in findings:
        sign = "[red]✗[/]" if one.severity is Severity.ERROR else "[yellow]![/]"
        place = f"{one.place}: " if one.place else ""
        console.print(f"{sign} {escape(place)}[bold]{one.code}[/] {escape(str(one))}", soft_wrap=True)
        if one.path:
            console.print(f"    [dim]on the way: {escape(one.way)}[/]", soft_wrap=True)


def github_line(one: Finding) -> str:
    """The command for one finding."""
    properties = {"file": one.file, "line": one.line, "title": f"{one.code} {TITLES.get(one.code, 'Open runs')}"}
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    way = f" On the way: {one.way}." if one.path else ""
    return f"::{one.severity} {written}::{_data(f'{one}{way}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def json_document(findings: Sequence[Finding]) -> str:
    """All of them, with the names of the fields of a Finding."""
    return json.dumps(
        [
            {
                "code": one.code,
                "title": TITLES.get(one.code, "Open runs"),
                "severity": one.severity,
                "file": one.file,
                "line": one.line,
                "journey": one.journey,
                "message": one.message,
                "path": one.path,
            }
            for one in findings
        ],
        indent=2,
    )
