"""What else can be found by name: journeys, mails, the team, sources, pages, reports, documentation."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, text

from models.mail.rendering.preview import mail_templates
from models.playbook import NoPlaybook, current_playbook
from models.search import plain_letters
from models.wording import money
from web.documentation.markdown import anchor, page_names, read_page
from web.frame.navigation import navigation
from web.frame.who import Who
from web.frame.words import label
from web.reports.chapters.index import CHAPTER_READERS

JOURNEYS = Path(__file__).parents[2] / "flows" / "journeys"
AT_MOST = 8
"""Of each kind that are shown."""

PEOPLE = text("""
SELECT rep.id, rep.name, rep.email, team.name AS team, rep.active FROM rep LEFT JOIN team ON team.id = rep.team_id
ORDER BY rep.active DESC, rep.name LIMIT 5000
""")
ORDERS = text("""
SELECT reference, contact_id, amount, currency FROM "order" WHERE reference = ANY(:references) ORDER BY id LIMIT 8
""")
ROUTERS = text("SELECT name FROM router ORDER BY name LIMIT 1000")


@dataclass(frozen=True)
class Item:
    """Something that can be found by its title, or else by the words beside it."""

    kind: str
    """The heading under which it stands."""
    title: str
    path: str
    beside: str = ""


def find_items(connection: Connection, who: Who, typed: str) -> dict[str, list[Item]]:
    """What fits, by kind: titles that begin with the words come first, then those that have all of them."""
    words = plain_letters(typed).split()
    ranked = [
        (rank, place, item)
        for place, item in enumerate((*_of_product(), *_of_business(connection), *_of_navigation(who)))
        if (rank := _rank(item, words)) is not None
    ]
    found: dict[str, list[Item]] = {}
    for _, _, item in sorted(ranked, key=lambda one: one[:2]):
        if len(found.setdefault(item.kind, [])) < AT_MOST:
            found[item.kind].append(item)
    return found | _orders(connection, typed)


def _orders(connection: Connection, typed: str) -> dict[str, list[Item]]:
    """The orders of this number, in whatever case it was typed."""
    spellings = sorted({typed, typed.upper(), typed.lower()})
    rows = connection.execute(ORDERS, {"references": spellings})
    items = [
        Item("Orders", f"Order {row.reference}", f"/contacts/{row.contact_id}", money(row.amount, row.currency))
        for row in rows
    ]
    return {"Orders": items} if items else {}


def _rank(item: Item, words: Sequence[str]) -> int | None:
    """0 to 3; None where a word is missing."""
    title = plain_letters(item.title)
    everything = f" {title} {plain_letters(item.beside)}"
    if not words or not all(word in everything for word in words):
        return None
    if title.startswith(" ".join(words)):
        return 0
    return 1 if all(f" {word}" in f" {title}" for word in words) else 2 if all(word in title for word in words) else 3


@cache
def _of_product() -> tuple[Item, ...]:
    return (*_journeys(), *_mails(), *_reports(), *_documentation())


def _journeys() -> Iterator[Item]:
    for file in sorted(JOURNEYS.glob("[!_]*.py")):
        purpose = (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]
        yield Item("Journeys", label(file.stem), f"/runs#{file.stem}", purpose)


def _mails() -> Iterator[Item]:
    for mail in mail_templates():
        yield Item("Mails", label(mail.step or mail.name), f"/mails/{mail.name}", label(mail.journey))


def _reports() -> Iterator[Item]:
    for name in CHAPTER_READERS:
        yield Item("Reports", label(name.replace("-", "_")), f"/reports/{name}")


def _documentation() -> Iterator[Item]:
    for name in page_names():
        if found := read_page(name):
            yield Item("Documentation", found.title, f"/docs/{name}")
            for heading in found.headings:
                yield Item("Documentation", heading, f"/docs/{name}#{anchor(heading)}", found.title)


def _of_business(connection: Connection) -> Iterator[Item]:
    teams: dict[str, None] = {}
    for rep in connection.execute(PEOPLE):
        gone = "" if rep.active else ", no longer here"
        yield Item(
            "Team",
            rep.name,
            f"/team/person/{rep.id}",
            f"{rep.email} {rep.team or ''}{gone}",
        )
        yield Item("Team", f"Leads of {rep.name}", f"/team/person/{rep.id}?show=received#list", "requests of 30 days")
        yield Item("Team", f"Open tasks of {rep.name}", f"/tasks?person={rep.id}")
        teams |= {rep.team: None} if rep.team else {}
    for team in teams:
        yield Item("Team", team, f"/team/{quote(team)}", "team")
    for (router,) in connection.execute(ROUTERS):
        yield Item("Team", router, f"/routers/{quote(router)}", "router")
    try:
        sources = current_playbook(connection).sources
    except NoPlaybook:
        return
    for name, source in sources.items():
        yield Item("Sources", source.label or label(name), "/reports/sources", name)


def _of_navigation(who: Who) -> Iterator[Item]:
    for group in navigation(who):
        for entry in group.entries:
            yield Item("Pages", entry.title, entry.path, f"{group.title} {entry.words}".strip())
