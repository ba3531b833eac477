"""What holds on every path of every shipped journey, tried on random contacts who answer by chance.

TRIPS=10000 takes so many trips of each journey.
"""

import os
from datetime import timedelta

import pytest

from flows.runtime.prefect_flow import discover
from flows.testing import Trip, a_contact, random_trips
from flows.testing.take_trip import own_playbook
from flows.testing.trip import MAIL, TASK, MailQueued
from models.tables.contact import Suppression

TRIPS = int(os.environ.get("TRIPS", "300"))


@pytest.fixture(scope="module", params=sorted(discover()))
def trips(request: pytest.FixtureRequest) -> list[Trip]:
    """Random trips of one journey, which all tests here look at."""
    return list(random_trips(request.param, TRIPS))


def test_every_path_ends(trips: list[Trip]) -> None:
    """Neither stuck nor waiting for ever; a task without a deadline waits for its report."""
    assert not [trip for trip in trips if trip.ending is None and not waits_for_report(trip)]


def waits_for_report(trip: Trip) -> bool:
    """Whether the last thing that happened is a task, and nothing is wrong."""
    return trip.stuck_reason is None and bool(trip) and trip[-1][1].startswith(TASK)


def test_no_path_mails_someone_who_said_no(trips: list[Trip]) -> None:
    assert not [trip for trip in trips if mails_after_no(trip)]


def mails_after_no(trip: Trip) -> list[str]:
    """The mails that come after somebody said no, or left the list."""
    said_no = [number for number, (_, what) in enumerate(trip) if is_no(what)]
    return [what for _, what in trip[said_no[0] :] if what.startswith(MAIL)] if said_no else []


def is_no(what: str) -> bool:
    """Whether a line says that the contact wants no more of it."""
    return what.endswith("Not Interested") or what in (
        "turned_us_down",
        "unsubscribed",
        f"suppressed = {Suppression.REMOVED}",
    )


@pytest.mark.parametrize("name", sorted(discover()))
def test_whoever_called_us_spam_is_not_mailed_at_all(name: str) -> None:
    complainer = a_contact(suppressed=Suppression.COMPLAINED)
    assert not [trip for trip in random_trips(name, 50, contact=complainer) if trip.mails]


def test_no_path_sends_more_marketing_than_the_caps_allow(trips: list[Trip]) -> None:
    caps = own_playbook().mail.caps
    for trip in trips:
        sent = [mail for mail in trip.outcome.sent if mail.is_marketing]
        assert not [cap for cap in caps if most_within(sent, cap.per) > cap.mails], trip


def most_within(sent: list[MailQueued], length: timedelta) -> int:
    """The most of these mails that come within this length of time."""
    return max((sum(one.at <= other.at < one.at + length for other in sent) for one in sent), default=0)


def test_nobody_gets_the_same_mail_twice_on_a_path(trips: list[Trip]) -> None:
    for trip in trips:
        marketing = [mail.template for mail in trip.outcome.sent if mail.is_marketing]
        assert len(marketing) == len(set(marketing)), trip


def test_nobody_is_called_twice_about_one_request(trips: list[Trip]) -> None:
    """A task comes once the one before it is reported, or nobody has reported it in its time."""
    for trip in trips:
        is_open = None
        for _, what in trip:
            if what.startswith("task "):
                assert is_open is None, trip
                is_open = what.removeprefix("task ")
            elif is_open is not None and (what.startswith((f"{is_open}: ", "ends: "))):
                is_open = None


def test_where_a_path_leads_there_is_a_journey(trips: list[Trip]) -> None:
    handed_over = {
        trip.ending.removeprefix("handed over to ")
        for trip in trips
        if (trip.ending or "").startswith("handed over to ")
    }
    assert handed_over <= set(discover())
