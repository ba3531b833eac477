"""All rules, and what breaks them."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from flows.runtime.authoring.journey_source import read_source
from flows.runtime.authoring.not_repeatable import Slip
from flows.runtime.authoring.renamed_keyword import RenamedKeyword
from flows.runtime.authoring.source_check import find_slips
from flows.runtime.checks.code_rules import CODE_RULES
from flows.runtime.checks.finding import Finding, Severity
from flows.runtime.checks.mail_rules import MAIL_RULES
from flows.runtime.checks.name_rules import NAME_RULES, REQUEST_RULES
from flows.runtime.checks.rule import Checked, Rule
from flows.runtime.checks.time_limit import build_map_in_time
from flows.runtime.checks.way_rules import WAY_RULES
from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.definitions.journey import VERBS
from flows.runtime.definitions.run import SourceLine
from flows.runtime.maps.journey_map import JourneyMap
from flows.runtime.maps.request_places import request_places
from flows.runtime.unloadable import UnloadableFile
from models.mail.rendering.email import TEMPLATE_FOLDER
from models.playbook import Playbook
from models.playbook.tasks import TaskKinds, own_kinds

CHAPTERS: Mapping[str, tuple[Rule, ...]] = {
    "Code": CODE_RULES,
    "Ways": WAY_RULES,
    "Names": NAME_RULES,
    "Mails": MAIL_RULES,
    "Requests for a person": REQUEST_RULES,
}
RULES = tuple(rule for rules in CHAPTERS.values() for rule in rules)


def build_maps(
    definitions: Definitions, kinds: TaskKinds
) -> tuple[dict[str, JourneyMap], list[tuple[SourceLine, str]]]:
    """The maps of all journeys that can be loaded, and where they use keywords by their old names.

    A map without states is of a journey that is not tried.
    """
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", RenamedKeyword)
        maps = {name: _build_map(one, kinds) for name, one in definitions.items() if one.problem is None}
    return maps, list(dict.fromkeys(((one.filename, one.lineno), str(one.message)) for one in found))


def _build_map(definition: Definition, kinds: TaskKinds) -> JourneyMap:
    """The map; an empty one of a journey that would act on the world, or sleep, while it is tried."""
    source = read_source(definition.body)
    slips = [slip for slip in find_slips(definition.body, VERBS) if slip.kind in (Slip.OUTSIDE, Slip.SLEEP)]
    if source is not None and any(source.performs(slip.path, slip.line) for slip in slips):
        return JourneyMap(definition.name)
    return build_map_in_time(definition, kinds)


def find_findings(checked: Checked, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """Everything that breaks a rule, by file and line."""
    found = dict.fromkeys(finding for rule in rules for finding in rule.findings(checked))
    # The same step is asked for in many states: the first path is the shortest.
    first: dict[tuple[object, ...], Finding] = {}
    for one in found:
        first.setdefault((one.code, one.journey, one.file, one.line, one.message), one)
    return sorted(first.values(), key=lambda one: (one.file or "", one.line or 0, one.code))


def find_problems(definitions: Definitions, kinds: TaskKinds | None = None) -> list[str]:
    """What is wrong with the journeys themselves, as sentences; mails and playbook are not looked at."""
    known = own_kinds() if kinds is None else kinds
    maps, _ = build_maps(definitions, known)
    checked = Checked(definitions, maps, known, datetime.now(UTC))
    return [str(one) for one in find_findings(checked) if one.severity is Severity.ERROR]


def look_at(
    definitions: Definitions,
    playbook: Playbook | None,
    *,
    playbook_problems: Sequence[str] = (),
    unloadable: Sequence[UnloadableFile] = (),
    templates: Path = TEMPLATE_FOLDER,
) -> Checked:
    """These journeys with all that is looked at: maps, playbook, mails, and what becomes of repeated requests.

    Without a playbook that can be read, what it would name is not looked at.
    """
    kinds = own_kinds() if playbook is None else playbook.tasks.all_kinds
    maps, warned = build_maps(definitions, kinds)
    # A journey that is not tried has no map, and requests would draw it.
    drawn = {name: one for name, one in definitions.items() if name not in maps or maps[name].states}
    return Checked(
        definitions,
        maps,
        kinds,
        datetime.now(UTC),
        playbook=playbook,
        playbook_problems=playbook_problems,
        requests=request_places(drawn, kinds),
        unloadable=unloadable,
        warned=warned,
        templates=templates,
        looks_at_mails=True,
    )
