"""split: give the contact their variant of a split test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Settled
from models.splits import Drawn, Entrant, Variants, draw_variants

if TYPE_CHECKING:
    from flows.runtime.run import Run
    from flows.runtime.turn import Turn


@dataclass(slots=True)
class Split(Ask):
    """Answers the name of the variant."""

    variants: Variants
    before: str | None = None

    verb: ClassVar[str] = "split"

    def __post_init__(self) -> None:
        """Raises ValueError when runs from before the test would go on with something that nobody else can have."""
        if self.before is not None and self.before not in self.variants.weights:
            known = ", ".join(self.variants.weights)
            raise ValueError(
                f"Before the split test '{self.name}' everybody is said to have had '{self.before}', which is no "
                f"variant of it. Take one of: {known}."
            )

    def answers(self) -> tuple[str, ...]:
        """Every variant, for one that is off may be somebody's from before."""
        return tuple(self.variants.weights)

    def tests(self) -> tuple[Variants, ...]:
        """Its own."""
        return (self.variants,)

    def skipped(self) -> str | None:
        """What everybody had before there was a test."""
        return self.before

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """A few statements for each test."""
        drawn = draw_for(turn, [(one.run, one.ask.variants) for one in asked])
        return [Answered(one.variant, _fact(one)) for one in drawn]


def draw_for(turn: "Turn", wanted: Sequence[tuple["Run", Variants]]) -> list[Drawn]:
    """The variants of these runs' contacts, in the same order."""
    entrants = [Entrant(run.contact_id, run.id, variants) for run, variants in wanted]
    return draw_variants(turn.connection, turn.definition.name, entrants, turn.now)


def _fact(drawn: Drawn) -> dict[str, Any]:
    """How they came to the variant, and whether that was earlier."""
    how = {"how": drawn.how.value}
    return how | {"kept": True} if drawn.kept else how
