"""Split tests inside one email: several subjects, several templates, or both, without a branch in the journey."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.runtime.contract.ask import Asked, Turn
from flows.runtime.verbs.split import draw_for_runs
from models.splits import Variants

Subject = str | None
"""With merge fields; None is the template's own."""


@dataclass(frozen=True, slots=True)
class EmailSplit:
    """The tests of one mail. Two at once are drawn independently."""

    subjects: Mapping[str, Subject]
    subject_test: Variants | None
    template_test: Variants | None

    def split_tests(self) -> tuple[Variants, ...]:
        """One or two."""
        return tuple(test for test in (self.subject_test, self.template_test) if test is not None)


@dataclass(frozen=True, slots=True)
class EmailVariant:
    """How one contact gets the mail."""

    template: str
    subject: Subject = None
    fact: dict[str, Any] | None = None
    """The variants, for the timeline."""


def make_email_split(
    mail: str, subjects: Mapping[str, Subject | tuple[Subject, float]], templates: Mapping[str, float]
) -> EmailSplit | None:
    """The tests of the mail `journey/step`, named after it; None when there is nothing to try."""
    if not subjects and not templates:
        return None
    pairs = {name: held if isinstance(held, tuple) else (held, 1) for name, held in subjects.items()}
    return EmailSplit(
        {name: subject for name, (subject, _) in pairs.items()},
        Variants(f"{mail} subject", {name: weight for name, (_, weight) in pairs.items()}) if pairs else None,
        Variants(f"{mail} template", templates) if templates else None,
    )


def draw_email_variants(turn: Turn, asked: Iterable[Asked]) -> dict[int, EmailVariant]:
    """Run id -> variant of the email, for runs whose email has a split test."""
    trying = [(one, test) for one in asked if one.step.split for test in one.step.split_tests()]
    if not trying:
        return {}
    drawn = draw_for_runs(turn, [(one, test) for one, test in trying])
    variants = {(one.run_id, test.test): held.variant for (one, test), held in zip(trying, drawn, strict=True)}
    return {one.run_id: _email_variant(one, variants) for one, _ in trying}


def _email_variant(one: Asked, variants: Mapping[tuple[int, str], str]) -> EmailVariant:
    split: EmailSplit = one.step.split
    template, subject = one.step.template, None
    fact: dict[str, Any] = {}
    if split.template_test is not None:
        template = fact["template"] = variants[one.run_id, split.template_test.test]
    if split.subject_test is not None:
        fact["subject"] = variants[one.run_id, split.subject_test.test]
        subject = split.subjects[fact["subject"]]
    return EmailVariant(template, subject, fact)
