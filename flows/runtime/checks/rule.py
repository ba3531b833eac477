"""A rule about journeys: what it says, why, a journey that breaks it, and how it is found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path as FilePath

from flows.runtime.authoring.journey_source import JourneySource, read_source
from flows.runtime.authoring.source_check import SourceSlip, find_slips
from flows.runtime.checks.finding import Finding, Severity
from flows.runtime.definitions.definition import Definitions
from flows.runtime.definitions.journey import VERBS
from flows.runtime.definitions.run import SourceLine
from flows.runtime.maps.journey_map import JourneyMap, MapState, Path
from flows.runtime.maps.request_places import RequestPlaces
from flows.runtime.unloadable import UnloadableFile
from models.mail.rendering.email import TEMPLATE_FOLDER
from models.playbook import Playbook
from models.playbook.tasks import TaskKinds

PROJECT = FilePath(__file__).parents[3]


@dataclass(frozen=True, eq=False)
class Checked:
    """What is checked: the journeys with their maps, and all that they may name."""

    definitions: Definitions
    maps: Mapping[str, JourneyMap]
    """The maps of those that can be loaded."""
    kinds: TaskKinds
    now: datetime
    playbook: Playbook | None = None
    """None: it cannot be read, or is not looked at."""
    playbook_problems: Sequence[str] = ()
    """Why it cannot be read."""
    requests: RequestPlaces | None = None
    """None: what becomes of repeated requests is not looked at."""
    unloadable: Sequence[UnloadableFile] = ()
    warned: Sequence[tuple[SourceLine, str]] = ()
    """What Python warned of while the maps were drawn."""
    templates: FilePath = TEMPLATE_FOLDER
    looks_at_mails: bool = False
    """Whether the mails are there, and are rendered."""

    @cached_property
    def slips(self) -> Mapping[str, tuple[SourceSlip, ...]]:
        """Journey -> the slips in its source."""
        return {name: find_slips(one.body, VERBS) for name, one in self.definitions.items() if one.problem is None}

    @cached_property
    def sources(self) -> Mapping[str, JourneySource]:
        """Journey -> its source, where there is one."""
        found = {name: read_source(one.body) for name, one in self.definitions.items() if one.problem is None}
        return {name: source for name, source in found.items() if source is not None}

    def first_line(self, journey: str) -> SourceLine:
        """Where a journey begins."""
        code = self.definitions[journey].body.__code__
        return code.co_filename, code.co_firstlineno


@dataclass(frozen=True)
class Found:
    """What a rule has found, before it is written down."""

    message: str
    journey: str | None = None
    at: SourceLine | None = None
    path: Path = ()
    severity: Severity | None = None
    """None: the rule's."""

    @classmethod
    def in_state(cls, message: str, journey: str, state: MapState) -> "Found":
        """At a step of a journey, with the way there."""
        return cls(message, journey, state.made_at, state.path)


@dataclass(frozen=True)
class Example:
    """A journey that breaks a rule, and what is said of it."""

    code: str
    """As it stands in flows/journeys/spring.py, below the usual imports."""
    sentence: str
    """How the message begins."""
    mails: Mapping[str, str] = field(default_factory=dict)
    """Template -> its text, where a mail is what is wrong."""


@dataclass(frozen=True)
class Rule:
    """One rule, and how it is found."""

    code: str
    title: str
    reason: str
    """What would happen, and what to do instead."""
    find: Callable[[Checked], Iterable[Found]]
    example: Example | None = None
    """None: what is wrong is not in a journey."""
    severity: Severity = Severity.ERROR

    def findings(self, checked: Checked) -> Iterator[Finding]:
        """Everything that breaks it."""
        for one in self.find(checked):
            at = one.at
            if at is None and one.journey in checked.definitions:
                at = checked.first_line(str(one.journey))
            file, line = (None, None) if at is None else (_relative(at[0]), at[1])
            yield Finding(self.code, one.severity or self.severity, one.message, one.journey, file, line, one.path)


def _relative(file: str) -> str:
    path = FilePath(file)
    return path.relative_to(PROJECT).as_posix() if path.is_relative_to(PROJECT) else path.as_posix()
