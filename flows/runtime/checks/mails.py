"""The mails of journeys: each is there, can be read by Jinja, and can be written for whoever gets it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

from jinja2 import TemplateSyntaxError

from flows.runtime.checks.names import steps
from flows.runtime.checks.rule import Checked, Found
from flows.runtime.contract.ask import Ask
from flows.runtime.definitions.run import SourceLine
from flows.runtime.maps.journey_map import MapState
from flows.runtime.verbs.send import SendStep
from flows.runtime.verbs.task import TaskStep
from models import MessageKind
from models.mail.rendering.links import DEFAULT_WEB_URL, Links
from models.mail.rendering.merge_fields import MissingMergeField, environment
from models.mail.rendering.preview import MailTemplate, RenderError, mail_templates, preview
from models.mail.rendering.sample import Recipient, bare_recipient, full_recipient
from models.playbook import Playbook
from models.wording import did_you_mean

MOST_VARIANTS = 12
"""So many different data of one mail are tried."""


@dataclass(frozen=True)
class SentMail(MailTemplate):
    """A mail with what its journey hands to it."""

    data: Mapping[str, Any] = field(default_factory=dict)
    sent_as: MessageKind | None = None

    @property
    def sample_data(self) -> Mapping[str, Any]:
        """What the journey hands over; where that is known only when it runs, what the sample beside the mail says."""
        return {**super().sample_data, **{key: value for key, value in self.data.items() if value is not None}}


def find_missing_mails(checked: Checked) -> Iterator[Found]:
    """Mails that a journey sends and that are not in its folder."""
    for name, found in checked.maps.items() if checked.looks_at_mails else ():
        for state, ask in steps(found):
            for template in _own_templates(ask):
                if not (checked.templates / name / f"{template}.html").exists():
                    there = sorted(file.stem for file in (checked.templates / name).glob("*.html"))
                    message = (
                        f"{state.node.title} needs templates/mail/{name}/{template}.html, which is not there."
                        f"{did_you_mean(template, there)} Write it."
                    )
                    yield Found.in_state(message, name, state)


def _own_templates(ask: Ask) -> tuple[str, ...]:
    """The mails that a step needs in the journey's folder. Without one of its own, a task's says what its kind says."""
    if isinstance(ask, SendStep):
        return ask.possible_templates()
    return (ask.template,) if isinstance(ask, TaskStep) and not ask.kind else ()


def find_unused_mails(checked: Checked) -> Iterator[Found]:
    """Mails in a journey's folder that it sends to nobody."""
    for name, found in checked.maps.items() if checked.looks_at_mails else ():
        sent = {template for _, ask in steps(found) for template in _templates(ask)}
        for file in sorted((checked.templates / name).glob("*.html")):
            if file.stem not in sent:
                yield Found(f"{file.stem}.html is sent by no step. Delete it, or send it.", name, (str(file), 1))


def _templates(ask: Ask) -> tuple[str, ...]:
    if isinstance(ask, SendStep):
        return ask.possible_templates()
    return (ask.template,) if isinstance(ask, TaskStep) else ()


def find_wrong_subjects(checked: Checked) -> Iterator[Found]:
    """Subject lines of split tests that Jinja cannot read."""
    for name, found in checked.maps.items():
        for state, ask in steps(found):
            subjects = ask.split.subjects if isinstance(ask, SendStep) and ask.split else {}
            for variant, subject in subjects.items():
                try:
                    environment(checked.templates).parse(subject or "")
                except TemplateSyntaxError as error:
                    yield Found.in_state(
                        f"{state.node.title} has the subject '{subject}' for '{variant}', which cannot be read: "
                        f"{(error.message or '').rstrip('.')}.",
                        name,
                        state,
                    )


def find_unreadable_mails(checked: Checked) -> Iterator[Found]:
    """Mails, and what they extend or include, that Jinja cannot parse."""
    for file in sorted(checked.templates.rglob("*.html")) if checked.looks_at_mails else ():
        try:
            environment(checked.templates).parse(file.read_text(encoding="utf-8"))
        except TemplateSyntaxError as error:
            journey = file.parent.name if file.parent.name in checked.definitions else None
            yield Found(f"{file.name} cannot be read: {error.message}", journey, (str(file), error.lineno))


def find_unwritable_mails(checked: Checked) -> Iterator[Found]:
    """Mails that ask for what no contact has, or not every contact, or that cannot be written for another reason.

    Each is rendered for a contact of whom everything is known, and for one with an address alone.
    """
    if checked.playbook is None or not checked.looks_at_mails:
        return
    full, bare = full_recipient(checked.playbook), bare_recipient()
    for mail, state in _sent(checked):
        journey = mail.journey if mail.journey in checked.definitions else None
        for recipient in (full, bare):
            error = _error_of(mail, recipient, checked)
            if error is not None:
                if not isinstance(error, TemplateSyntaxError):
                    path = state.path if state is not None else ()
                    yield Found(_sentence(mail, error, full, recipient is full), journey, _line(mail, error), path)
                break


def _sent(checked: Checked) -> Iterator[tuple[MailTemplate, MapState | None]]:
    """Every mail with what is handed to it: by each step that sends it, or by its sample."""
    sent: dict[str, list[str]] = {}
    for name, found in checked.maps.items():
        for state, ask in steps(found):
            if not isinstance(ask, SendStep | TaskStep):
                continue
            for template in _templates(ask):
                known = sent.setdefault(f"{name}/{template}", [])
                there = (checked.templates / name / f"{template}.html").exists()
                if there and repr(ask.data) not in known and len(known) < MOST_VARIANTS:
                    known.append(repr(ask.data))
                    kind = ask.kind if isinstance(ask, SendStep) else None
                    yield SentMail(f"{name}/{template}", checked.templates, ask.data, kind), state
    for mail in mail_templates(checked.templates):
        if mail.name not in sent:
            yield mail, None


@lru_cache(maxsize=1)
def _links(website: str) -> Links:
    return Links(DEFAULT_WEB_URL, website, lambda purpose, _: f"{purpose.replace(' ', '-')}-token")


def _error_of(mail: MailTemplate, recipient: Recipient, checked: Checked) -> BaseException | None:
    playbook: Playbook | None = checked.playbook
    assert playbook is not None
    kind = mail.sent_as if isinstance(mail, SentMail) else None
    try:
        preview(mail, recipient, playbook, _links(playbook.company.website), checked.now, kind=kind)
    except RenderError as error:
        return error.__cause__
    return None


def _sentence(mail: MailTemplate, error: BaseException, full: Recipient, for_full: bool) -> str:
    if not isinstance(error, MissingMergeField):
        return f"{mail.step}.html cannot be written: {type(error).__name__}: {error}"
    if not for_full:
        return (
            f"{mail.step}.html asks for {error.field}, which not everybody has, and gives no fallback. Write "
            f'{{{{ {error.field} | default("...") }}}}.'
        )
    group, _, name = error.field.rpartition(".")
    known = getattr(full, group, None) if group else {**mail.sample_data, "contact": "", "owner": "", "company": ""}
    meant = did_you_mean(name, known) if isinstance(known, Mapping) else ""
    return f"{mail.step}.html asks for {error.field}, which nobody has.{meant}"


def _line(mail: MailTemplate, error: BaseException) -> SourceLine:
    """Where it stands in the templates, as far as Jinja tells."""
    folder = str(mail.folder)
    lines = [frame for frame in extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
    if lines and lines[-1].lineno:
        return lines[-1].filename, lines[-1].lineno
    return str(Path(folder) / f"{mail.name}.html"), 1
