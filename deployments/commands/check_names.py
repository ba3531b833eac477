"""What journeys and the playbook name that stands elsewhere: mails, subjects that are tried, fields, split tests."""

from collections.abc import Iterable, Iterator, Sequence

from jinja2 import TemplateSyntaxError

from flows.operations.apply_playbook import playbook_file
from flows.runtime.journey_map import Map
from flows.runtime.verbs.send import Send
from flows.runtime.verbs.task import Task
from models.mail.rendering.email import MAILS
from models.mail.rendering.merge_fields import environment
from models.playbook import BadPlaybook, Playbook, load


def wrong_names(maps: Sequence[Map]) -> list[str]:
    """A sentence for each name behind which there is nothing."""
    wrong = [sentence for found in maps for sentence in _wrong_mails(found)]
    try:
        playbook = load(playbook_file())
    except BadPlaybook as error:
        return [*wrong, *error.sentences]
    return [*wrong, *_unknown_to(playbook, maps), *_unknown_tests(playbook, maps)]


def _wrong_mails(found: Map) -> Iterator[str]:
    for place, ask in found.asks.items():
        where = f"{found.name}: {place.title}"
        if isinstance(ask, Send):
            yield from _missing(where, found.name, ask.templates())
            yield from _wrong_subjects(where, ask.split.subjects.items() if ask.split else ())
        elif isinstance(ask, Task):
            yield from _missing(where, found.name, [ask.template])


def _missing(where: str, journey: str, templates: Iterable[str]) -> Iterator[str]:
    for name in templates:
        if not (MAILS / journey / f"{name}.html").exists():
            yield f"{where} needs templates/mail/{journey}/{name}.html, which is not there. Write it."


def _wrong_subjects(where: str, subjects: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    for variant, subject in subjects:
        try:
            environment(MAILS).parse(subject or "")
        except TemplateSyntaxError as error:
            yield f"{where} has the subject '{subject}' for '{variant}', which cannot be read: {error.message}."


def _unknown_to(playbook: Playbook, maps: Iterable[Map]) -> Iterator[str]:
    """What journeys name that the playbook does not have."""
    for found in maps:
        for place, ask in found.asks.items():
            if because := ask.unknown(playbook):
                yield f"{found.name}: {place.title}: {because}"


def _unknown_tests(playbook: Playbook, maps: Iterable[Map]) -> Iterator[str]:
    """Tests that the playbook judges and no journey draws for."""
    known = {test.test for found in maps for test in found.tests}
    for name in playbook.split_tests:
        if name not in known:
            yield (
                f"The playbook judges the split test '{name}', which no journey has. There are: "
                f"{', '.join(sorted(known)) or 'none'}. Correct the name, or take it out of split_tests."
            )
