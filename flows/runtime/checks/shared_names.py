"""Names that several journeys, or journeys and the playbook, use together."""

from collections.abc import Iterator

from flows.runtime.checks.names import steps
from flows.runtime.checks.rule import Checked, Found
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.journey_map import JourneyMap, MapState, Trouble
from flows.runtime.verbs.task import TaskStep
from models.playbook.source import FOUND_OUT
from models.splits import Variants
from models.titles import title_of_journey


def find_unknown_kinds(checked: Checked) -> Iterator[Found]:
    """Kinds of tasks that are not there."""
    for name, found in checked.maps.items():
        for problem in found.problems:
            if problem.trouble is Trouble.UNKNOWN_KIND:
                at = found.places.get(problem.node)
                yield Found(problem.sentence.removeprefix(f"{name}: "), name, at, problem.path)


def find_split_conflicts(checked: Checked) -> Iterator[Found]:
    """A contact has one variant per split test, so a test has the same variants and weights in every journey."""
    first: dict[str, tuple[str, Variants]] = {}
    for name, found in checked.maps.items():
        for test in found.split_tests:
            journey, known = first.setdefault(test.test, (name, test))
            if test != known:
                state = _drawn_in(found, test)
                message = (
                    f"the split test '{test.test}' has the weights {dict(test.weights)}, but in {journey} it has "
                    f"{dict(known.weights)}. Write them once for both, or give one test another name."
                )
                yield Found(message, name) if state is None else Found.in_state(message, name, state)


def _drawn_in(found: JourneyMap, test: Variants) -> MapState | None:
    return next((state for state in found.states if state.ask is not None and test in state.ask.split_tests()), None)


def find_unknown_tests(checked: Checked) -> Iterator[Found]:
    """Tests that the playbook judges and no journey draws for."""
    known = {test.test for found in checked.maps.values() for test in found.split_tests}
    for name in checked.playbook.split_tests if checked.playbook is not None else ():
        if name not in known:
            yield Found(
                f"The playbook judges the split test '{name}', which no journey has. There are: "
                f"{', '.join(sorted(known)) or 'none'}. Correct the name, or take it out of split_tests."
            )


def find_shared_triggers(checked: Checked) -> Iterator[Found]:
    """Each trigger that several journeys have, also where one is a part of the other."""
    definitions = checked.definitions
    for pattern in sorted({pattern for one in definitions.values() for pattern in one.starts_on}):
        journeys = sorted(_title(one) for one in definitions.values() if _starts(one, pattern))
        if len(journeys) > 1:
            yield Found(
                f"{pattern} starts {len(journeys)} journeys: {', '.join(journeys)}. Whoever it comes from gets the "
                "mails and tasks of each. Take it out of starts_on where one is enough."
            )


def _starts(definition: Definition, pattern: str) -> bool:
    """Whether events of this pattern start it: it names them, or all of their name."""
    return bool({pattern, pattern.partition(":")[0]} & set(definition.starts_on))


def _title(definition: Definition) -> str:
    return definition.title or title_of_journey(definition.name)


def find_open_fields(checked: Checked) -> Iterator[Found]:
    """Fields that salespeople fill in and that strangers could set all the same. It may be meant so: a form can ask
    what salespeople ask later.
    """
    playbook = checked.playbook
    if playbook is None:
        return
    forms = (ask.form or () for found in checked.maps.values() for _, ask in steps(found) if isinstance(ask, TaskStep))
    explained = {name for form in forms for name in form if name in playbook.fields and playbook.fields[name].about}
    written = {*FOUND_OUT, *explained}
    for name, source in playbook.sources.items():
        for field in sorted(written & source.fields.keys()) if source.is_public else ():
            yield Found(
                f"sources.{name}: anybody can set {field} of whoever they name, and salespeople fill it in. Take it "
                "out of its fields, or say public: false."
            )
