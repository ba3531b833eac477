"""The map of a journey as it is stored with its version: places, the ways between them, what starts and ends it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from models.titles import awaited, title_of_pattern

START = "start"
"""The id of where runs begin."""
ANY_STEP = "any"
"""The id of where exit conditions begin: whichever step a run is at."""

ANSWER_TITLES = {
    "no address": "no address",
    "queued": "sent",
    "suppressed": "may not be mailed",
}
SILENCE = "silence"
WAITING = frozenset({"wait", "wait_until", "wait_for", "task", "route", "offer", "feedback", "call"})
"""Verbs at which a run may stand for a while."""


@dataclass(frozen=True)
class Place:
    """One step of a journey."""

    id: str
    verb: str
    name: str
    title: str
    """What it is called where people read of it."""
    line: int | None = None
    file: str | None = None
    """From the project's folder, such as `flows/journeys/welcome.py`."""
    templates: tuple[str, ...] = ()
    """Of a mail: what it may be written by, as `journey/name`."""
    kind: str | None = None
    """Of a task."""
    to_person: bool = False
    """Somebody of ours has to do something."""
    to_owner: bool = False
    """That is the contact's owner."""
    transactional: bool = False
    waits: float | None = None
    """Seconds that it waits at most; None: it does not wait, or for as long as it takes."""
    starts: str | None = None
    """The journey that it starts beside this one."""
    asks_again: str | None = None
    """What happens here when the contact asks for a person again."""
    condition: str | None = None
    """Of a question: what is asked."""

    @property
    def may_wait(self) -> bool:
        """Whether runs can stand here."""
        return self.verb in WAITING


@dataclass(frozen=True)
class Way:
    """From one place to the next."""

    source: str
    answers: tuple[str, ...]
    target: str
    """A place or an ending."""

    @property
    def id(self) -> str:
        """Identifies it on its map."""
        return f"{self.source}-{self.target}"


@dataclass(frozen=True)
class Ending:
    """How a run may end."""

    id: str
    name: str
    hand_over: str | None = None
    """The journey that the contact is put on."""


@dataclass(frozen=True)
class JourneyPlaces:
    """The map of one journey."""

    journey: str
    places: tuple[Place, ...] = ()
    ways: tuple[Way, ...] = ()
    starts_on: tuple[str, ...] = ()
    """Patterns of events."""
    fallback: tuple[str, ...] = ()
    """Names of events that start it when nothing else does."""
    ends_on: Mapping[str, str] = field(default_factory=dict)
    """Pattern of an event -> id of the ending that it means, at any step."""
    endings: tuple[Ending, ...] = ()

    @property
    def starts(self) -> tuple[str, ...]:
        """The journeys that it starts beside itself."""
        return tuple(dict.fromkeys(place.starts for place in self.places if place.starts))

    @property
    def hand_overs(self) -> tuple[str, ...]:
        """The journeys that it hands over to."""
        return tuple(ending.hand_over for ending in self.endings if ending.hand_over)

    def place(self, id: str) -> Place | None:
        """The place with this id."""
        return next((place for place in self.places if place.id == id), None)

    def ways_from(self, id: str) -> list[Way]:
        """The ways that begin at a place."""
        return [way for way in self.ways if way.source == id]

    def says(self, way: Way) -> str:
        """Which answers lead this way, in people's words; empty where every answer does."""
        others = {answer for one in self.ways_from(way.source) for answer in one.answers} - set(way.answers)
        place = self.place(way.source)
        if not others or place is None:
            return ""
        return " or ".join(title_of_answer(place.verb, answer) for answer in way.answers)

    def to_json(self) -> dict[str, Any]:
        """As it is stored with a version."""
        document = asdict(self)
        return document | {
            "ways": [{"from": way.source, "answers": list(way.answers), "to": way.target} for way in self.ways],
            "starts": list(self.starts),
        }

    @classmethod
    def from_json(cls, journey: str, document: Mapping[str, Any]) -> "JourneyPlaces":
        """What was stored, by this version of Tend or another one: what is missing is empty, what is new left out."""
        return cls(
            journey,
            tuple(
                Place(**_known(Place, one) | {"templates": _words(one.get("templates"))})
                for one in _list(document, "places")
            ),
            tuple(Way(one["from"], _words(one.get("answers")), one["to"]) for one in _list(document, "ways")),
            _words(document.get("starts_on")),
            _words(document.get("fallback")),
            dict(document.get("ends_on") or {}),
            tuple(Ending(**_known(Ending, one)) for one in _list(document, "endings")),
        )


def title_of_answer(verb: str, answer: str) -> str:
    """An answer in people's words: `they answer by mail` for `replied`, `sent` for `queued`."""
    if answer == SILENCE:
        return {"offer": "nobody takes it", "task": "nobody reports in time"}.get(verb, "time is up")
    if verb == "send":
        return ANSWER_TITLES.get(answer, answer)
    return awaited(answer) if verb in ("wait_for", "wait_until") else answer


def title_of_start(places: JourneyPlaces) -> str:
    """What starts a journey, in people's words."""
    triggers = [title_of_pattern(pattern) for pattern in places.starts_on]
    triggers += [f"{title_of_pattern(name)}, and nothing else takes it up" for name in places.fallback]
    return "\n".join(triggers) or "Put on it by another journey, or by hand"


def _known(kind: type[Place] | type[Ending], document: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in document.items() if name in names}


def _list(document: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    return document.get(name) or ()


def _words(value: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(value or ())
