"""One contact on its way through time, in memory: runs, events and answers, in the order in which the runtime takes
them. A moment's events come first: they end runs, then resume them, then start others; then whatever is due goes on.
"""

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from flows.runtime.contract.ask import Answered, Ask, HandOver, Paused, ResumingEvent, StepResult, Stuck
from flows.runtime.contract.errors import TooManySteps, UnknownJourney
from flows.runtime.maps.request_places import REQUEST_EVENTS, RequestPlaces, request_places
from flows.runtime.turn import MAX_STEPS
from flows.runtime.verbs.task import TaskStep
from flows.testing.answers import Happening, plan
from flows.testing.effects import happen_to_contact
from flows.testing.heard_requests import pause, take_up
from flows.testing.made_contact import CONTACT_ID, MadeContact
from flows.testing.open_run import OpenRun
from flows.testing.steps import perform
from flows.testing.trip import Happened, Outcome, StepTaken, Trip
from flows.testing.world import Surroundings, World
from models import JourneyRun
from models.journeys.start_task import JOURNEY as FOLLOW_UP_TASK
from models.response.first_contact import CONVERSATION_OUTCOMES
from models.tasks.undo import REFUSAL_OUTCOME

TASK_DONE = "task_done"


class Walk:
    """The trip of one contact while it is under way."""

    def __init__(self, around: Surroundings, contact: MadeContact) -> None:
        self.around = around
        self.world = World(around, contact)
        self.runs: list[OpenRun] = []
        self.steps: list[StepTaken] = []
        self.script: list[Happened] = []
        self._keys: set[tuple[str, str]] = set()
        self._coming: list[tuple[datetime, int, Happening, dict[str, Any]]] = []

    @property
    def now(self) -> datetime:
        """The moment that the trip has come to."""
        return self.world.now

    def start(self, journey: str, key: str, *, is_first: bool = False, data: Mapping[str, Any] | None = None) -> None:
        """Put the contact on a journey, as far as its re-enrolment rule allows it and the trip follows it."""
        if not (self.around.follow or is_first):
            return
        definition = self.around.definitions[journey]
        key = definition.start_key(key)
        is_on_it = any(run.name == journey and run.row["ended_at"] is None for run in self.runs)
        if (journey, key) in self._keys or (definition.exclusive and is_on_it):
            return
        self._keys.add((journey, key))
        paths = self.around.known.paths_of(definition, self.now)
        row = dict.fromkeys(JourneyRun.model_fields) | {
            "id": len(self.runs) + 1,
            "contact_id": CONTACT_ID,
            "journey": journey,
            "key": key,
            "started_at": self.now,
            "points": Decimal(0),
            "start_data": data,
        }
        self.world.rows("journey_run").append(row)
        self.runs.append(OpenRun(len(self.runs) + 1, definition, paths, paths.first, row, resume_at=self.now))

    def go(self, until: datetime) -> None:
        """Let time pass until nothing is due any more, or until this moment."""
        for happening in self.around.answers.happenings(self.around.begin):
            self._expect(happening, {})
        while (moment := self._next_moment()) is not None and moment <= until:
            self.world.now = max(self.now, moment)
            while self._coming and self._coming[0][0] <= self.now:
                _, number, happening, data = heapq.heappop(self._coming)
                self._happen(happening, number, data)
                self._advance_due()
            self._advance_due()
        for run in self.runs:
            if run.live is not None:
                run.live.close()

    def result(self) -> Trip:
        """The trip as it is now."""
        first = self.runs[0]
        outcome = Outcome(
            first.row["ending"],
            first.place.ask.name if first.is_open and first.place.ask is not None else None,
            first.row["stuck_reason"],
            first.row["points"],
            self.world.contact,
            {run.name: run.row["ending"] for run in self.runs if run.row["ending"] is not None},
            tuple(self.steps),
            tuple(self.world.sent),
            tuple(self.script),
        )
        return Trip(self.world.lines, outcome)

    def _next_moment(self) -> datetime | None:
        moments = [run.resume_at for run in self.runs if run.resume_at is not None]
        if self._coming:
            moments.append(self._coming[0][0])
        return min(moments, default=None)

    def _expect(self, happening: Happening, data: dict[str, Any]) -> None:
        heapq.heappush(self._coming, (happening.at, next(self.world.numbers), happening, data))

    def _happen(self, event: Happening, number: int, data: dict[str, Any]) -> None:
        """One thing that somebody does, and all that it tells."""
        if event.name != TASK_DONE:
            self.world.note(event.pattern)
            self.script.append(Happened(self.now, event.name, event.topic))
            return self._react(event, number, data)
        if not any(event.pattern in run.events for run in self.runs):
            return None  # The task was closed meanwhile: nobody can report on it any more.
        task, outcome = self.world.task(int(event.topic or 0)), data["outcome"]
        self.world.note(f"{task.name}: {outcome}")
        self.script.append(Happened(self.now, TASK_DONE, task.name, outcome))
        self._react(event, number, data)
        if outcome.startswith(CONVERSATION_OUTCOMES):
            self._react(Happening(self.now, "call_connected", None), next(self.world.numbers), {})
        if outcome.endswith(REFUSAL_OUTCOME):
            self._react(Happening(self.now, "turned_us_down", None), next(self.world.numbers), {})
        self._bring_follow_ons(task, outcome, number)

    def _bring_follow_ons(self, task: TaskStep, outcome: str, number: int) -> None:
        """What the kind of the task says of this outcome."""
        kind = self.world.playbook.tasks.all_kinds.get(task.kind)
        for what in kind.follow_ons(outcome) if kind is not None else ():
            if what.list is not None:
                self.world.note(f"on the list '{what.list}'")
                continue
            journey = what.journey or FOLLOW_UP_TASK
            self.world.note(f"starts {journey}")
            data = {"kind": what.task, "to": what.to, "note": what.note} if what.task is not None else None
            self.start(journey, f"outcome:{number}:{journey}", data=data)

    def _react(self, event: Happening, number: int, data: dict[str, Any]) -> None:
        patterns = (event.name, event.pattern)
        self.world.add_event(event.pattern)
        was_waited_for = self._end_and_resume(event, patterns, number, data)
        happen_to_contact(self.world, event)
        self._start_on(event, number, was_waited_for)

    def _end_and_resume(self, event: Happening, patterns: Iterable[str], number: int, data: dict[str, Any]) -> bool:
        """Whether a run waited for it."""
        resumed = False
        for run in self.runs:
            if not run.is_open:
                continue
            ending = next((end for one, end in (run.definition.ends_on or {}).items() if one in patterns), None)
            in_time = run.resume_at is None or event.at <= run.resume_at or event.name == TASK_DONE
            if ending is not None:
                self._end(run, ending)
            elif run.waits and run.event is None and in_time and any(one in run.events for one in patterns):
                run.event = ResumingEvent(number, event.name, event.topic, data)
                run.resume_at = self.now
                resumed = True
        return resumed

    def _start_on(self, event: Happening, number: int, was_waited_for: bool) -> None:
        """Start what the event triggers, once what is under way has heard it if it asks for a person."""
        patterns, definitions = (event.name, event.pattern), self.around.definitions.values()
        triggered = [one.name for one in definitions if any(name in patterns for name in one.starts_on)]
        if not triggered and not was_waited_for:
            triggered = [one.name for one in definitions if any(name in patterns for name in one.fallback_trigger)]
        if self._may_ask(event) and self._places.asks_for_person(
            event.name, event.topic, self.world.playbook.service_levels.on
        ):
            triggered = self._hear(event, triggered, was_waited_for)
        for journey in triggered:
            self.start(journey, f"event:{number}")

    def _may_ask(self, event: Happening) -> bool:
        """Whether the maps are needed to say if it asks for a person, which takes a moment to make."""
        on = self.world.playbook.service_levels.on
        return event.name in REQUEST_EVENTS or event.name in on or event.pattern in on

    def _hear(self, event: Happening, triggered: list[str], was_waited_for: bool) -> list[str]:
        """The journeys that a request for a person starts; other runs go on by it, or pause."""
        places = self._places
        if not was_waited_for:
            if take_up(self.runs, places, event.name, self.now):
                triggered = [name for name in triggered if name not in places.bringing_person_at_once]
            elif not triggered:
                triggered = places.takers
        pause(self.runs, places, self.now)
        return triggered

    @cached_property
    def _places(self) -> RequestPlaces:
        return request_places(self.around.definitions, self.world.playbook.tasks.all_kinds)

    def _advance_due(self) -> None:
        while due := [run for run in self.runs if run.resume_at is not None and run.resume_at <= self.now]:
            for run in due:
                self._advance(run)

    def _advance(self, run: OpenRun) -> None:
        """To its next wait, or its end."""
        run.resume_at = None
        if run.waits:
            self._resume(run)
        for _ in range(MAX_STEPS):
            step = run.place.ask
            if step is None:
                return self._close(run)
            match self._perform(run, step):
                case Answered(value=value):
                    self._answer(run, step, value)
                case Paused(resume_at=resume_at, events=events):
                    return self._wait(run, step, resume_at, events)
                case Stuck(reason=reason):
                    return self._stick(run, reason)
        self._stick(run, str(TooManySteps(MAX_STEPS)))

    def _perform(self, run: OpenRun, step: Ask) -> StepResult:
        result = perform(self.world, run, step)
        starts, self.world.starts = self.world.starts, []
        for journey, key in starts:
            self.start(journey, key)
        return result

    def _resume(self, run: OpenRun) -> None:
        step = run.place.ask
        assert step is not None, "it waits at a step"
        answered = step.resume(run.event)
        if run.event is None and (answered.fact or {}).get("silence"):
            self.world.note(f"{step.name}: silence")
        run.event, run.events, run.waits = None, (), False
        if run.live is not None and self.around.replay:
            run.live.close()
            run.live = None
        self._answer(run, step, answered.value)

    def _answer(self, run: OpenRun, step: Ask, value: Any) -> None:
        self.steps.append(StepTaken(self.world.day, run.name, step.verb, step.name, value))
        run.place, run.live = run.paths.follow(run.place, value, self.now, run.live)

    def _wait(self, run: OpenRun, step: Ask, resume_at: datetime | None, events: tuple[str, ...]) -> None:
        run.resume_at, run.events, run.waits = resume_at, events, True
        if not events:
            plan(step, self.world.answer(run, step), self.now, resume_at)  # Refuses an answer: only time passes here.
            return
        name, _, topic = events[0].partition(":")
        # A task answers by what its kind says.
        asked = self.world.task(int(topic)) if name == TASK_DONE else step
        planned = plan(asked, self.world.answer(run, asked), self.now, resume_at)
        if planned is None:
            return
        data: dict[str, Any] = {"outcome": planned.value} if name == TASK_DONE else {}
        pattern = events[0] if name == TASK_DONE else planned.value
        name, _, topic = pattern.partition(":")
        self._expect(Happening(planned.at, name, topic or None), data)

    def _close(self, run: OpenRun) -> None:
        if run.place.stuck_reason is not None:
            return self._stick(run, run.place.stuck_reason)
        ending = run.place.ending
        assert ending is not None, "a run without a step has ended or is stuck"
        if isinstance(ending, HandOver) and ending.journey not in self.around.definitions:
            return self._stick(run, str(UnknownJourney(ending.journey, sorted(self.around.definitions))))
        self._end(run, ending)
        if isinstance(ending, HandOver):
            self.start(ending.journey, f"run:{run.id}")

    def _end(self, run: OpenRun, ending: str) -> None:
        run.row["ending"], run.row["ended_at"] = str(ending), self.now
        run.resume_at, run.events, run.event, run.waits = None, (), None, False
        self.world.note(f"{'' if run is self.runs[0] else f'{run.name} '}ends: {ending}")

    def _stick(self, run: OpenRun, reason: str) -> None:
        run.row["stuck_reason"], run.resume_at, run.events, run.waits = reason, None, (), False
        self.world.note(f"stuck: {reason}")
