"""trip(): what happens to one contact on a journey, in milliseconds, without a database and without Prefect."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache

from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.maps.journey_map import build_map
from flows.runtime.prefect_flow import JourneyFlow, discover
from flows.testing.answers import Answers, AnswersByFunction, AnswersByName, GivenAnswers
from flows.testing.made_contact import MONDAY, MadeContact, a_contact
from flows.testing.suggestion import one_of
from flows.testing.trip import Trip
from flows.testing.walk import Walk
from flows.testing.world import Surroundings
from models.playbook import Playbook, load
from models.playbook.reading.file import playbook_file

TWO_YEARS = timedelta(days=730)

Named = str | JourneyFlow | Definition


@cache
def own_playbook() -> Playbook:
    """The playbook of this installation, whose kinds of tasks, fields and routers trips know."""
    return load(playbook_file())


def trip(
    journey: Named,
    contact: MadeContact | None = None,
    answers: GivenAnswers | None = None,
    *,
    on: str | None = None,
    follow: bool = False,
    begin: datetime = MONDAY,
    lasts: timedelta = TWO_YEARS,
    definitions: Definitions | None = None,
    playbook: Playbook | None = None,
) -> Trip:
    """What happens to a contact on a journey: a list of (day, what).

    `answers` are step -> answer: the outcome of a task, the event that a wait is for, the answer of a check that
    nothing else decides. What is not answered is silence. `"day 3": "order_placed:strategy-session"` lets something
    happen three days after the beginning; `after(timedelta(days=2), "Talked: Not Now")` is an answer that takes its
    time. Or a function from step to answer. `on` is the event that starts it, where the journey looks at that.
    `follow` takes the contact on to the journeys that this one hands over to or puts them on, and to those that start
    on what happens. `lasts` is how long to look. `definitions` are the journeys that there are, by default those of
    flows/journeys. Raises ValueError for a name or an answer that there is not, AnswerNeeded where an answer must be
    given.
    """
    by_name = definitions if definitions is not None else discover()
    definition = definition_of(journey, by_name)
    by_name = {**by_name, definition.name: definition}
    given: Answers = AnswersByFunction(answers) if callable(answers) else AnswersByName(answers or {})
    around = Surroundings(by_name, given, playbook or own_playbook(), begin, follow=follow)
    walk = Walk(around, contact or a_contact())
    if on is not None:
        walk.world.add_event(on)
    walk.start(definition.name, "trip", is_first=True)
    walk.go(begin + lasts)
    if isinstance(given, AnswersByName):
        _check_names(given, by_name if follow else {definition.name: definition}, around.playbook)
    return walk.result()


def definition_of(journey: Named, definitions: Definitions) -> Definition:
    """The journey, given as it stands in its file, by its definition or by its name. Raises ValueError."""
    if isinstance(journey, Definition):
        return journey
    if isinstance(journey, JourneyFlow):
        return journey.definition
    return definitions[one_of("journey", journey, definitions)]


def _check_names(given: AnswersByName, definitions: Mapping[str, Definition], playbook: Playbook) -> None:
    """Names that no step was asked by must at least be on the map."""
    if given.unasked():
        maps = [build_map(one, playbook.tasks.all_kinds) for one in definitions.values()]
        given.check_names({place.name for found in maps for place in found.steps})
