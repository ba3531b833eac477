"""The end of a split test: one variant wins, and everybody gets it who is new to the test."""

from datetime import datetime

from sqlalchemy import Connection, text

TEST = text("SELECT weights, is_holdout FROM split_test WHERE name = :test")

DECLARE_WINNER = text("""
-- The first of two at once; the other waits for it, and then finds a winner.
UPDATE split_test SET winner = :variant, winner_at = :now, winner_by = :by, winner_reason = :reason
WHERE name = :test AND winner IS NULL
""")

REOPEN = text("""
-- Contacts who got the winner keep it and are not counted.
UPDATE split_test SET winner = NULL, winner_at = NULL, winner_by = NULL, winner_reason = NULL
WHERE name = :test AND winner IS NOT NULL
""")


class InvalidWinner(ValueError):
    """This cannot be made the winner; the sentence says why, and what can."""


def declare_winner(connection: Connection, test: str, variant: str, by: str, reason: str, now: datetime) -> bool:
    """Give the variant to all who are new to the test from now on; contacts on their way stay with theirs.

    `by` is `rule`, or who chose. False when the test has a winner already, which stays. Raises InvalidWinner for a test
    or a variant that is not there, and for a holdout. The caller commits.
    """
    found = connection.execute(TEST, {"test": test}).one_or_none()
    if found is None:
        raise InvalidWinner(f"Nobody has come to a split test '{test}' yet. Choose a winner once contacts have.")
    if found.is_holdout:
        raise InvalidWinner(
            f"'{test}' measures for good what the journey brings, so it has no winner. To let everybody onto the "
            "journey, write holdout=0 in its code."
        )
    if variant not in found.weights:
        raise InvalidWinner(f"'{test}' has no variant '{variant}'. There are: {', '.join(sorted(found.weights))}.")
    values = {"test": test, "variant": variant, "by": by, "reason": reason, "now": now}
    return bool(connection.execute(DECLARE_WINNER, values).rowcount)


def reopen_test(connection: Connection, test: str) -> bool:
    """Draw by chance again for all who are new to the test; false when it had no winner. The caller commits."""
    return bool(connection.execute(REOPEN, {"test": test}).rowcount)
