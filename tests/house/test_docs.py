"""What the documentation shows is what there is: code runs, playbooks and commands are accepted, links lead on."""

import json
import re
import shutil
import sys
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from deployments.command_line import RENAMED, app
from flows.runtime import Journey
from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import build_map
from flows.runtime.prefect_flow import JourneyFlow, discover
from models.access.token import read_secret
from models.mail.rendering.email import TEMPLATE_FOLDER
from models.mail.rendering.links import Links
from models.mail.rendering.preview import MailTemplate, preview
from models.mail.rendering.sample import Recipient, bare_recipient, full_recipient
from models.playbook import Playbook, load
from tests.house.documentation import PAGES, README, Block, Page, blocks
from tests.support.paths import ROOT
from tests.support.playbook import SHIPPED, apply_playbook, the_shipped_playbook
from tests.support.web_pages import Browser

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
RUN_OR_ACCEPTED = {"", "console", "html", "py", "python", "sql", "yaml"}
"""Languages of blocks. Those without a language are drawings and what is said; `py` breaks a rule of ./tend check, and
tests/checks run it."""
OTHER_PROGRAMS = {"curl", ".ci/run"}
"""What console blocks run besides ./tend."""
LONGEST_LINE = 120
LONGEST_README = 150
LARGEST_PICTURE = 200_000
PICTURES = ROOT / "docs" / "pictures"

EXAMPLE_PEOPLE = """teams:
  - {name: Coast, reps: [{name: John, email: john@example.com}, {name: Sarah, email: sarah@example.com}]}
  - {name: Inland, reps: [{name: Mike, email: mike@example.com}]}
  - {name: Dealers, partner: true, reps: [{name: Ann, email: ann@partner.example.com}]}
"""
"""Whom the examples of routers name."""
EVERYBODY = "  - {name: everybody, members: [john@example.com, sarah@example.com, mike@example.com]}\n"
LINKS = Links("https://tend.example.com", "/site", lambda purpose, _value: f"{purpose.replace(' ', '-')}-token")


def test_the_readme_fits_on_a_few_screens() -> None:
    assert len(README.text.splitlines()) <= LONGEST_README


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_line_is_longer_than_a_screen(page: Page) -> None:
    """Rows of tables may be."""
    lines = enumerate(page.text.splitlines(), start=1)
    assert not [number for number, line in lines if len(line) > LONGEST_LINE and not line.lstrip().startswith("|")]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Page) -> None:
    lost = []
    for link in page.links:
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = page.path.parent / path if path else page.path
        if not target.exists() or (anchor and anchor not in Page(target.resolve()).anchors):
            lost.append(link)
    assert not lost


def test_every_page_is_in_the_index() -> None:
    index = Page(ROOT / "docs" / "README.md")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= {link.partition("#")[0] for link in index.links}


def test_the_folders_of_the_readme_are_there() -> None:
    folders = [name for row in re.findall(r"^\| (`.+?/`) \|", README.text, re.MULTILINE) for name in row.split(", ")]
    assert folders
    assert not [name for name in folders if not (ROOT / name.strip("`")).is_dir()]


def test_files_that_are_named_are_there() -> None:
    """Paths in backquotes that begin with a folder of ours; those with a placeholder, such as <step>, are left out."""
    tops = "blocks|deployments|docs|flows|models|templates|tests|web"
    named = {path for page in PAGES for path in re.findall(rf"`((?:{tops})/[\w./-]+\.\w+)`", page.prose)}
    assert len(named) > 20
    assert not [path for path in named if not (ROOT / path).exists()]


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    assert {block.language for page in PAGES for block in page.blocks} == RUN_OR_ACCEPTED


# Maps and pictures


def test_the_readme_shows_a_journey_as_it_is() -> None:
    (shown,) = [block for block in README.blocks if block.language == "python"]
    assert shown.code == (ROOT / "flows/journeys/unclaimed_lead.py").read_text()


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.stem)
def test_maps_are_drawn_from_the_code_as_it_is(picture: Path) -> None:
    """After a change of the journey: `./tend map JOURNEY --format svg > docs/pictures/JOURNEY.svg`."""
    drawn = re.findall(r"<metadata>(.*)</metadata>", picture.read_text(encoding="utf-8"), re.DOTALL)
    assert [unescape(source) for source in drawn] == [render_mermaid(build_map(discover()[picture.stem]))]


def test_pictures_are_small_and_shown_somewhere() -> None:
    shown = {(page.path.parent / link).resolve() for page in PAGES for link in page.links if "pictures/" in link}
    assert shown == {path.resolve() for path in PICTURES.iterdir()}
    assert not [path.name for path in shown if path.stat().st_size > LARGEST_PICTURE]


# Code


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_code_runs_and_its_journeys_come_to_an_end(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("documented")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(block.code, str(block), "exec"), vars(module))
    flows = [flow for flow in vars(module).values() if isinstance(flow, JourneyFlow)]
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert flows or tests or "@activity" in block.code or "\nassert " in block.code
    for test in tests:
        run_each_row(test)
    assert not [problem for flow in flows for problem in build_map(flow.definition).problems]


def run_each_row(test: Any) -> None:
    """A documented test, with the rows of its table if it has one."""
    [marked] = test.pytestmark
    names, rows = marked.args
    for row in rows:
        test(**dict(zip(names, row.values, strict=True)))


def test_the_verbs_of_journeys_are_all_explained() -> None:

    table = (
        (ROOT / "docs" / "journeys.md").read_text().partition("## What a journey may await")[2].partition("\n## ")[0]
    )
    explained = {verb for row in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for verb in row.split(", ")}
    verbs = {name for name, member in vars(Journey).items() if callable(member) and not name.startswith("_")}
    assert {verb.strip("`") for verb in explained} == verbs


@pytest.mark.parametrize("block", blocks("sql"), ids=str)
def test_queries_are_accepted_by_the_database(block: Block, connection: Connection) -> None:
    connection.execute(text(block.code.replace(":", r"\:")))


@pytest.mark.parametrize("block", blocks("html"), ids=str)
@pytest.mark.parametrize("known", ["everything", "the address alone"])
def test_mails_can_be_rendered(block: Block, known: str, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    shutil.copytree(TEMPLATE_FOLDER, folder, ignore=shutil.ignore_patterns("*_*"))
    (folder / "workshop").mkdir()
    (folder / "workshop" / "recording.html").write_text(block.code)
    playbook = the_shipped_playbook()
    recipient: Recipient = full_recipient(playbook) if known == "everything" else bare_recipient()
    mail = preview(MailTemplate("workshop/recording", folder), recipient, playbook, LINKS, datetime.now(UTC))
    assert mail.subject == f"Your workshop, {'Ana' if known == 'everything' else 'friend'}"
    assert "Watch the recording" in mail.text


# Playbooks


def playbook_with(example: str, folder: Path) -> Playbook:
    """The shipped playbook with the sections of an example in place of its own; fields are added to those it has."""
    playbook = SHIPPED.read_text()
    if example.startswith("fields:\n"):
        playbook = playbook.replace("\nfields:\n", f"\n{example}", 1)
    else:
        example = with_people(example)
        # The shipped goals name teams and people of the shipped playbook.
        for name in [*sections(example), *(["reports"] if "teams" in sections(example) else [])]:
            playbook = re.sub(rf"^{name}:.*?(?=^\S|\Z)", "", playbook, flags=re.DOTALL | re.MULTILINE)
        playbook += f"\n{example}"
    written = folder / "playbook.yaml"
    written.write_text(playbook)
    return load(written)


def sections(example: str) -> list[str]:
    return re.findall(r"^(\w+):", example, re.MULTILINE)


def with_people(example: str) -> str:
    """An example of routing with the people and the last router that it leaves out."""
    if "routing" not in sections(example):
        return example
    return EXAMPLE_PEOPLE + example.replace("routing:\n", f"{EVERYBODY}routing:\n")


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_playbooks_are_accepted(block: Block, tmp_path: Path) -> None:
    playbook = playbook_with(block.code, tmp_path)
    assert sections(block.code)
    assert not [name for name in sections(block.code) if not getattr(playbook, name)]


# Commands


@pytest.mark.parametrize("block", blocks("console"), ids=str)
def test_commands_are_there_with_their_options(block: Block) -> None:
    commands = list(block.commands)
    assert commands
    for program, *arguments in commands:
        if program == "./tend":
            check_command(arguments)
        else:
            assert program in OTHER_PROGRAMS
            assert program == "curl" or (ROOT / program).exists()


def check_command(arguments: list[str]) -> None:
    """As typer would take it, but not run. What follows `test` goes to pytest, which names its own options."""
    name, *rest = arguments[1:] if arguments[0] == "--demo" else arguments
    assert name in COMMANDS
    if name == "test":
        assert not [path for path in rest if path.startswith("tests/") and not (ROOT / path).exists()]
    else:
        COMMANDS[name].make_context(name, rest, resilient_parsing=False)


def test_commands_in_the_prose_are_there() -> None:
    named = {name for page in PAGES for name in re.findall(r"\./tend ([a-z][a-z-]+)", page.prose)}
    assert named <= {*COMMANDS, *RENAMED, "is"}


def test_every_command_is_explained() -> None:
    explained = re.findall(r"^\| `\./tend ([a-z-]+)`", (ROOT / "docs" / "running-it.md").read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(COMMANDS)


def curl(words: list[str]) -> tuple[str, dict[str, str], str]:
    """Path, headers and body of a POST."""
    address = next(word for word in words if word.startswith("http://127.0.0.1:8000"))
    headers = [words[place + 1] for place, word in enumerate(words) if word == "-H"]
    body = words[words.index("-d") + 1]
    return address.removeprefix("http://127.0.0.1:8000"), dict(one.split(": ", 1) for one in headers), body


@pytest.mark.parametrize("block", [one for one in blocks("console") if "curl" in one.code], ids=str)
def test_requests_are_answered_as_shown(block: Block, connection: Connection) -> None:
    apply_playbook()
    key = read_secret(connection, "api key")
    for words in block.commands:
        path, headers, body = curl([word.replace("$KEY", key) for word in words])
        answer = Browser("http://127.0.0.1:8000").post(path, headers=headers | {"accept": "*/*"}, content=body)
        assert answer.status_code == 201, answer.text
        shown = [line for line in block.code.splitlines() if line.startswith("{")]
        assert [json.loads(line) for line in shown] == ([answer.json()] if shown else [])


def test_old_words_of_the_changelog_are_gone_from_the_tables() -> None:
    """Each renamed column that the changelog names is there by its new name, and not by its old one."""
    rows = re.findall(r"^  \| `(\w+)` \| `(\w+)` \| `(\w+)` \|$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert len(rows) > 20
    columns = {name: set(table.columns.keys()) for name, table in SQLModel.metadata.tables.items()}
    assert not [(table, new) for table, _, new in rows if new not in columns[table]]
    assert not [(table, old) for table, old, _ in rows if old in columns[table]]
