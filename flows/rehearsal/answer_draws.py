"""Draws the answers that nobody can know: who opens, clicks, replies or unsubscribes, what is reported of a task, and
when. Each is drawn by contact and step, so that two versions of a journey meet the same people.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from itertools import accumulate
from random import Random

from models.journeys.rates import ALL, Key, MailRates, Rates, TaskRates

WEIGHT = 20
"""What is known of a wider level, such as the journey, counts as much as so many mails or tasks of the narrower one."""

ENOUGH = 30
"""With fewer answers of its own, a mail or a task is said to have too little data."""

ENOUGH_DELAYS = 10
"""With fewer reports, those of the wider level say how long they take."""

SOONEST = timedelta(minutes=1)
"""What answers a mail sooner is taken for a program."""

UNKNOWN_DELAY = timedelta(hours=4)
"""Of an answer of which there has never been one."""

NO_MAIL, NO_TASK = MailRates(), TaskRates()


@dataclass(frozen=True)
class MailAnswer:
    """What somebody does with one mail, and how long after it was sent; None for what they do not do."""

    opens: timedelta | None
    clicks: timedelta | None
    replies: timedelta | None
    unsubscribes: timedelta | None


@dataclass(frozen=True)
class TaskAsked:
    """A task as far as its answer depends on it."""

    journey: str
    name: str
    kind: str | None
    assignee: str
    outcomes: tuple[str, ...]

    @property
    def levels(self) -> tuple[Key, ...]:
        """Where rates are looked for, the widest first."""
        return (
            (ALL,),
            ("kind", self.kind or ""),
            ("task", self.journey, self.name),
            ("person", self.journey, self.name, self.assignee),
        )


@dataclass(frozen=True)
class Report:
    """An outcome, and how long after the task it is reported."""

    outcome: str
    after: timedelta


def mail_levels(template: str) -> tuple[Key, ...]:
    """Where the rates of a mail are looked for, the widest first."""
    return ((ALL,), ("journey", template.partition("/")[0]), ("template", template))


class AnswerDraws:
    """All answers of one play. How likely each is is drawn first, as far as the data leave it open (Beta and Dirichlet
    distributions, each level drawn towards the wider one), then who gives it.
    """

    def __init__(self, rates: Rates, seed: int) -> None:
        self._rates = rates
        self._seed = seed
        self._chances: dict[tuple[str, Key], float] = {}
        self._outcomes: dict[tuple[Key, tuple[str, ...]], list[float]] = {}

    def to_mail(self, contact: int, template: str, nth: int) -> MailAnswer:
        """What a contact does with the nth mail of a template."""
        about = f"{contact} {template} {nth}"
        reads, delay = self._evenly(f"reads {about}"), self._mail_delay(template, self._evenly(f"delay {about}"))
        clicks = delay if reads < self._chance("clicked", template) else None
        opens = delay if clicks or reads < self._chance("opened", template) else None
        replies = delay if self._evenly(f"replies {about}") < self._chance("replied", template) else None
        unsubscribes = delay if self._evenly(f"leaves {about}") < self._chance("unsubscribed", template) else None
        return MailAnswer(opens, clicks, replies, unsubscribes)

    def to_task(self, contact: int, task: TaskAsked, nth: int) -> Report | None:
        """What is reported of the nth task of this name about a contact; None when nobody ever does."""
        about = f"{contact} {task.journey} {task.name} {nth}"
        place = self._evenly(f"outcome {about}")
        up_to = list(accumulate(self._shares(task)))
        outcome = (*task.outcomes, None)[min(bisect_right(up_to, place), len(up_to) - 1)]
        if outcome is None:
            return None
        return Report(outcome, self._report_delay(task, self._evenly(f"report {about}")))

    def _evenly(self, about: str) -> float:
        """From 0 to 1, the same for the same name and seed in every process."""
        digest = blake2b(f"{self._seed} {about}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def _chance(self, what: str, template: str) -> float:
        levels = mail_levels(template)
        if (what, levels[-1]) not in self._chances:
            self._chances[what, levels[-1]] = self._draw_chance(what, levels)
        return self._chances[what, levels[-1]]

    def _draw_chance(self, what: str, levels: Sequence[Key]) -> float:
        """Each level's own count, and what is known of the wider one as so many more mails."""
        chance, weight = 0.5, 1.0
        for level in levels:
            rates = self._rates.mails.get(level, NO_MAIL)
            yes = getattr(rates, what)
            draw = Random(f"{self._seed} {what} {level}")
            # A chance of nothing would be one that no data can mend.
            alpha, beta = yes + weight * chance, rates.n - yes + weight * (1 - chance)
            chance, weight = draw.betavariate(max(alpha, 1e-6), max(beta, 1e-6)), WEIGHT
        return chance

    def _shares(self, task: TaskAsked) -> list[float]:
        """The chance of each outcome of the task, and last that of none."""
        key = (task.levels[-1], task.outcomes)
        if key not in self._outcomes:
            self._outcomes[key] = self._draw_shares(task)
        return self._outcomes[key]

    def _draw_shares(self, task: TaskAsked) -> list[float]:
        answers = (*task.outcomes, None)
        shares, weight = [1 / len(answers)] * len(answers), 1.0
        for level in task.levels:
            known = self._rates.tasks.get(level, NO_TASK).outcomes
            draw = Random(f"{self._seed} outcomes {level} {task.outcomes}")
            parts = [
                draw.gammavariate(max(known.get(answer, 0) + weight * share, 1e-6), 1)
                for answer, share in zip(answers, shares, strict=True)
            ]
            shares, weight = [part / (sum(parts) or 1) for part in parts], WEIGHT
        return shares

    def _mail_delay(self, template: str, place: float) -> timedelta:
        found = (self._rates.mails.get(level, NO_MAIL) for level in reversed(mail_levels(template)))
        return max(_delay([(rates.delays, rates.clicked) for rates in found], place), SOONEST)

    def _report_delay(self, task: TaskAsked, place: float) -> timedelta:
        found = (self._rates.tasks.get(level, NO_TASK) for level in reversed(task.levels))
        return _delay([(rates.delays, rates.n - rates.outcomes.get(None, 0)) for rates in found], place)


def _delay(levels: Sequence[tuple[Sequence[float], int]], place: float) -> timedelta:
    """The delay at a place from 0 to 1 of the narrowest level that knows enough, else of the widest that knows any."""
    known = [(deciles, n) for deciles, n in levels if deciles]
    if not known:
        return UNKNOWN_DELAY
    deciles = next((deciles for deciles, n in known if n >= ENOUGH_DELAYS), known[-1][0])
    position = place * (len(deciles) - 1)
    below = int(position)
    above = min(below + 1, len(deciles) - 1)
    return timedelta(seconds=deciles[below] + (position - below) * (deciles[above] - deciles[below]))


def too_little_data(rates: Rates, templates: Sequence[str], tasks: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What of a rehearsal had to be drawn from wider levels, a sentence for each mail and task."""
    for template in templates:
        n = rates.mails.get(("template", template), NO_MAIL).n
        if n < ENOUGH:
            yield f"the mail {template}: sent {n} times so far, so the rates of its journey and of all mails are used"
    for journey, name in tasks:
        n = rates.tasks.get(("task", journey, name), NO_TASK).n
        if n < ENOUGH:
            yield f"the task {name} of {journey}: {n} so far, so the rates of its kind and of all tasks are used"
