"""In which zones a contact may be, and that no mail comes at a time that is not allowed there."""

import csv
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.geo.country_zones import COUNTRIES, STATES, clock_of, zones_of_country
from models.geo.time_zone import LocationHints, likely_time_zone, possible_time_zones
from models.playbook.send_window import sending_hours, sending_hours_in_all
from models.values.readers.country import country_code
from tests.support.paths import SHARED

ALL_OF_US = (
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver", "America/Phoenix"),
    *("Pacific/Honolulu", "America/Anchorage", "America/Adak"),
)
ALL_OF_AUSTRALIA = (
    *("Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide", "Australia/Darwin"),
    "Australia/Lord_Howe",
)
LEADS = SHARED / "data" / "x_education_leads" / "Leads.csv"


def zones(home: str = "US", **known: Any) -> tuple[str, ...]:
    return possible_time_zones(LocationHints(**known), home, "America/New_York")


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"time_zone": "Europe/Berlin", "latitude": 41.88, "longitude": -87.63}, "Europe/Berlin"),
        ({"latitude": 41.88, "longitude": -87.63, "postal_code": "90210", "country": "US"}, "America/Chicago"),
        ({"postal_code": "90210", "phone": "+12125550123", "state": "NY", "country": "US"}, "America/Los_Angeles"),
        ({"phone": "+13105550123", "country": "US"}, "America/Los_Angeles"),
        ({"phone": "+13125550123", "country": "United States of America"}, "America/Chicago"),
        ({"state": "CA", "country": "USA"}, "America/Los_Angeles"),
        ({"state": "Western Australia", "phone": "+61412345678"}, "Australia/Perth"),
        ({"city": "Chicago", "country": "US"}, "America/Chicago"),
        ({"city": "Los Angeles, CA"}, "America/Los_Angeles"),
        ({"city": "Новосибирск", "country": "Россия"}, "Asia/Novosibirsk"),
        ({"country": "Germany"}, "Europe/Berlin"),
        ({}, "America/New_York"),
    ],
)
def test_what_is_more_exact_wins(known: dict[str, Any], found: str) -> None:
    assert zones(**known) == (found,)


@pytest.mark.parametrize(
    ("state", "country", "found"),
    [
        *((spelling, "Canada", "America/St_Johns America/Halifax") for spelling in ("NL", "Newfoundland", "Nfld.")),
        *((spelling, "CA", "America/Winnipeg") for spelling in ("MB", "Manitoba", "CA-MB")),
        *((spelling, "AU", "Australia/Perth") for spelling in ("WA", "W.A.", "western australia", "AU-WA")),
        *((spelling, "US", "America/Los_Angeles") for spelling in ("WA", "Washington", "Wash.", "State of Washington")),
        *((spelling, "Brasil", "America/Rio_Branco") for spelling in ("AC", "Acre", "Estado do Acre", "BR-AC")),
        *((spelling, "BR", "America/Sao_Paulo") for spelling in ("SP", "São Paulo", "sao paulo", "SÃO PAULO")),
        *(
            (spelling, "México", "America/Tijuana")
            for spelling in ("B.C.", "BCN", "Baja California", "baja california norte")
        ),
        *((spelling, "Mexico", "America/Cancun") for spelling in ("Q.R.", "Quintana Roo", "ROO")),
        *((spelling, "Russia", "Asia/Vladivostok") for spelling in ("Приморский край", "Primorsky Krai", "RU-PRI")),
        *((spelling, "RU", "Europe/Moscow") for spelling in ("Москва", "Moscow", "Tatarstan", "Республика Татарстан")),
        *(
            (spelling, "Indonesia", "Asia/Makassar")
            for spelling in ("Bali", "ID-BA", "Sulawesi Selatan", "South Sulawesi")
        ),
        *((spelling, "ID", "Asia/Jayapura") for spelling in ("Papua", "Maluku", "Papua Barat Daya")),
        *(
            (spelling, "Spain", "Atlantic/Canary")
            for spelling in ("Canarias", "Islas Canarias", "Tenerife", "Las Palmas")
        ),
        *((spelling, "España", "Europe/Madrid") for spelling in ("Barcelona", "Cataluña", "Comunidad de Madrid")),
        *((spelling, "Portugal", "Atlantic/Azores") for spelling in ("Açores", "Região Autónoma dos Açores")),
        ("Lisboa", "PT", "Europe/Lisbon"),
        ("Magallanes", "Chile", "America/Punta_Arenas"),
        ("Galápagos", "Ecuador", "Pacific/Galapagos"),
        ("Chatham Islands", "New Zealand", "Pacific/Chatham"),
        ("Hovd", "Mongolia", "Asia/Hovd"),
        ("Haut-Katanga", "DR Congo", "Africa/Lubumbashi"),
        ("Kinshasa", "Congo (Kinshasa)", "Africa/Kinshasa"),
        ("Almaty", "Kazakhstan", "Asia/Almaty"),
        ("Puerto Rico", "US", "America/Puerto_Rico"),
        ("Guam", "USA", "Pacific/Guam"),
        ("La Réunion", "France", "Indian/Reunion"),
        ("Bayern", "Deutschland", "Europe/Berlin"),
        ("NE", "Switzerland", "Europe/Zurich"),
    ],
)
def test_states_are_known_in_any_spelling(state: str, country: str, found: str) -> None:
    assert zones(state=state, country=country) == tuple(found.split())


@pytest.mark.parametrize(
    ("code", "country", "found"),
    [
        ("79901", "US", "America/Denver"),  # El Paso, in a state of Central time
        ("32501", "US", "America/Chicago"),  # Pensacola, in a state of Eastern time
        ("1001", "US", "America/New_York"),  # a spreadsheet's 01001
        ("90210-1234", None, "America/Los_Angeles"),
        ("V6B 1A1", "Canada", "America/Vancouver"),
        ("v6b1a1", None, "America/Vancouver"),
        ("P8N 1A1", "CA", "America/Winnipeg"),
        ("6000", "Australia", "Australia/Perth"),
        ("0800", "Australia", "Australia/Darwin"),
        ("69900-000", "BR", "America/Rio_Branco"),
        ("22000", "Mexico", "America/Tijuana"),
        ("690000", "Russia", "Asia/Vladivostok"),
        ("80361", "Indonesia", "Asia/Makassar"),
        ("35001", "Spain", "Atlantic/Canary"),
        ("28001", "Spain", "Europe/Madrid"),
        ("9500-001", "Portugal", "Atlantic/Azores"),
        ("1000-001", "Portugal", "Europe/Lisbon"),
        ("97400", "France", "Indian/Reunion"),
        ("75001", "France", "Europe/Paris"),
        ("10115", "Germany", "Europe/Berlin"),
    ],
)
def test_postal_codes_tell_the_zone_inside_a_country(code: str, country: str | None, found: str) -> None:
    assert likely_time_zone(LocationHints(postal_code=code, country=country), "US", "America/New_York") == found


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"country": "U.S.A."}, ALL_OF_US),
        ({"phone": "+18005551234"}, ALL_OF_US),  # a number of no place
        ({"phone": "+61412345678"}, ALL_OF_AUSTRALIA),  # mobile
        ({"country": "Australia", "state": "Atlantis"}, ALL_OF_AUSTRALIA),
        ({"state": "TX"}, ("America/Chicago", "America/Denver")),
        ({"state": "TX", "phone": "+19155550123"}, ("America/Denver",)),  # El Paso
        ({"country": "Spain"}, ("Europe/Madrid", "Atlantic/Canary")),
        ({"country": "China"}, ("Asia/Shanghai",)),
    ],
)
def test_what_stays_unknown_is_every_zone_that_the_country_has(known: dict[str, Any], found: tuple[str, ...]) -> None:
    assert zones(**known) == found


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"phone": "+13105550123", "state": "NY"}, ("America/Los_Angeles", "America/New_York")),
        ({"phone": "+4915112345678", "state": "NY"}, ("Europe/Berlin", "America/New_York")),
        ({"phone": "+447400123456", "country": "Spain", "state": "Madrid"}, ("Europe/London", "Europe/Madrid")),
    ],
)
def test_who_kept_the_number_when_they_moved_may_be_in_either_place(
    known: dict[str, Any], found: tuple[str, ...]
) -> None:
    assert zones(**known) == found


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"time_zone": "PST"}, ("America/Los_Angeles",)),
        ({"time_zone": "Pacific Time (US & Canada)", "phone": "+12125550123"}, ("America/Los_Angeles",)),
        ({"time_zone": "IST", "country": "India"}, ("Asia/Kolkata",)),
        ({"time_zone": "IST", "country": "Israel"}, ("Asia/Jerusalem",)),
        ({"time_zone": "IST", "phone": "+353861234567"}, ("Europe/Dublin",)),
        ({"time_zone": "CST", "country": "China"}, ("Asia/Shanghai",)),
        ({"time_zone": "EST", "country": "Australia", "state": "QLD"}, ("Australia/Brisbane",)),
        ({"time_zone": "MST", "state": "AZ"}, ("America/Phoenix", "America/Denver")),
        ({"time_zone": "my own time", "phone": "+14155550123"}, ("America/Los_Angeles",)),
        ({"time_zone": "IST", "country": "Germany"}, ("Europe/Berlin",)),
    ],
)
def test_their_own_zone_counts_first_and_where_they_are_says_what_an_abbreviation_means(
    known: dict[str, Any], found: tuple[str, ...]
) -> None:
    assert zones(**known) == found


@pytest.mark.parametrize(
    ("known", "home", "found"),
    [
        ({"state": "British Columbia"}, "US", ("America/Vancouver", "America/Edmonton", "America/Whitehorse")),
        (
            {"state": "Córdoba"},
            "AR",
            ("America/New_York",),
        ),  # the company's zone: Spain is not the only one that has it
        ({"state": "WA"}, "AU", ("Australia/Perth",)),
        ({"postal_code": "10115", "phone": "+493012345678"}, "US", ("Europe/Berlin",)),
        ({"latitude": 0.0, "longitude": 0.0}, "US", ("America/New_York",)),
        ({"latitude": 200.0, "longitude": 500.0}, "US", ("America/New_York",)),
        ({"phone": "+80012345678"}, "US", ("America/New_York",)),
        (
            {"phone": "nonsense", "country": "Select", "state": "-", "city": "?", "postal_code": "0"},
            "US",
            ("America/New_York",),
        ),
    ],
)
def test_an_address_without_a_country_is_where_the_number_is_from_or_ours(
    known: dict[str, Any], home: str, found: tuple[str, ...]
) -> None:
    assert zones(home, **known) == found


def test_countries_of_several_zones_name_each_once_and_no_zone_is_forgotten() -> None:
    for country in COUNTRIES:
        found = zones_of_country(country)
        assert len({clock_of(zone) for zone in found}) == len(found)
    assert len(zones_of_country("RU")) == 11
    # Each zone of a state is one of its country.
    for country, states in STATES.items():
        known = {clock_of(zone) for zone in (*zones_of_country(country), "America/Puerto_Rico")}
        assert all(clock_of(zone) in known for names in states for zone in names.split())


YEAR_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: YEAR_BEGINS + timedelta(minutes=minutes))
PLACES = st.sampled_from(["US", "CA", "BR", "AU", "RU", "ID", "MX", "ES", "PT", "CL", "NZ", "KI"]).map(zones_of_country)


@given(at=MOMENTS, places=PLACES)
def test_at_any_moment_of_the_year_no_zone_is_mailed_in_its_quiet_hours(at: datetime, places: tuple[str, ...]) -> None:
    hours = sending_hours_in_all((("mon-fri", "08:00-18:00"),), "20:00-08:00", places)
    assert hours is not None
    opens = hours.next_open(at)
    assert opens is not None
    # Kiribati's islands are two hours apart by the clock, and a day by the calendar.
    for zone in places:
        assert time(8) <= opens.astimezone(ZoneInfo(zone)).time() < time(20)
    assert opens.astimezone(ZoneInfo(places[0])).weekday() < 5


@given(
    at=MOMENTS,
    places=st.sampled_from([zones_of_country("US"), zones_of_country("AU"), ("America/Los_Angeles", "Europe/Berlin")]),
    window=st.sampled_from(
        [{"mon-fri": "08:00-18:00"}, {"mon-sun": "07:00-20:00"}, {"tue": "06:00-17:00, 18:00-23:00"}]
    ),
)
def test_shared_hours_are_open_exactly_when_each_zone_is(
    at: datetime, places: tuple[str, ...], window: dict[str, str]
) -> None:
    of_each = [sending_hours(tuple(window.items()), None, zone) for zone in places]
    together = sending_hours_in_all(tuple(window.items()), None, places)
    assert together is not None
    kept = [hours for hours in of_each if hours is not None and hours.zone in together.zones]
    opens = together.next_open(at)
    assert opens is not None
    assert all(hours.is_open(opens) for hours in kept)
    before = [at + timedelta(minutes=15) * step for step in range((opens - at) // timedelta(minutes=15))]
    assert not any(all(hours.is_open(moment) for hours in kept) for moment in before)


def test_hours_that_no_moment_allows_everywhere_leave_out_where_the_fewest_live() -> None:
    nine_to_eleven = (("tue-thu", "09:00-11:00"),)
    hours = sending_hours_in_all(nine_to_eleven, None, zones_of_country("US"))
    assert hours is not None
    assert hours.zones == ("America/New_York", "America/Chicago")
    # Ten in New York is nine in Chicago.
    assert hours.next_open(datetime(2026, 3, 3, tzinfo=UTC)) == datetime(2026, 3, 3, 15, tzinfo=UTC)


def test_quiet_hours_are_kept_everywhere_even_where_the_window_has_to_give_way() -> None:
    hours = sending_hours_in_all((("tue-thu", "09:00-11:00"),), "20:00-08:00", zones_of_country("US"))
    assert hours is not None
    # Nobody in Hawaii is mailed at four in the morning: it is eight there, and still one of the days of the window.
    assert hours.next_open(datetime(2026, 3, 2, tzinfo=UTC)) == datetime(2026, 3, 3, 18, tzinfo=UTC)


@pytest.mark.skipif(not LEADS.is_file(), reason="needs the leads of X Education")
def test_countries_of_real_leads_are_read() -> None:
    with LEADS.open(encoding="utf-8") as rows:
        named = {row["Country"] for row in csv.DictReader(rows)} - {"", "unknown", "Asia/Pacific Region"}
    assert {name for name in named if country_code(name) is None} == set()
    assert zones(country="India", city="Mumbai") == ("Asia/Kolkata",)
