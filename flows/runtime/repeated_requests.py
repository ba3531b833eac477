"""Whoever asks for a person while journeys are under way is heard: by an open task, by a run that goes on, or by a
journey that is there for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, text

from flows.runtime.definitions.definition import Definitions
from flows.runtime.maps.request_places import RequestPlaces, request_places
from flows.runtime.rules import TriggerEvent, TriggerRules
from flows.runtime.run_start import start_runs
from models.database import id_list, lock_contacts
from models.events.emit import NewEvent, emit
from models.journeys.runs import ALREADY_ANSWERED, go_on_at_once, lock_open_runs, pause_runs
from models.mail.queue import postpone_marketing
from models.playbook import Playbook, current_playbook
from models.splits import HELD_OUT
from models.tasks.requests import ASKED_AGAIN, add_requests, show_on_open_tasks, without_double_clicks

PAUSE = timedelta(weeks=1)
"""How long the mails of other journeys rest once somebody asks for a person: long enough to talk to them."""

ANSWERED_BY_RUN = text(f"""
SELECT e.id FROM event e
WHERE e.id = ANY(CAST(:events AS bigint[])) AND EXISTS (
    SELECT FROM journey_run r WHERE r.contact_id = e.contact_id AND (r.resumed_by = e.id OR {ALREADY_ANSWERED}))
""")

STARTED_RUN = text(f"""
-- A run of somebody who was held out of the journey before ends at once and brings nobody.
SELECT e.id FROM event e
WHERE e.id = ANY(CAST(:events AS bigint[])) AND EXISTS (
    SELECT FROM journey_run r WHERE r.contact_id = e.contact_id
      AND (r.key = 'event:' || e.id OR r.key = 'once' AND r.started_at = :now AND r.asked_at IS NULL)
      AND (SELECT true FROM journey_run h WHERE h.contact_id = r.contact_id AND h.journey = r.journey
           AND h.id <> r.id AND h.ending = '{HELD_OUT}' LIMIT 1) IS NULL)
""")

ON_ITS_WAY = text(f"""
-- A run that has not begun waits for no step yet. Of somebody held out before, it ends at once.
SELECT DISTINCT e.id FROM event e JOIN journey_run r ON r.contact_id = e.contact_id
JOIN unnest(CAST(:journeys AS text[]), CAST(:steps AS text[])) AS place (journey, step)
  ON place.journey = r.journey AND place.step = r.waiting_for
WHERE e.id = ANY(CAST(:events AS bigint[])) AND r.status = 'waiting'
  AND (SELECT true FROM journey_run h WHERE h.contact_id = r.contact_id AND h.journey = r.journey
       AND h.id <> r.id AND h.ending = '{HELD_OUT}' LIMIT 1) IS NULL
""")

OF_HELD_OUT = text(f"""
-- What started these runs, unless the same event brings a person by another journey.
SELECT e.id, e.contact_id, e.name, e.topic FROM journey_run r JOIN event e ON e.contact_id = r.contact_id
 AND (r.key = 'event:' || e.id OR r.key = 'once' AND e.reacted_at = r.started_at)
WHERE r.id = ANY(CAST(:runs AS bigint[])) AND NOT e.is_history AND NOT EXISTS (
    SELECT FROM journey_run o WHERE o.contact_id = r.contact_id AND o.key = r.key AND o.id <> r.id
      AND o.journey = ANY(:bringing) AND o.ending IS DISTINCT FROM '{HELD_OUT}')
ORDER BY e.id
""")


@dataclass(frozen=True)
class HeardRequests:
    """The requests for a person among events, one per contact, and what has heard them before anything starts."""

    places: RequestPlaces
    asked: Sequence[TriggerEvent] = ()
    """All of them, without double clicks: a person is to talk to these contacts now."""
    answered: frozenset[int] = frozenset()
    """Events that a run waited for. Other journeys may start on them all the same."""
    taken_up: frozenset[int] = frozenset()
    """Events for which a task is there or on its way, so no journey is to bring another one. Double clicks are among
    them."""


def take_up_requests(
    connection: Connection, definitions: Definitions, playbook: Playbook, events: Sequence[TriggerEvent], now: datetime
) -> HeardRequests:
    """Let what is under way hear the requests among these events, one per contact.

    A run that waited for the event hears it alone. Else the contact's open task shows it; or the next task will, of a
    run that is on its way to one, or of one whose wait ends now for it.
    """
    places = request_places(definitions, playbook.tasks.all_kinds)
    on = playbook.service_levels.on
    found = [event for event in events if places.asks_for_person(event.name, event.topic, on)]
    if not found:
        return HeardRequests(places)
    ids = [event.id for event in found]
    # Also those that have begun since the reaction locked the others: a turn may be about to bring a person by one.
    lock_open_runs(connection, (event.contact_id for event in found))
    single = set(without_double_clicks(connection, ids))
    asked = [event for event in found if event.id in single]
    answered = frozenset(_ids(connection, ANSWERED_BY_RUN, single))
    taken_up = _take_up(connection, places, playbook, [one for one in asked if one.id not in answered], now)
    return HeardRequests(places, asked, answered, taken_up | (frozenset(ids) - single))


def _take_up(
    connection: Connection, places: RequestPlaces, playbook: Playbook, asked: Sequence[TriggerEvent], now: datetime
) -> frozenset[int]:
    left = [event.id for event in asked]
    if not left:
        return frozenset()
    lock_contacts(connection, [event.contact_id for event in asked])
    shown = set(show_on_open_tasks(connection, playbook, left, now))
    left = [event for event in left if event not in shown]
    coming = set(_ids(connection, ON_ITS_WAY, left, **places.before_task))
    # Whoever writes wants an answer in writing, which a journey of its own brings.
    may_go_on = {
        one.contact_id: one.id for one in asked if one.id in left and one.id not in coming and one.name != "replied"
    }
    contacts = go_on_at_once(connection, list(may_go_on), places.going_on, now) if may_go_on else []
    going_on = {may_go_on[contact] for contact in contacts}
    add_requests(connection, sorted(coming | going_on))
    return frozenset(shown | coming | going_on)


def starts_beside(rules: TriggerRules, heard: HeardRequests) -> dict[str, list[Any]]:
    """The triggers that count for requests which are taken up: of journeys that do not bring a person at once."""
    keep = [journey not in heard.places.bringing_person_at_once for journey in rules.starts["journeys"]]
    return {
        column: [value for value, kept in zip(values, keep, strict=True) if kept]
        for column, values in rules.starts.items()
    }


def bring_persons(connection: Connection, definitions: Definitions, heard: HeardRequests, now: datetime) -> None:
    """Start the journey that brings a person for each request that nothing has heard; other runs pause for all of them.

    To be called when everything that starts on the events has started.
    """
    left = [event for event in heard.asked if event.id not in heard.taken_up | heard.answered]
    started = set(_ids(connection, STARTED_RUN, [event.id for event in left], now=now))
    unheard = [event for event in left if event.id not in started]
    if unheard:
        add_requests(connection, [event.id for event in unheard])
        for journey in heard.places.takers:
            starts = [(event.contact_id, f"event:{event.id}") for event in unheard]
            start_runs(connection, definitions[journey], starts, now)
    if heard.asked:
        contacts, until = [event.contact_id for event in heard.asked], now + PAUSE
        pause_runs(connection, contacts, heard.places.pausing, until, now)
        postpone_marketing(connection, contacts, until, without=heard.places.ignoring)


def ask_for_held_out(connection: Connection, definitions: Definitions, runs: Sequence[int], now: datetime) -> None:
    """Let the requests that started these runs be heard in another way, as the runs have ended as held out.

    A holdout shows what a journey brings; whoever asks for a person gets one all the same.
    """
    playbook = current_playbook(connection)
    places, on = request_places(definitions, playbook.tasks.all_kinds), playbook.service_levels.on
    about = {"runs": id_list(runs), "bringing": places.bringing_person_at_once}
    rows = connection.execute(OF_HELD_OUT, about).all()
    asked = [row for row in rows if places.asks_for_person(row.name, row.topic, on)]
    if asked and places.takers:
        add_requests(connection, [row.id for row in asked])
        emit(connection, [_asked_again(row.contact_id, row.id) for row in asked], now)


def _asked_again(contact: int, request: int) -> NewEvent:
    key = f"asked again:held out:{request}"
    return NewEvent(name=ASKED_AGAIN, contact_id=contact, source="holdout", key=key, data={"request": request})


def _ids(connection: Connection, statement: TextClause, events: Iterable[int], **values: Any) -> list[int]:
    ids = list(events)
    return list(connection.execute(statement, {"events": id_list(ids), **values}).scalars()) if ids else []
