"""What holds on every path of every shipped journey, tried on random contacts who answer by chance.

TRIPS=10000 takes so many trips of each journey, as CI does.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from flows.runtime.prefect_flow import discover
from flows.testing import Trip, a_contact, random_trips
from flows.testing.take_trip import own_playbook
from flows.testing.trip import MAIL, TASK, MailQueued
from models.tables.contact import Suppression

TRIPS = int(os.environ.get("TRIPS", "300"))

Promise = Callable[[Trip], bool]


def it_ends(trip: Trip) -> bool:
    """Neither stuck nor waiting for ever; a task without a deadline waits for its report."""
    return trip.ending is not None or (trip.stuck_reason is None and bool(trip) and trip[-1][1].startswith(TASK))


def nobody_is_mailed_who_said_no(trip: Trip) -> bool:
    """No mail of any kind comes after somebody said no, or left the list."""
    said_no = [number for number, (_, what) in enumerate(trip) if is_no(what)]
    return not said_no or not any(what.startswith(MAIL) for _, what in trip[said_no[0] :])


def is_no(what: str) -> bool:
    """Whether a line says that the contact wants no more of it."""
    return what.endswith("Not Interested") or what in (
        "turned_us_down",
        "unsubscribed",
        f"suppressed = {Suppression.REMOVED}",
    )


def the_caps_hold(trip: Trip) -> bool:
    """No more marketing is queued within a cap's time than the playbook allows, so no mail of it has to wait."""
    sent = [mail for mail in trip.outcome.sent if mail.is_marketing]
    return all(most_within(sent, cap.per) <= cap.mails for cap in own_playbook().mail.caps)


def most_within(sent: list[MailQueued], length: timedelta) -> int:
    """The most of these mails that come within this length of time."""
    return max((sum(one.at <= other.at < one.at + length for other in sent) for one in sent), default=0)


def no_mail_comes_twice(trip: Trip) -> bool:
    """Nobody gets the same marketing mail twice."""
    marketing = [mail.template for mail in trip.outcome.sent if mail.is_marketing]
    return len(marketing) == len(set(marketing))


def nobody_is_called_twice_about_one_request(trip: Trip) -> bool:
    """A task comes once the one before it is reported, or nobody has reported it in its time."""
    is_open = None
    for _, what in trip:
        if what.startswith(TASK):
            if is_open is not None:
                return False
            is_open = what.removeprefix(TASK)
        elif is_open is not None and what.startswith((f"{is_open}: ", "ends: ")):
            is_open = None
    return True


def it_leads_to_a_journey_that_is_there(trip: Trip) -> bool:
    """Whoever is handed over is handed over to somebody."""
    ending = trip.ending or ""
    return not ending.startswith("handed over to ") or ending.removeprefix("handed over to ") in discover()


PROMISES: tuple[Promise, ...] = (
    it_ends,
    nobody_is_mailed_who_said_no,
    the_caps_hold,
    no_mail_comes_twice,
    nobody_is_called_twice_about_one_request,
    it_leads_to_a_journey_that_is_there,
)


def broken_promises(trips: Iterator[Trip]) -> dict[str, Trip]:
    """Each promise that a trip breaks, with the first trip that breaks it."""
    broken: dict[str, Trip] = {}
    for trip in trips:
        for promise in PROMISES:
            if promise.__name__ not in broken and not promise(trip):
                broken[promise.__name__] = trip
    return broken


@pytest.mark.parametrize("name", sorted(discover()))
def test_every_path_keeps_every_promise(name: str) -> None:
    assert broken_promises(random_trips(name, TRIPS)) == {}


@pytest.mark.parametrize("name", sorted(discover()))
def test_whoever_called_us_spam_is_not_mailed_at_all(name: str) -> None:
    complainer = a_contact(suppressed=Suppression.COMPLAINED)
    assert not [trip for trip in random_trips(name, 50, contact=complainer) if trip.mails]
