"""What an owner says of a lead: how much of it is answered, and what follows for the request. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from models.feedback.outcomes import ANSWERED, LOST, WON
from models.playbook.feedback import AfterLoss, FeedbackTerms
from models.tables.contact import STAGES, Stage
from models.tables.feedback import FeedbackLevel, FeedbackResult


@dataclass(frozen=True)
class SaidFeedback:
    """The three sections: what was done, how it stands, how it ended. Each may be left out."""

    contacted: str | None = None
    status: str | None = None
    result: FeedbackResult | None = None
    reason: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    product: str | None = None
    order_number: str | None = None
    next_on: date | None = None
    notes: str | None = None

    def __post_init__(self) -> None:
        """Drop what belongs to another result: the reason of a loss once it is won, the day of a talk that is over."""
        won, lost = self.result is FeedbackResult.WON, self.result is FeedbackResult.LOST
        if not lost:
            object.__setattr__(self, "reason", None)
        if not won:
            for name in ("amount", "currency", "product", "order_number"):
                object.__setattr__(self, name, None)
        if won or lost:
            object.__setattr__(self, "next_on", None)

    @property
    def is_empty(self) -> bool:
        """Nothing was said."""
        return not any(vars(self).values())

    def completing(self, earlier: "SaidFeedback", sent: Collection[str]) -> "SaidFeedback":
        """This after something `earlier`: what it leaves out stays as it was said.

        `sent` names the parts that a form sent, also the empty ones: what was emptied on purpose is taken back.
        """
        kept = {
            name: getattr(earlier, name)
            for name, value in vars(self).items()
            if value is None and name not in sent and name != "currency"
        }
        if kept.get("amount") is not None:
            kept["currency"] = earlier.currency
        return replace(self, **kept)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What is left to say, in the words of the page; empty when all is said."""
        missing = []
        if self.contacted is None:
            missing.append("whether you have been in touch")
        if self.result not in (FeedbackResult.WON, FeedbackResult.LOST) and self.status is None:
            missing.append("where it stands")
        if self.result is None:
            missing.append("how it ended, or that you are still working on it")
        if self.result is FeedbackResult.LOST and self.reason is None:
            missing.append("why it was lost")
        if self.result is FeedbackResult.WON and self.amount is None:
            missing.append("what it brought")
        return tuple(missing)

    def level(self, terms: FeedbackTerms) -> FeedbackLevel:
        """How much this says. Whoever has done nothing yet has said something, and reached no level by it."""
        if self.result in (FeedbackResult.WON, FeedbackResult.LOST):
            return FeedbackLevel.RESULT
        if self.status is not None:
            return FeedbackLevel.STATUS
        acted = any(one.answer == self.contacted and one.action for one in terms.contacted)
        return FeedbackLevel.ACTION if acted else FeedbackLevel.NOTHING

    def after_loss(self, terms: FeedbackTerms) -> AfterLoss:
        """What becomes of a lost lead. Without a reason they get something to read: nobody says that they must not."""
        named = next((one.then for one in terms.lost if one.answer == self.reason), None)
        return named or AfterLoss.NURTURE

    def outcome(self, terms: FeedbackTerms) -> str:
        """What the journey is told."""
        if self.result is FeedbackResult.WON:
            return WON
        return LOST[self.after_loss(terms)] if self.result is FeedbackResult.LOST else ANSWERED

    def stage(self, terms: FeedbackTerms) -> Stage | None:
        """The highest stage that it makes of the lead; an order makes a customer, not this."""
        if self.result is FeedbackResult.LOST:
            return None
        level = self.level(terms)
        found = [stage for reached, stage in terms.levels.items() if reached <= level]
        found += [one.stage for one in terms.contacted if one.answer == self.contacted and one.stage]
        found += [one.stage for one in terms.statuses if one.answer == self.status and one.stage]
        return max(found, key=STAGES.index, default=None)
