"""Random trips of a journey: thousands of contacts who answer by chance, for what must hold on every path."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from flows.runtime.contract.ask import Ask
from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.prefect_flow import discover
from flows.runtime.verbs.call import CallStep
from flows.runtime.verbs.check import CheckStep
from flows.runtime.verbs.feedback import FeedbackStep
from flows.runtime.verbs.offer import OfferStep
from flows.runtime.verbs.send import SendStep
from flows.runtime.verbs.split import SplitStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitUntilFieldStep
from flows.testing.answers import NOT_GIVEN, SILENT, Happening, Later
from flows.testing.made_contact import MONDAY, MadeContact, a_contact
from flows.testing.take_trip import TWO_YEARS, Named, definition_of, own_playbook
from flows.testing.trip import Trip
from flows.testing.walk import Walk
from flows.testing.world import Known, Surroundings
from models import ProductTier, Stage, Suppression
from models.playbook import Playbook
from models.values.custom_field import FieldType

DELAYS_OF_TASKS = (timedelta(hours=1), timedelta(hours=30))
DELAYS_OF_EVENTS = (timedelta(hours=2), timedelta(hours=75))
FEEDBACK = ("answered", "won", "lost: nurture", "lost: end", "no answer", "give to somebody else", "enough is known")


@dataclass(frozen=True)
class RandomAnswers:
    """Answers by chance: each that a step may have is about as likely as any other."""

    chance: Random
    definition: Definition
    playbook: Playbook

    def to(self, journey: str, step: Ask) -> Any:
        """One of the possible answers; what the contact decides is left to the contact."""
        match step:
            case TaskStep():
                kinds = self.playbook.tasks.all_kinds
                return self._some((*step.defined(kinds).outcomes, SILENT), DELAYS_OF_TASKS)
            case WaitForStep() | WaitUntilFieldStep():
                return self._some((*step.events, SILENT), DELAYS_OF_EVENTS)
            case SplitStep() | OfferStep():
                return self.chance.choice(step.possible_answers())
            case FeedbackStep():
                return self.chance.choice(FEEDBACK)
            case CallStep():
                return None
            case CheckStep() | SendStep():
                return NOT_GIVEN
        return NOT_GIVEN

    def _some(self, answers: Sequence[str], delays: Sequence[timedelta]) -> Any:
        answer = self.chance.choice(answers)
        return answer if answer == SILENT else Later(self.chance.choice(delays), answer)

    def happenings(self, begin: datetime) -> Iterable[Happening]:
        """On one trip in four something that ends the journey, at some moment of its first weeks."""
        exits = tuple(self.definition.ends_on or ())
        if not exits or self.chance.random() > 0.25:
            return
        name, _, topic = self.chance.choice(exits).partition(":")
        # Not at the full hours and days at which the journey's own steps come.
        moment = begin + timedelta(days=self.chance.randrange(60), minutes=self.chance.choice((17, 97, 617)))
        yield Happening(moment, name, topic or None)


def random_contact(chance: Random, playbook: Playbook) -> MadeContact:
    """A contact of any kind: with and without address, owner, consent, challenge, orders; most may be mailed."""
    custom = {
        name: chance.choice(field.options)
        for name, field in playbook.fields.items()
        if field.type is FieldType.DROPDOWN and chance.random() < 0.5
    }
    return a_contact(
        custom=custom,
        has_owner=chance.random() < 0.5,
        agreed_to_mail=chance.random() < 0.8,
        bought=chance.sample(tuple(ProductTier), chance.choice((0, 0, 0, 1, 2))),
        email="ann@example.com" if chance.random() < 0.95 else None,
        phone="+12075550100" if chance.random() < 0.5 else None,
        suppressed=chance.choice(tuple(Suppression)) if chance.random() < 0.2 else None,
        stage=chance.choice(tuple(Stage)),
        score=Decimal(chance.choice((0, 10, 25, 30, 60))),
    )


def random_trips(
    journey: Named,
    count: int,
    *,
    seed: int = 1,
    contact: MadeContact | None = None,
    follow: bool = False,
    lasts: timedelta = TWO_YEARS,
    definitions: Definitions | None = None,
    playbook: Playbook | None = None,
) -> Iterator[Trip]:
    """So many trips of contacts who answer by chance; the same seed gives the same ones.

    `contact` is who takes them all; without one, each trip has another. The other arguments are those of `trip`.
    """
    chance, known = Random(seed), Known()
    by_name = definitions if definitions is not None else discover()
    definition = definition_of(journey, by_name)
    by_name = {**by_name, definition.name: definition}
    rules = playbook or own_playbook()
    answers = RandomAnswers(chance, definition, rules)
    around = Surroundings(by_name, answers, rules, MONDAY, known, follow=follow, replay=False)
    for _ in range(count):
        walk = Walk(around, contact or random_contact(chance, rules))
        walk.start(definition.name, "trip", is_first=True)
        walk.go(MONDAY + lasts)
        known.paths_of(definition, MONDAY).forget_if_many()
        yield walk.result()
