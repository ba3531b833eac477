"""What a finding says, in words and as figures."""

from collections.abc import Callable, Sequence
from typing import Any

from models.kpi.diagnosis.judgement import Claim
from models.kpi.diagnosis.populations import OPENED_WITHIN, TALK_WITHIN, Cycle
from models.kpi.diagnosis.rules import Population, Rule, Success
from models.kpi.diagnosis.worth import Estimate, Loss, Worth
from models.wording import money, number, percent

NOT_PROVEN = "This is seen, not proven: a split test can tell whether it is the cause."
ALIKE = {"source": " from the same sources"}
MOST_GROUPS = 3
"""So many are named in a sentence."""

Label = Callable[[str], str]


def sentence(rule: Rule, claims: Sequence[Claim], loss: Loss, cycle: Cycle, worth: Worth, label: Label) -> str:
    """What was seen, what it may cost, and that it is not proven."""
    seen = " ".join(_seen(rule, claim, cycle, label) for claim in claims[:MOST_GROUPS])
    return f"{seen} {_cost(rule, loss, worth)} {NOT_PROVEN}"


def _seen(rule: Rule, claim: Claim, cycle: Cycle, label: Label) -> str:
    group, others = claim.comparison.group, claim.comparison.others
    return (
        f"Of {number(group.contacts)} {_who(rule, claim, label)} {percent(group.rate)} {success_words(rule, cycle)}; "
        f"of {number(others.contacts)} {rule.others}{ALIKE.get(rule.alike, '')} {percent(others.rate)}."
    )


def _cost(rule: Rule, loss: Loss, worth: Worth) -> str:
    words = f"Had they done as well, that were {_about(loss.successes)} {MORE[rule.success]} a month"
    if rule.success is not Success.ORDERED:
        words += f", and {_about(loss.orders)} orders" if loss.orders else "; what that brings in orders is not known"
    return words + (f", worth {money(round(loss.revenue), worth.currency)}." if loss.revenue else ".")


MORE = {
    Success.TALKED: "talks",
    Success.TALKED_AT_FIRST_ATTEMPT: "talks at the first call",
    Success.ORDERED: "orders",
    Success.ANSWERED_IN_TIME: "answers in time",
    Success.ANSWERED_IN_AN_HOUR: "answers within an hour",
    Success.OPENED: "opened mails",
}


def success_words(rule: Rule, cycle: Cycle) -> str:
    """What is hoped for, as what was done."""
    days = cycle.talk_days if rule.population is Population.TALK else cycle.lead_days
    return {
        Success.TALKED: f"were talked with within {TALK_WITHIN.days} days",
        Success.TALKED_AT_FIRST_ATTEMPT: "answered that call",
        Success.ORDERED: f"led to an order within {days} days",
        Success.ANSWERED_IN_TIME: "were answered within the service level",
        Success.ANSWERED_IN_AN_HOUR: "were answered within an hour",
        Success.OPENED: f"were opened within {OPENED_WITHIN.days} days",
    }[rule.success]


def _who(rule: Rule, claim: Claim, label: Label) -> str:
    return rule.who.format(group=label(claim.group))


def _about(estimate: Estimate) -> str:
    """`about 5.1 (2.1 to 8.3)`; whole numbers from ten on."""
    decimals = 0 if estimate.mean >= 10 else 1
    mean, low, high = (number(round(value, decimals)) for value in (estimate.mean, *estimate.interval))
    return f"about {mean} ({low} to {high})"


def figures(rule: Rule, claims: Sequence[Claim], loss: Loss, cycle: Cycle, label: Label) -> dict[str, Any]:
    """`rows`: {about, number, of, share, low, high} in the order to be shown; a row without `of` is a number alone."""
    rows: list[dict[str, Any]] = []
    for claim in claims:
        seen = claim.comparison
        for who, counts in ((_who(rule, claim, label), seen.group), (rule.others, seen.others)):
            about = f"{who}: {success_words(rule, cycle)}"
            rows.append({"about": about, "number": counts.successes, "of": counts.contacts})
        low, high = seen.interval
        rows.append(
            {
                "about": "percentage points fewer, among those who are alike",
                "number": round(100 * seen.difference, 1),
                "low": round(100 * low, 1),
                "high": round(100 * high, 1),
            }
        )
    for about, estimate in ((f"{MORE[rule.success]} a month", loss.successes), ("orders a month", loss.orders)):
        if estimate and not (rule.success is Success.ORDERED and about != "orders a month"):
            low, high = estimate.interval
            rows.append(
                {"about": about, "number": round(estimate.mean, 2), "low": round(low, 2), "high": round(high, 2)}
            )
    return {"title": rule.title, "rows": rows}
