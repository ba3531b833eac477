"""Emails that were refused one after another: so many are not refused for what each of them is."""

from collections.abc import Sequence

from blocks.email_feed import SendAttempt
from blocks.send_result import SendStatus

MOST_IN_A_ROW = 10


class RefusalStreak:
    """The emails that the mailer has refused since it last took one. A process keeps one for all its deliveries."""

    def __init__(self) -> None:
        self._refused: list[SendAttempt] = []

    def is_too_long_with(self, attempt: SendAttempt) -> bool:
        """Whether, with this result, too many were refused in a row."""
        if attempt.result.status is SendStatus.ACCEPTED:
            self._refused = []
        elif attempt.result.status is SendStatus.REFUSED and attempt.result.was_tried:
            self._refused.append(attempt)
        return len(self._refused) >= MOST_IN_A_ROW

    def end(self) -> Sequence[SendAttempt]:
        """The refused emails; the next streak begins."""
        refused, self._refused = self._refused, []
        return refused
