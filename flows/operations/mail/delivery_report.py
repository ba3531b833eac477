"""How many messages of one delivery came to which state, in numbers and in a sentence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from blocks.outbox import MessageUpdate
from models import MessageState
from models.mail.claim import ClaimedBatch

REPORTED_STATES = (MessageState.SENT, MessageState.FAILED, MessageState.UNKNOWN, MessageState.QUEUED)
HELD_BACK = (MessageState.EXPIRED, MessageState.SKIPPED, MessageState.WITHDRAWN)


@dataclass
class DeliveryReport:
    """How many messages came to which state. Those back in `queued` are what the mailer could not take now."""

    counts: Counter[MessageState] = field(default_factory=Counter)
    waiting: int = 0
    """Due later: outside the send window, over a frequency cap, or deferred by the receiver's server."""
    unavailable_reason: str | None = None
    """Why the mailer takes nothing now."""

    def add(self, updates: Sequence[MessageUpdate]) -> None:
        """Count these messages."""
        done = [one for one in updates if one.due_at is None]
        self.waiting += len(updates) - len(done)
        self.counts.update(one.state for one in done)

    def add_not_sent(self, batch: ClaimedBatch) -> None:
        """Count those that the sending rules kept from being sent."""
        others = batch.other_states
        self.waiting += others.pop(MessageState.QUEUED, 0)
        self.counts += others

    def requeue_failed(self, count: int) -> None:
        """So many that were counted as failed are queued again."""
        self.counts[MessageState.FAILED] -= count
        self.counts[MessageState.QUEUED] += count

    def in_words(self) -> dict[str, int]:
        """What became of the messages -> how many."""
        return {str(state): count for state, count in self.counts.items()} | {"not yet due": self.waiting}

    def __str__(self) -> str:
        sent, failed, unknown, kept = (self.counts[state] for state in REPORTED_STATES)
        result = [f"{sent} sent, {failed} failed, {unknown} unknown"]
        result += [f"{self.counts[state]} {state}" for state in HELD_BACK if self.counts[state]]
        result += [f"{self.waiting} not yet due"] if self.waiting else []
        result += [f"{kept} kept for later"] if kept else []
        return ", ".join(result) + (f": {self.unavailable_reason}" if self.unavailable_reason else "")
