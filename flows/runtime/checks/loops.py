"""Loops: those that never wait, and those in which somebody who stays silent is mailed for ever."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from flows.runtime.checks.finding import Severity
from flows.runtime.checks.rule import Checked, Found
from flows.runtime.contract.ask import HandOver
from flows.runtime.maps.journey_map import ANY_MOMENT, JourneyMap, MapState
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.wait import WaitForStep, WaitStep, WaitUntilFieldStep

WAITING = ("task", "wait", "wait_for", "wait_until", "offer", "call", "feedback")


def find_loops_without_wait(checked: Checked) -> Iterator[Found]:
    """Loops in which nothing waits: a run goes round a thousand times in one turn, and is stuck."""
    for name, found in checked.maps.items():
        circle = _circle([state for state in found.states if not _waits(state)])
        if circle is not None:
            depths = [state.depth for state in circle]
            begin = depths.index(min(depths))
            circle = circle[begin:] + circle[:begin]
            steps = " → ".join(dict.fromkeys(state.node.title for state in circle))
            message = f"the loop {steps} never waits, so it goes round at once until it is stuck. Await j.wait() in it."
            yield Found.in_state(message, name, circle[0])


def _waits(state: MapState) -> bool:
    ask = state.ask
    if isinstance(ask, WaitStep):
        return ask.length > timedelta(0) if ask.until is None else ask.until > ANY_MOMENT
    if isinstance(ask, WaitUntilFieldStep):
        return ask.otherwise > timedelta(0)
    return state.node.verb in WAITING


def _circle(states: list[MapState]) -> list[MapState] | None:
    """States that lead to each other in a circle, the first one first; None where there is no circle."""
    among = {id(state) for state in states}
    done: set[int] = set()
    for first in states:
        trail: list[tuple[MapState, Iterator[MapState]]] = []
        on_trail: dict[int, int] = {}
        pending: MapState | None = first if id(first) not in done else None
        while pending is not None or trail:
            if pending is not None:
                on_trail[id(pending)] = len(trail)
                trail.append((pending, iter([target for _, target in pending.ways if id(target) in among])))
                pending = None
            state, targets = trail[-1]
            following = next(targets, None)
            if following is None:
                done.add(id(state))
                del on_trail[id(state)]
                trail.pop()
            elif id(following) in on_trail:
                return [state for state, _ in trail[on_trail[id(following)] :]]
            elif id(following) not in done:
                pending = following
    return None


def find_endless_mail(checked: Checked) -> Iterator[Found]:
    """Journeys, also over hand-overs, on which whoever never answers is mailed for ever.

    What people report, what a check finds and what a split draws may end it; a mail that cannot be sent, a click, a
    reply or an order of the contact may not.
    """
    maps = checked.maps
    ends = _ending_silently(maps, with_refusals=False)
    ends_if_refused = _ending_silently(maps, with_refusals=True)
    for name, found in maps.items():
        if name in ends:
            continue
        circle = _mailing_circle(name, maps)
        if circle is None or min(circle) != name:
            continue
        state = next(state for state in _silent_states(found, with_refusals=False) if state.node.verb == "send")
        if len(circle) > 1:
            round_trip = " → ".join((*circle, circle[0]))
            message = (
                f"whoever does not answer is mailed for ever: {round_trip}. Let one of them end for the silent, as "
                "re_engagement does, or check how often they have been on it."
            )
            yield Found.in_state(message, name, state)
        else:
            message = (
                "whoever does not answer is mailed for ever. End it after some mails, or hand over to a journey that "
                "asks whether to go on."
            )
            severity = Severity.WARNING if name in ends_if_refused else None
            yield Found(message, name, state.made_at, state.path, severity)


def _ending_silently(maps: Mapping[str, JourneyMap], *, with_refusals: bool) -> set[str]:
    """Journeys that come to an end of all mail for somebody who never answers, whatever others do."""
    known: set[str] = set()
    while True:
        # Of a journey that was not tried nothing bad is thought.
        found = {
            name
            for name, one in maps.items()
            if name in known or not one.states or _ends(one, maps, known, with_refusals)
        }
        if found == known:
            return found
        known = found


def _ends(found: JourneyMap, maps: Mapping[str, JourneyMap], known: set[str], with_refusals: bool) -> bool:
    for state in _silent_states(found, with_refusals=with_refusals, ending=known, maps=maps):
        if state.ask is None:
            target = _handed_over(found, state)
            if target is None or target not in maps or target in known:
                return True
    return False


def _silent_states(
    found: JourneyMap,
    *,
    with_refusals: bool,
    ending: set[str] | None = None,
    maps: Mapping[str, JourneyMap] | None = None,
) -> Iterator[MapState]:
    """The states that a silent contact comes to; past a start only where the journey that is started ends."""
    pending, seen = found.states[:1], set()
    while pending:
        state = pending.pop()
        if id(state) in seen:
            continue
        seen.add(id(state))
        yield state
        ask = state.ask
        if (
            isinstance(ask, StartStep)
            and ending is not None
            and ask.journey in (maps or {})
            and ask.journey not in ending
        ):
            continue
        pending += [target for answer, target in state.ways if _is_silent(state, answer, with_refusals)]


def _is_silent(state: MapState, answer: object, with_refusals: bool) -> bool:
    """Whether this is answered without the contact. Where only they can answer, they do."""
    ask = state.ask
    if state.node.verb == "send" and not with_refusals:
        return answer == "queued"
    if isinstance(ask, WaitForStep | WaitUntilFieldStep):
        return answer is None or None not in [one for one, _ in state.ways]
    return True


def _handed_over(found: JourneyMap, state: MapState) -> str | None:
    ending = next((one for one in found.endings if one == state.node.name), None)
    return ending.journey if isinstance(ending, HandOver) else None


def _mailing_circle(name: str, maps: Mapping[str, JourneyMap]) -> list[str] | None:
    """The journeys that lead from this one back to it, one of which mails; None where no mail is in the circle."""
    trail = _way_back(name, name, maps, set()) or []
    circle = [name, *trail]
    if not trail and not _has_own_loop(maps[name]):
        return None
    mails = any(state.node.verb == "send" for one in circle for state in _silent_states(maps[one], with_refusals=False))
    return circle if mails else None


def _has_own_loop(found: JourneyMap) -> bool:
    return _circle(list(_silent_states(found, with_refusals=False))) is not None


def _way_back(start: str, at: str, maps: Mapping[str, JourneyMap], seen: set[str]) -> list[str] | None:
    """The journeys between this one and the start again, by hand-overs and starts of the silent."""
    for following in _next_journeys(maps[at]):
        if following == start:
            return []
        if following in maps and following not in seen:
            seen.add(following)
            rest = _way_back(start, following, maps, seen)
            if rest is not None:
                return [following, *rest]
    return None


def _next_journeys(found: JourneyMap) -> Iterator[str]:
    for state in _silent_states(found, with_refusals=False):
        if isinstance(state.ask, StartStep):
            yield state.ask.journey
        elif state.ask is None and (target := _handed_over(found, state)):
            yield target
