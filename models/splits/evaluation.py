"""Evaluates split tests from their results, and declares winners by rule where the playbook says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection

from models.playbook import current_playbook
from models.splits import declare_winner
from models.splits.results import Results, find_tests, results
from models.splits.statistics.interval import Counts
from models.splits.statistics.winner_rule import SplitEvaluation, SplitStatus, default_lift, evaluate_split
from models.splits.statistics.wording import winner_reason
from models.tables.split import SplitTest

BY_RULE = "rule"


@dataclass(frozen=True)
class EvaluatedSplit:
    """A test with what is known of it and what that means."""

    results: Results
    evaluation: SplitEvaluation

    @property
    def test(self) -> SplitTest:
        """Its row."""
        return self.results.test

    @property
    def is_decided_by_rule(self) -> bool:
        """Whether the verdict alone makes the winner. A holdout has none: it measures for good."""
        return self.results.entry.winner == "by rule" and not self.test.is_holdout


def lift_of(found: Results) -> float:
    """The difference worth finding, from 0 to 1."""
    return float(found.entry.lift) if found.entry.lift is not None else default_lift(found.looks)


def evaluate_results(found: Results) -> EvaluatedSplit:
    """What the results say."""
    drawn = (found.draws.drawn, found.draws.expected)
    return EvaluatedSplit(
        found, evaluate_split(found.looks, found.draws.shares, lift_of(found), drawn, found.guardrails)
    )


def evaluate_all(connection: Connection, now: datetime) -> list[EvaluatedSplit]:
    """Every test, the open ones first."""
    entries = current_playbook(connection).split_tests
    return [evaluate_results(results(connection, test, entries, now)) for test in find_tests(connection)]


def evaluate_by_name(connection: Connection, name: str, now: datetime) -> EvaluatedSplit | None:
    """The test of this name; None when there is none."""
    entries = current_playbook(connection).split_tests
    return next(
        (evaluate_results(results(connection, test, entries, now)) for test in find_tests(connection, name)), None
    )


def declare_winner_by_rule(connection: Connection, one: EvaluatedSplit, now: datetime) -> str | None:
    """Make the winner what all new contacts get, if there is one and the playbook leaves it to the rule.

    Gives its name; None when nothing was changed, also because somebody was faster.
    """
    winner = one.evaluation.winner
    if winner is None or one.test.winner is not None or not one.is_decided_by_rule:
        return None
    if not one.test.weights.get(winner):  # the journey has let go of it meanwhile
        return None
    reason = winner_reason(winner, one.results.counts, one.evaluation)
    return winner if declare_winner(connection, one.test.name, winner, BY_RULE, reason, now) else None


def target_contacts(one: EvaluatedSplit) -> int | None:
    """How many contacts the plan still asks to draw in all; None once the test is decided or broken.

    With one variant ahead by more than chance explains, one look's worth is enough to be done.
    """
    plan, status = one.evaluation.plan, one.evaluation.status
    if (
        plan is None
        or one.test.winner is not None
        or status in (SplitStatus.DECIDED, SplitStatus.SAMPLE_RATIO_MISMATCH)
    ):
        return None
    return plan.to_draw_for_one_look if status is SplitStatus.AHEAD else plan.to_draw


def days_remaining(one: EvaluatedSplit) -> int | None:
    """Days until that many contacts have results, at the recent rate of draws; None where there were no recent draws.

    The last of them still have their whole time before them.
    """
    draws, target = one.results.draws, target_contacts(one)
    if target is None:
        return None
    known, fresh = (sum(of.values(), Counts()).contacts for of in (one.results.counts, one.results.pending))
    if known >= target:
        return 0
    missing = max(0, target - known - fresh)
    if missing and not draws.a_day:
        return None
    drawing = missing / draws.a_day if missing else 0
    return ceil(drawing + one.results.entry.within / timedelta(days=1))
