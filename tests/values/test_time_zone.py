"""Time zones as people, CRMs and calendars write them."""

from zoneinfo import ZoneInfo

import pytest
from babel.core import get_global

from models.leads.reading.lead_parser import LeadParser
from models.playbook import load
from models.values.readers.bad_value import BadValue
from models.values.readers.time_zone import named_zone, read_time_zone
from tests.support.playbook import SHIPPED


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        *(
            (spelling, "America/Los_Angeles")
            for spelling in ("America/Los_Angeles", "america/los angeles", "PST", "pdt")
        ),
        *((spelling, "America/Los_Angeles") for spelling in ("Pacific Time", "Pacific", "Pacific Standard Time")),
        *((spelling, "America/Los_Angeles") for spelling in ("(GMT-08:00) Pacific Time (US & Canada)", "US Pacific")),
        ("(GMT-08:00) Pacific Standard Time (America/Los_Angeles)", "America/Los_Angeles"),
        ("(GMT-08:00) Pacific Time - Los Angeles", "America/Los_Angeles"),
        ("us_slash_pacific", "US/Pacific"),
        ("america_slash_new_york", "America/New_York"),
        ("canada_slash_atlantic", "Canada/Atlantic"),
        ("us_slash_pacific_hyphen_new", "America/Los_Angeles"),
        ("etc_slash_gmt_plus_8", "Etc/GMT+8"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("India Standard Time", "Asia/Kolkata"),
        ("E. Australia Standard Time", "Australia/Brisbane"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(GMT-05:00) Indiana (East)", "America/Indiana/Indianapolis"),
        ("(GMT+10:00) Canberra", "Australia/Sydney"),
        ("(GMT-12:00) International Date Line West", "Etc/GMT+12"),
        ("Mitteleuropäische Zeit", "Europe/Berlin"),
        ("hora estándar del Pacífico", "America/Los_Angeles"),
        ("GMT+0200 (Central European Summer Time)", "Europe/Berlin"),
        ("CET", "Europe/Berlin"),
        ("JST", "Asia/Tokyo"),
        ("Berlin", "Europe/Berlin"),
        ("EST", "America/New_York"),
        ("UTC", "Etc/UTC"),
        ("UTC+5:30", "Asia/Kolkata"),
        ("UTC+5.5", "Asia/Kolkata"),
        ("GMT +5,75", "Asia/Kathmandu"),
        ("GMT+05:30", "Asia/Kolkata"),
        ("+0530", "Asia/Kolkata"),
        ("UTC-03:30", "America/St_Johns"),
        ("GMT-3", "Etc/GMT+3"),
        ("UTC\u22128", "Etc/GMT+8"),
        ("-8", "Etc/GMT+8"),
        ("UTC+14", "Etc/GMT-14"),
    ],
)
def test_a_zone_is_known_by_any_of_its_names(written: str, zone: str) -> None:
    named = named_zone(written)
    assert named is not None
    offsets = {ZoneInfo(name).key for name in named.zones}
    assert zone in offsets
    if zone != "Asia/Kolkata":
        assert named.zones[0] == zone


@pytest.mark.parametrize("written", ["IST", "CST", "BST", "AST", "ist"])
def test_abbreviations_that_mean_several_are_left_open(written: str) -> None:
    named = named_zone(written)
    assert named is not None
    assert named.is_contested
    assert read_time_zone(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "my own time",
        "Mars/Olympus",
        "+15",
        "UTC+99",
        "UTC+5:17",
        "5:30",
        "480",
        "8",
        "localtime",
        "Factory",
        "?",
        "a" * 999,
    ],
)
def test_what_is_no_zone_is_refused_with_what_was_expected(written: str) -> None:
    assert named_zone(written) is None
    with pytest.raises(BadValue, match="a time zone, such as America/New_York, PST"):
        read_time_zone(written)


def test_every_name_of_windows_is_known() -> None:
    unknown = [name for name in get_global("windows_zone_mapping") if named_zone(name) is None]
    assert unknown == []


def test_a_lead_keeps_a_zone_that_is_read_and_asks_about_one_that_is_not() -> None:
    playbook = load(SHIPPED)
    source = playbook.sources["website"].model_copy(
        update={"fields": {"email": ("email",), "time_zone": ("time zone",)}}
    )
    read = LeadParser(source, playbook, {"email": "a@example.com", "time zone": "(GMT-08:00) Tijuana"})
    assert read.values()["time_zone"] == "America/Tijuana"
    wrong = LeadParser(source, playbook, {"email": "a@example.com", "time zone": "whenever"})
    assert "time_zone" not in wrong.values()
    assert [(one.field, one.value) for one in wrong.unread] == [("time_zone", "whenever")]
