"""What a split test says, in words for a sales manager, without formulas."""

from models.splits.evaluation import EvaluatedSplit, lift_of
from models.splits.statistics.comparison import Comparison
from models.splits.statistics.interval import Interval
from models.splits.statistics.winner_rule import Plan, SplitStatus
from models.splits.statistics.wording import percent, points
from models.wording import duration, full_date
from web.splits.plan_text import remaining

CONFIDENCE = (
    "What “95% confidence” means here: of all tests whose variants are in truth alike, this page names a difference "
    "in at most 5 of 100, however often you look; it does not say how likely a result is to come again."
)

TONES = {
    SplitStatus.SAMPLE_RATIO_MISMATCH: "bad",
    SplitStatus.WAITING: "",
    SplitStatus.UNDER_WAY: "busy",
    SplitStatus.AHEAD: "warn",
    SplitStatus.UNDECIDED: "busy",
    SplitStatus.DECIDED: "good",
    SplitStatus.NO_DIFFERENCE: "",
}


def status_badge(one: EvaluatedSplit) -> tuple[str, str]:
    """The badge of a test: what it says, and its tone."""
    status = one.evaluation.status
    if one.test.winner is not None:
        return f"“{one.test.winner}” won", "good"
    if status is SplitStatus.DECIDED and one.evaluation.winner is None and not one.test.is_holdout:
        return "better, but does harm", "warn"
    if one.test.is_holdout and status in (SplitStatus.DECIDED, SplitStatus.AHEAD):
        return "makes a difference", "good"
    if one.test.is_holdout and status is SplitStatus.UNDECIDED:
        status = SplitStatus.UNDER_WAY
    return status.value, TONES[status]


def leader_first(comparison: Comparison) -> tuple[str, str, float, Interval]:
    """(leader, other, difference, always-valid interval) of a comparison, turned so that the difference is not
    negative.
    """
    low, high = comparison.always_valid
    if comparison.difference < 0:
        return comparison.first, comparison.second, -comparison.difference, Interval(-high, -low)
    return comparison.second, comparison.first, comparison.difference, Interval(low, high)


def deciding_comparison(one: EvaluatedSplit) -> Comparison | None:
    """The comparison that decides: of the two with the highest rates."""
    counts = one.results.counts
    best = set(sorted(counts, key=lambda variant: -counts[variant].rate)[:2])
    return next((each for each in one.evaluation.comparisons if {each.first, each.second} == best), None)


def interpretation(one: EvaluatedSplit) -> list[str]:
    """What to make of it, and what to do."""
    comparison, plan = deciding_comparison(one), one.evaluation.plan
    if comparison is None:
        return ["There is nothing to compare: fewer than two variants are drawn now. The journey gives them weights."]
    if one.evaluation.has_srm:
        return _mismatch(one)
    if plan is None or one.evaluation.status is SplitStatus.WAITING:
        return [_waiting(one)]
    if one.test.winner is not None and one.evaluation.status is not SplitStatus.DECIDED:
        return [f"Of those who were drawn by chance: {_rates(one)}.", *_taken_back_since_the_winner(one)]
    said = _journey(one, comparison) if one.test.is_holdout else _status_sentences(one, comparison, plan)
    return [*said, *_taken_back_since_the_winner(one), *remaining(one)]


def _taken_back_since_the_winner(one: EvaluatedSplit) -> list[str]:
    """Orders that counted when the winner was chosen, and do not any longer."""
    taken = {variant: taken.since_the_winner for variant, taken in one.results.taken_back.items()}
    if one.test.winner is None or not any(taken.values()):
        return []
    listed = ", ".join(f"{count:,} after “{variant}”" for variant, count in taken.items())
    still = (
        f"By what is known today “{one.test.winner}” is still better."
        if one.evaluation.leader == one.test.winner
        else f"By what is known today “{one.test.winner}” is not better by more than chance explains: draw by chance "
        "again below, or leave it."
    )
    return [f"Since the winner was chosen all orders of some contacts were cancelled or paid back: {listed}. {still}"]


def _mismatch(one: EvaluatedSplit) -> list[str]:
    due = one.results.draws.expected
    drawn = one.results.draws.drawn.items()
    listed = "; ".join(f"“{name}” has {count:,} contacts where {due[name]:,.0f} were due" for name, count in drawn)
    return [
        f"{listed}. An honest draw strays so far less than once in 1,000 times.",
        "Something is broken: contacts may have been deleted, or have come into the test by another way than the draw. "
        "No figure of this test can be trusted, and nothing wins. Find the cause; then begin again under a new name.",
    ]


def _waiting(one: EvaluatedSplit) -> str:
    within, first = one.results.entry.within, one.results.draws.first_at
    if first is None:
        return "Nobody has been drawn yet."
    return (
        f"There are no results yet. Each contact has {duration(within)} to get to the goal; the first of them count on "
        f"{full_date(first + within)}."
    )


def _status_sentences(one: EvaluatedSplit, comparison: Comparison, plan: Plan) -> list[str]:
    ahead, behind, by, interval = leader_first(comparison)
    rates = _rates(one)
    if comparison.has_turned:
        return [f"{rates}. {_turned(comparison)}", *_known_so_far(one)]
    match one.evaluation.status:
        case SplitStatus.DECIDED:
            return [f"“{ahead}” is better: {rates}. {_per_thousand(interval, behind)}", _decision(one)]
        case SplitStatus.AHEAD:
            return [
                f"“{ahead}” is ahead, by more than chance explains: {rates}. But fewer contacts are known than were "
                "planned, and early leads look larger than they are. Let the test go on until the plan is reached."
            ]
        case SplitStatus.NO_DIFFERENCE:
            return [
                f"{rates}. No difference was found, and a test of this size finds {points(plan.lift)} in about 8 "
                "of 10 cases where they are there. Take the variant that is less work, or test something bolder.",
                *_known_so_far(one),
            ]
    if comparison.better:
        return [f"{rates}. “{ahead}” beats “{behind}”, but not each of the others yet.", *_known_so_far(one)]
    return [
        f"{rates}. {points(by)[:1].upper() + points(by)[1:]} can well be chance with so few contacts. Wait: choosing "
        "now is guessing.",
        *_known_so_far(one),
    ]


def _turned(comparison: Comparison) -> str:
    return (
        f"“{comparison.first}” and “{comparison.second}” were apart by more than chance explains, and are not today: "
        "people behave otherwise than they did. Wait: choosing now is guessing."
    )


def _known_so_far(one: EvaluatedSplit) -> list[str]:
    """Of three and more: what is known although nothing wins."""
    better = [each for each in one.evaluation.comparisons if each.better]
    listed = "; ".join(f"“{each.better}” beats “{each.worse}”" for each in better)
    return [f"Known so far: {listed}."] if listed else []


def _decision(one: EvaluatedSplit) -> str:
    if one.test.winner is not None:
        return "The test is over."
    if one.evaluation.winner is None:
        return "But it does harm, see the guardrails: a person has to decide whether it is worth that."
    if one.is_decided_by_rule:
        return "The playbook leaves it to the rule: tonight it becomes what all new contacts get."
    return "The playbook leaves it to a person: choose the winner below."


def _journey(one: EvaluatedSplit, comparison: Comparison) -> list[str]:
    rates = _rates(one)
    if comparison.has_turned:
        return [f"{rates}. {_turned(comparison)}"]
    if not comparison.better:
        return [f"{rates}. Whether the journey brings anything cannot be told yet: such a difference can be chance."]
    does = "works" if comparison.better == comparison.second else "does more harm than good"
    return [f"The journey {does}: {rates}. {_per_thousand(comparison.always_valid, comparison.first)}"]


def _rates(one: EvaluatedSplit) -> str:
    counts = one.results.counts
    best_first = sorted(counts, key=lambda variant: -counts[variant].rate)
    return ", ".join(f"“{variant}” {percent(counts[variant].rate)}" for variant in best_first)


def _per_thousand(interval: Interval, than: str) -> str:
    few, many = sorted(round(1000 * abs(end)) for end in interval)
    word = "more" if interval.low > 0 else "fewer"
    return f"Of 1,000 contacts, between {few:,} and {many:,} {word} get to the goal than with “{than}”."


def plan_text(plan: Plan, one: EvaluatedSplit) -> str:
    """How many contacts it takes, and why two numbers."""
    assumed = (
        ""
        if one.results.entry.lift is not None
        else (" (assumed: a quarter of the usual rate, at most 5 points, for the playbook names no lift)")
    )
    absurd = (
        f" The lift of the playbook, {points(plan.lift)}, is more than the whole of the usual rate: name a smaller one."
        if one.results.entry.lift is not None and 0 < min(plan.rate, 1 - plan.rate) < plan.lift
        else ""
    )
    return (
        f"To find {points(lift_of(one.results))} where {percent(plan.rate)} are usual{assumed}, in 8 of 10 cases, "
        f"takes {plan.one_look:,} contacts per variant for somebody who looks once, when all are there. This page may "
        f"be looked at every day, which takes more: up to {plan.looked_at_daily:,} per variant, {plan.to_draw:,} in "
        f"all by the present shares. A larger difference shows sooner.{absurd}"
    )
