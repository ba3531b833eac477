"""What is tried within one mail, without a branch in the journey: several subjects, several templates, or both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flows.runtime.ask import Asked
from flows.runtime.verbs.split import draw_for
from models.splits import Variants

if TYPE_CHECKING:
    from flows.runtime.turn import Turn

Subject = str | None
"""With merge fields; None is the template's own."""


@dataclass(frozen=True, slots=True)
class MailSplit:
    """The tests of one mail. Two at once are drawn independently."""

    subjects: Mapping[str, Subject]
    subject_test: Variants | None
    template_test: Variants | None

    def tests(self) -> tuple[Variants, ...]:
        """One or two."""
        return tuple(test for test in (self.subject_test, self.template_test) if test is not None)


@dataclass(frozen=True, slots=True)
class Form:
    """How one contact gets the mail."""

    template: str
    subject: Subject = None
    fact: dict[str, Any] | None = None
    """The variants, for the timeline."""


def mail_split(
    mail: str, subjects: Mapping[str, Subject | tuple[Subject, float]], templates: Mapping[str, float]
) -> MailSplit | None:
    """The tests of the mail `journey/step`, named after it; None when there is nothing to try."""
    if not subjects and not templates:
        return None
    pairs = {name: held if isinstance(held, tuple) else (held, 1) for name, held in subjects.items()}
    return MailSplit(
        {name: subject for name, (subject, _) in pairs.items()},
        Variants(f"{mail} subject", {name: weight for name, (_, weight) in pairs.items()}) if pairs else None,
        Variants(f"{mail} template", templates) if templates else None,
    )


def draw_forms(turn: "Turn", asked: Iterable[Asked]) -> dict[int, Form]:
    """By run, for those whose mail has something to try."""
    trying = [(one, test) for one in asked if one.ask.split for test in one.ask.tests()]
    if not trying:
        return {}
    drawn = draw_for(turn, [(one.run, test) for one, test in trying])
    variants = {(one.run.id, test.test): held.variant for (one, test), held in zip(trying, drawn, strict=True)}
    return {one.run.id: _form(one, variants) for one, _ in trying}


def _form(one: Asked, variants: Mapping[tuple[int, str], str]) -> Form:
    split: MailSplit = one.ask.split
    template, subject = one.ask.template, None
    fact: dict[str, Any] = {}
    if split.template_test is not None:
        template = fact["template"] = variants[one.run.id, split.template_test.test]
    if split.subject_test is not None:
        fact["subject"] = variants[one.run.id, split.subject_test.test]
        subject = split.subjects[fact["subject"]]
    return Form(template, subject, fact)
