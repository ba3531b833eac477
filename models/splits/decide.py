"""Judges split tests by what came of them, and makes winners by rule where the playbook says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection

from models.playbook import current
from models.splits import settle_winner
from models.splits.results import Results, find_tests, results
from models.splits.statistics.interval import Counts
from models.splits.statistics.reasons import why_it_won
from models.splits.statistics.verdict import DEFAULT_LIFT, Standing, Verdict, judge
from models.tables.split import SplitTest

BY_RULE = "rule"


@dataclass(frozen=True)
class Judged:
    """A test with what is known of it and what that means."""

    results: Results
    verdict: Verdict

    @property
    def test(self) -> SplitTest:
        """Its row."""
        return self.results.test

    @property
    def goes_by_rule(self) -> bool:
        """Whether the verdict alone makes the winner. A holdout has none: it measures for good."""
        return self.results.entry.winner == "by rule" and not self.test.is_holdout


def lift_of(found: Results) -> float:
    """The difference worth finding, from 0 to 1."""
    return float(found.entry.lift) if found.entry.lift is not None else DEFAULT_LIFT


def judged(found: Results) -> Judged:
    """What the results say."""
    drawn = (found.draws.drawn, found.draws.expected)
    return Judged(found, judge(found.looks, found.draws.shares, lift_of(found), drawn, found.guardrails))


def judge_all(connection: Connection, now: datetime) -> list[Judged]:
    """Every test, the open ones first."""
    entries = current(connection).split_tests
    return [judged(results(connection, test, entries, now)) for test in find_tests(connection)]


def judge_one(connection: Connection, name: str, now: datetime) -> Judged | None:
    """The test of this name; None when there is none."""
    entries = current(connection).split_tests
    return next((judged(results(connection, test, entries, now)) for test in find_tests(connection, name)), None)


def settle_by_rule(connection: Connection, one: Judged, now: datetime) -> str | None:
    """Make the winner what all new contacts get, if there is one and the playbook leaves it to the rule.

    Gives its name; None when nothing was changed, also because somebody was faster.
    """
    winner = one.verdict.winner
    if winner is None or one.test.winner is not None or not one.goes_by_rule:
        return None
    if not one.test.weights.get(winner):  # the journey has let go of it meanwhile
        return None
    because = why_it_won(winner, one.results.counts, one.verdict)
    return winner if settle_winner(connection, one.test.name, winner, BY_RULE, because, now) else None


def wanted(one: Judged) -> int | None:
    """How many contacts there shall be in all; None where no more are waited for.

    With one variant ahead by more than chance explains, one look's worth is enough to be done.
    """
    plan, standing = one.verdict.plan, one.verdict.standing
    if plan is None or one.test.winner is not None or standing in (Standing.DECIDED, Standing.MISMATCHED):
        return None
    return plan.to_draw_for_one_look if standing is Standing.AHEAD else plan.to_draw


def days_to_go(one: Judged) -> int | None:
    """Until so many contacts are known, by the traffic of late; None where nobody can tell.

    The last of them still have their whole time before them.
    """
    draws, target = one.results.draws, wanted(one)
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
