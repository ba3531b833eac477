"""Names in journeys and the playbook that refer to nothing: mails, subjects, fields, lists, routers, split tests."""

from collections.abc import Iterable, Iterator, Sequence

from jinja2 import TemplateSyntaxError

from flows.runtime.maps.journey_map import JourneyMap
from flows.runtime.verbs.send import SendStep
from flows.runtime.verbs.task import TaskStep
from models.mail.rendering.email import TEMPLATE_FOLDER
from models.mail.rendering.merge_fields import environment
from models.playbook import BadPlaybook, Playbook, load
from models.playbook.reading.file import playbook_file


def find_unknown_names(maps: Sequence[JourneyMap]) -> list[str]:
    """A sentence for each name that refers to nothing."""
    wrong = [sentence for found in maps for sentence in _missing_emails(found)]
    try:
        playbook = load(playbook_file())
    except BadPlaybook as error:
        return [*wrong, *error.sentences]
    return [*wrong, *_unknown_to(playbook, maps), *_unknown_tests(playbook, maps)]


def _missing_emails(found: JourneyMap) -> Iterator[str]:
    for place, ask in found.steps.items():
        where = f"{found.name}: {place.title}"
        if isinstance(ask, SendStep):
            yield from _missing_templates(where, found.name, ask.possible_templates())
            yield from _wrong_subjects(where, ask.split.subjects.items() if ask.split else ())
        # Without a mail of its own, a task's says what its kind says.
        elif isinstance(ask, TaskStep) and not ask.kind:
            yield from _missing_templates(where, found.name, [ask.template])


def _missing_templates(where: str, journey: str, templates: Iterable[str]) -> Iterator[str]:
    for name in templates:
        if not (TEMPLATE_FOLDER / journey / f"{name}.html").exists():
            yield f"{where} needs templates/mail/{journey}/{name}.html, which is not there. Write it."


def _wrong_subjects(where: str, subjects: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    for variant, subject in subjects:
        try:
            environment(TEMPLATE_FOLDER).parse(subject or "")
        except TemplateSyntaxError as error:
            yield f"{where} has the subject '{subject}' for '{variant}', which cannot be read: {error.message}."


def _unknown_to(playbook: Playbook, maps: Iterable[JourneyMap]) -> Iterator[str]:
    """What journeys name that the playbook does not have."""
    for found in maps:
        for place, ask in found.steps.items():
            if reason := ask.playbook_problem(playbook):
                yield f"{found.name}: {place.title}: {reason}"


def _unknown_tests(playbook: Playbook, maps: Iterable[JourneyMap]) -> Iterator[str]:
    """Tests that the playbook judges and no journey draws for."""
    known = {test.test for found in maps for test in found.split_tests}
    for name in playbook.split_tests:
        if name not in known:
            yield (
                f"The playbook judges the split test '{name}', which no journey has. There are: "
                f"{', '.join(sorted(known)) or 'none'}. Correct the name, or take it out of split_tests."
            )
