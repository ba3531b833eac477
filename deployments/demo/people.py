"""How the people of the demo behave: leads who read, visit, reply and buy or do not, and salespeople who call.

Chances are made up but plausible; each person draws from their own seed, so the demo ends the same way every time,
apart from what the split tests draw by the key of the installation.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Interest(StrEnum):
    """How much a lead wants to buy."""

    HOT = "hot"
    WARM = "warm"
    MILD = "mild"
    COLD = "cold"


DECIDES_ALONE = ("Owner", "Founder", "CEO")
LARGE_FIRM = 10
"""Employees from which on a firm can afford the programme."""
SHARES_BY_FIT = (
    {Interest.HOT: 1, Interest.WARM: 5, Interest.MILD: 30, Interest.COLD: 64},
    {Interest.HOT: 10, Interest.WARM: 30, Interest.MILD: 35, Interest.COLD: 25},
    {Interest.HOT: 55, Interest.WARM: 30, Interest.MILD: 10, Interest.COLD: 5},
)
"""Of a hundred leads who fit in none, one or both of these; the predictive model finds it out."""

READS = {Interest.HOT: 0.75, Interest.WARM: 0.5, Interest.MILD: 0.2, Interest.COLD: 0.03}
"""Chance to follow the link of an article."""
READING = ("welcome", "challenge_course", "lead_nurture", "long_term_follow_up", "re_engagement")
VISITS = {Interest.HOT: 0.35, Interest.WARM: 0.15, Interest.MILD: 0.05, Interest.COLD: 0.01}
"""Chance that an offer is clicked, which leads to the order page."""
COMES_BACK = {Interest.HOT: 0.9, Interest.WARM: 0.5, Interest.MILD: 0.2, Interest.COLD: 0.05}
"""Chance that whoever did not order looks again the day after."""
LOOKS_AT_PRICES = 0.6
BUYS = {Interest.HOT: 0.5, Interest.WARM: 0.3, Interest.MILD: 0.1, Interest.COLD: 0.02}
"""Chance that a visit to the order page ends with an order."""
REPLIES = {Interest.HOT: 0.1, Interest.WARM: 0.08, Interest.MILD: 0.04, Interest.COLD: 0.01}
TAKES_A_CALL = {"offer_sequence/call_invitation": 0.4, "offer_sequence/call_times": 0.55}
"""Chance to book the call that a mail offers; the demo's answer to its own split test."""
UNSUBSCRIBES = 0.004
"""Chance that a mail makes somebody unsubscribe."""

CALL_OUTCOMES = {
    Interest.HOT: {"Qualified": 55, "Bought": 12, "Unqualified": 8, "Not Interested": 2, "Try Again": 23},
    Interest.WARM: {"Qualified": 35, "Bought": 3, "Unqualified": 27, "Not Interested": 5, "Try Again": 30},
    Interest.MILD: {"Qualified": 10, "Bought": 1, "Unqualified": 40, "Not Interested": 12, "Try Again": 37},
    Interest.COLD: {"Qualified": 2, "Bought": 0, "Unqualified": 33, "Not Interested": 25, "Try Again": 40},
}
TALK_OUTCOMES = {
    Interest.HOT: {"Wants to Buy": 60, "Not Now": 20, "Not Interested": 5, "Could Not Reach": 15},
    Interest.WARM: {"Wants to Buy": 35, "Not Now": 35, "Not Interested": 10, "Could Not Reach": 20},
    Interest.MILD: {"Wants to Buy": 10, "Not Now": 45, "Not Interested": 20, "Could Not Reach": 25},
    Interest.COLD: {"Wants to Buy": 2, "Not Now": 30, "Not Interested": 38, "Could Not Reach": 30},
}
OTHER_OUTCOMES = {
    **{"Going Well": 65, "Needs Help": 10, "Wants More": 10, "Solved": 85, "Not Solved": 15},
    **{"Note Sent": 85, "No Address Found": 15, "Talk Again": 25},
}
"""Of the other tasks, whoever the lead is."""
NEVER_REPORTS = 0.05
"""Chance that a salesperson never reports on a task."""
NOTES = {
    "Qualified": "Good fit. Wants to see the offer.",
    "Bought": "Took the programme on the phone.",
    "Unqualified": "Nice talk, no budget this year.",
    "Not Interested": "Asked us not to call again.",
    "Try Again": "Left a voicemail.",
    "Wants to Buy": "Sending the order this week.",
    "Not Now": "Come back next quarter.",
    "Could Not Reach": "No answer, tried twice.",
}


@dataclass(frozen=True)
class LeadAction:
    """Something that a person does after a while: an event, or the report on a task."""

    after: timedelta
    event: str
    topic: str | None = None
    data: dict[str, Any] | None = None


class DemoLead:
    """One contact of the demo."""

    def __init__(self, address: str, job_title: str | None, employees: int | None) -> None:
        self._draw = random.Random(f"lead {address}")
        shares = SHARES_BY_FIT[(job_title in DECIDES_ALONE) + ((employees or 0) >= LARGE_FIRM)]
        self.interest = self._draw.choices(list(shares), list(shares.values()))[0]

    def on_mail(self, template: str) -> list[LeadAction]:
        """What a mail makes them do."""
        journey = template.split("/")[0]
        if self._happens(UNSUBSCRIBES):
            return [LeadAction(self._after(20), "unsubscribed")]
        if journey in READING:
            return (
                [LeadAction(self._after(30), "link_clicked", template)] if self._happens(READS[self.interest]) else []
            )
        if journey == "offer_sequence":
            return self._on_offer(template)
        return []

    def on_talk_to_buy(self) -> list[LeadAction]:
        """After they said on the phone that they want to buy."""
        return [self._order(self._after(48))] if self._happens(0.8) else []

    def _on_offer(self, template: str) -> list[LeadAction]:
        if template in TAKES_A_CALL and self._happens(TAKES_A_CALL[template]):
            return [LeadAction(self._after(30), "form_submitted", "book-call")]
        if self._happens(REPLIES[self.interest]):
            return [
                LeadAction(self._after(24), "replied", None, {"text": "Could you tell me more about the schedule?"})
            ]
        if not self._happens(VISITS[self.interest]):
            return []
        click = LeadAction(self._after(30), "link_clicked", template)
        look = [click, *self._look_around(click.after)]
        if self._happens(BUYS[self.interest]):
            return [*look, self._order(click.after + HOUR)]
        return (
            [*look, *self._look_around(click.after + 26 * HOUR)] if self._happens(COMES_BACK[self.interest]) else look
        )

    def _look_around(self, after: timedelta) -> list[LeadAction]:
        """What the click of an offer leads to: the order page, for many by way of the prices."""
        pages = ["pricing", "order"] if self._happens(LOOKS_AT_PRICES) else ["order"]
        return [
            LeadAction(after + place * 3 * MINUTE, "page_visited", page) for place, page in enumerate(pages, start=1)
        ]

    def _order(self, after: timedelta) -> LeadAction:
        product = self._draw.choices(["growth-programme", "strategy-session"], [55, 45])[0]
        return LeadAction(after, "order_placed", product, {"product": product})

    def _happens(self, chance: float) -> bool:
        return self._draw.random() < chance

    def _after(self, hours: float) -> timedelta:
        """A delay: log-normal around a third of `hours`, at most four times `hours`."""
        return HOUR * min(self._draw.lognormvariate(0, 0.8) * hours / 3, 4 * hours)


@dataclass(frozen=True)
class DemoReport:
    """What a salesperson says about a task, after a while."""

    after: timedelta
    outcome: str
    notes: str


def draw_report(task_id: int, outcomes: list[str], interest: Interest) -> DemoReport | None:
    """Mostly within minutes or hours; None when they never do."""
    draw = random.Random(f"task {task_id}")
    if draw.random() < NEVER_REPORTS:
        return None
    is_call = any("Qualified" in outcome for outcome in outcomes)
    chances = _chances((CALL_OUTCOMES if is_call else TALK_OUTCOMES)[interest] | OTHER_OUTCOMES, outcomes)
    word = draw.choices(list(chances), list(chances.values()))[0]
    outcome = next(outcome for outcome in outcomes if _says(outcome, word))
    # New leads are called within minutes, mostly; all others have some hours.
    after = 4 * MINUTE * draw.lognormvariate(0, 1.6) if is_call else HOUR * draw.lognormvariate(0, 1.2)
    return DemoReport(min(after, 48 * HOUR), outcome, NOTES.get(word, ""))


def _chances(known: dict[str, int], outcomes: list[str]) -> dict[str, int]:
    """Of the words that fit the task; outcomes of which nothing is known are as likely as any."""
    fitting = {word: chance for word, chance in known.items() if any(_says(outcome, word) for outcome in outcomes)}
    others = [outcome for outcome in outcomes if not any(_says(outcome, word) for word in known)]
    return fitting | dict.fromkeys(others, 20)


def _says(outcome: str, word: str) -> bool:
    return outcome.endswith(word) or f": {word} " in f"{outcome} "
