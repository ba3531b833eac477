"""How long a split test will take, and what it is about, in words."""

from datetime import timedelta

from models.splits.evaluation import EvaluatedSplit, days_remaining, target_contacts
from models.splits.statistics.interval import Counts
from models.splits.statistics.winner_rule import SplitStatus
from models.titles import title_of_pattern
from models.wording import duration

WEEKS_FROM, YEARS_FROM = 21, 3 * 365


def goal_text(event: str) -> str:
    """`call_connected` as `talked on the phone`, with its topic if it has one."""
    title = title_of_pattern(event)
    return title[:1].lower() + title[1:]


def remaining(one: EvaluatedSplit) -> list[str]:
    """A sentence about what the plan still asks for; none when it asks for nothing."""
    target, days = target_contacts(one), days_remaining(one)
    if target is None or days == 0:
        return []
    if days is None:
        return [f"The plan asks for {target:,} contacts in all, and nobody has come of late."]
    return [
        f"The plan asks for {target:,} contacts in all; at the pace of late that takes {rough_duration(days)} more."
    ]


def remaining_short(one: EvaluatedSplit) -> str:
    """What the plan still asks for, in two or three words for the list of tests."""
    target, days = target_contacts(one), days_remaining(one)
    if one.evaluation.status is SplitStatus.WAITING and one.test.winner is None:
        return "not known yet"
    if target is None or one.test.is_holdout:
        return "–"  # noqa: RUF001  a dash, as in other empty places
    return "plan reached" if days == 0 else "nobody comes" if days is None else rough_duration(days)


def rough_duration(days: int) -> str:
    """Days; from three weeks on weeks, from three years on years."""
    if days < WEEKS_FROM:
        return duration(timedelta(days=days))
    return f"about {days // 7} weeks" if days < YEARS_FROM else f"about {days // 365:,} years"


def successes_text(counts: Counts) -> str:
    """`312 of 1,243`."""
    return f"{counts.successes:,} of {counts.contacts:,}"
