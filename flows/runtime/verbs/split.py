"""The verb split: draw the contact's variant of a split test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Turn
from models.splits import DrawnVariant, Participant, Variants, draw_variants


@dataclass(slots=True)
class SplitStep(Ask):
    """Answers the name of the variant."""

    variants: Variants
    before: str | None = None

    verb: ClassVar[str] = "split"

    def __post_init__(self) -> None:
        """Raises ValueError when `before` is none of the variants."""
        if self.before is not None and self.before not in self.variants.weights:
            known = ", ".join(self.variants.weights)
            raise ValueError(
                f"Before the split test '{self.name}' everybody is said to have had '{self.before}', which is no "
                f"variant of it. Take one of: {known}."
            )

    def possible_answers(self) -> tuple[str, ...]:
        """Every variant; contacts may have one whose weight is 0 by now."""
        return tuple(self.variants.weights)

    def split_tests(self) -> tuple[Variants, ...]:
        """The test of this step."""
        return (self.variants,)

    def answer_for_older_runs(self) -> str | None:
        """The variant that everybody had before there was a test."""
        return self.before

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """A few statements for each test."""
        drawn = draw_for_runs(turn, [(one, one.step.variants) for one in asked])
        return [Answered(one.variant, _fact(one)) for one in drawn]


def draw_for_runs(turn: Turn, wanted: Sequence[tuple[Asked, Variants]]) -> list[DrawnVariant]:
    """The variants of these runs' contacts, in the same order."""
    entrants = [Participant(one.contact_id, one.run_id, variants) for one, variants in wanted]
    return draw_variants(turn.connection, turn.journey, entrants, turn.now)


def _fact(drawn: DrawnVariant) -> dict[str, Any]:
    """How the contact got the variant, and whether they had it already."""
    how = {"how": drawn.kind.value}
    return how | {"kept": True} if drawn.is_existing else how
