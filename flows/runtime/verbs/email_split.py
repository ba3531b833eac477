"""Split tests inside one email: several subjects, several templates, or both, without a branch in the journey."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.runtime.contract.ask import Asked, Turn
from flows.runtime.verbs.split import draw_for_runs
from models.splits import Variants

Subject = str | None
"""A subject line, with merge fields; None is the template's own."""


@dataclass(frozen=True, slots=True)
class EmailSplit:
    """The split tests of one email. Two at the same time are drawn independently."""

    subjects: Mapping[str, Subject]
    subject_test: Variants | None
    template_test: Variants | None

    def split_tests(self) -> tuple[Variants, ...]:
        """The tests of the subject and the template, those that there are."""
        return tuple(test for test in (self.subject_test, self.template_test) if test is not None)


@dataclass(frozen=True, slots=True)
class EmailVariant:
    """The variant of an email that one contact gets."""

    template: str
    subject: Subject = None
    fact: dict[str, Any] | None = None
    """The variants, for the timeline."""


def make_email_split(
    email: str, subjects: Mapping[str, Subject | tuple[Subject, float]], templates: Mapping[str, float]
) -> EmailSplit | None:
    """The split tests of the email `journey/step`, named after it; None when it has none."""
    if not subjects and not templates:
        return None
    pairs = {name: value if isinstance(value, tuple) else (value, 1) for name, value in subjects.items()}
    return EmailSplit(
        {name: subject for name, (subject, _) in pairs.items()},
        Variants(f"{email} subject", {name: weight for name, (_, weight) in pairs.items()}) if pairs else None,
        Variants(f"{email} template", templates) if templates else None,
    )


def draw_email_variants(turn: Turn, asked: Iterable[Asked]) -> dict[int, EmailVariant]:
    """Run id -> variant of the email, for runs whose email has a split test."""
    entries = [(one, test) for one in asked if one.step.split for test in one.step.split_tests()]
    if not entries:
        return {}
    drawn = draw_for_runs(turn, entries)
    variants = {(one.run_id, test.test): draw.variant for (one, test), draw in zip(entries, drawn, strict=True)}
    return {one.run_id: _email_variant(one, variants) for one, _ in entries}


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
