"""Writes docs/checks.md from the rules: `python docs/write_checks.py` brings it up to date.

Each example is checked as `./tend check` would, so the page says what is really said. A test holds the page against the
rules.
"""

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.runtime.checks.all_rules import CHAPTERS, RULES, build_maps, find_findings, look_at
from flows.runtime.checks.finding import Finding, Severity
from flows.runtime.checks.rule import Checked, Example, Rule
from flows.runtime.definitions.definition import Definitions
from flows.runtime.maps.request_places import request_places
from flows.runtime.prefect_flow import JourneyFlow, discover
from models.mail.rendering.email import TEMPLATE_FOLDER
from models.playbook import load

DOCS = Path(__file__).parent
PAGE = DOCS / "checks.md"
PLAYBOOK = DOCS.parent / "deployments" / "playbook.yaml"
LINE = 120
BEGIN, END = "<!-- rules: written by docs/write_checks.py -->", "<!-- end of rules -->"

IMPORTS = """from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import Contact
"""
"""What stands above each example."""
MODULE = "flows.journeys.spring"


@cache
def shipped() -> Checked:
    """The journeys as they are delivered: an example stands beside them."""
    return look_at(discover(), load(PLAYBOOK))


def findings_of(rule: Rule, rules: tuple[Rule, ...] = RULES) -> list[Finding]:
    """What is found in the example of a rule, apart from mails that it does not bring along."""
    example = rule.example
    assert example is not None
    with TemporaryDirectory() as folder, load_example(example, Path(folder)) as definitions:
        found = find_findings(beside_the_shipped(definitions, Path(folder) / "templates" / "mail"), rules)
        return [
            replace(one, file=_from_the_project(one.file, folder))
            for one in found
            if one.journey in definitions or (one.journey is None and _is_about(one, definitions, folder))
        ]


def _is_about(found: Finding, definitions: Definitions, folder: str) -> bool:
    """Whether something that is said of no journey is said because of these."""
    titles = {name.capitalize() for name in definitions}
    return (found.file or "").startswith(folder) or any(title in found.message for title in titles)


def _from_the_project(file: str | None, folder: str) -> str | None:
    return file and file.removeprefix(f"{folder}/")


def beside_the_shipped(definitions: Definitions, templates: Path) -> Checked:
    """Journeys together with the shipped ones, with the mails of a folder."""
    known = shipped()
    maps, warned = build_maps(definitions, known.kinds)
    together = {**known.definitions, **definitions}
    drawn = {name: one for name, one in together.items() if name not in maps or maps[name].states}
    return replace(
        known,
        definitions=together,
        maps={**known.maps, **maps},
        requests=request_places(drawn, known.kinds),
        warned=warned,
        templates=templates,
    )


@contextmanager
def load_example(example: Example, folder: Path) -> Iterator[Definitions]:
    """The journeys of an example, written to a folder like that of the project and loaded from there."""
    file = folder / "flows" / "journeys" / "spring.py"
    file.parent.mkdir(parents=True)
    file.write_text(source_of(example), encoding="utf-8")
    _write_mails(example, folder / "templates" / "mail")
    spec = spec_from_file_location(MODULE, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[MODULE] = module
    try:
        spec.loader.exec_module(module)
        yield {flow.definition.name: flow.definition for flow in vars(module).values() if isinstance(flow, JourneyFlow)}
    finally:
        del sys.modules[MODULE]


def source_of(example: Example) -> str:
    """The whole file; imports of the example stand among the usual ones."""
    return f"{IMPORTS}\n{example.code}"


def _write_mails(example: Example, folder: Path) -> None:
    (folder / "spring").mkdir(parents=True)
    for shared in [*TEMPLATE_FOLDER.glob("*.*"), TEMPLATE_FOLDER / "lead_nurture"]:
        (folder / shared.name).symlink_to(shared)
    for name, text in example.mails.items():
        (folder / "spring" / f"{name}.html").write_text(text, encoding="utf-8")


def written() -> str:
    """The page with its rules as the code says."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{_chapters()}\n\n{END}{rest.partition(END)[2]}"


def _chapters() -> str:
    return "\n\n".join(
        part for chapter, rules in CHAPTERS.items() for part in (f"## {chapter}", *(_rule(rule) for rule in rules))
    )


def _rule(rule: Rule) -> str:
    severity = " This is a warning." if rule.severity is Severity.WARNING else ""
    parts = [f"### {rule.code} {rule.title}", _wrap(f"{rule.reason}{severity}")]
    if rule.example is not None:
        parts += [_block("py", rule.example.code)]
        for name, text in rule.example.mails.items():
            parts += [f"The mail `{name}.html`:", _block("", text)]
        parts += [_block("", "\n".join(_said(finding) for finding in findings_of(rule, (rule,))))]
    return "\n\n".join(parts)


def _said(finding: Finding) -> str:
    way = [_wrap(f"on the way: {finding.way}", "    ", "    ")] if finding.path else []
    place = f"{finding.place}: " if finding.place else ""
    return "\n".join((_wrap(f"{place}{finding.code} {finding}", indent="    "), *way))


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```"


def _wrap(text: str, first: str = "", indent: str = "") -> str:
    return "\n".join(
        textwrap.wrap(
            text,
            LINE,
            initial_indent=first,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
    )


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
