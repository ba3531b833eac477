"""Moments on pages are by the clock of who reads them, with the name of its zone; mails say the same hour."""

from datetime import UTC, datetime

import pytest

from models.access.audit import Act, record
from models.database import engine
from models.wording import clock_time
from models.wording import moment as in_a_mail
from tests.support.database import write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, browser
from web.frame.moments import last_company_zone, moment
from web.frame.words import plain

EVENING = datetime(2026, 3, 2, 23, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "read"),
    [
        (EVENING, "America/New_York", "2 Mar 2026, 18:03 EST"),
        (EVENING, "Asia/Kathmandu", "3 Mar 2026, 04:48 UTC+05:45"),
        (EVENING, "America/Sao_Paulo", "2 Mar 2026, 20:03 UTC-03"),
        (EVENING, "Pacific/Kiritimati", "3 Mar 2026, 13:03 UTC+14"),
        (EVENING, "Europe/Lisbon", "2 Mar 2026, 23:03 WET"),
        # The hour that comes twice, and the one that never comes.
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "America/New_York", "1 Nov 2026, 01:30 EDT"),
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York", "1 Nov 2026, 01:30 EST"),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Europe/Berlin", "29 Mar 2026, 01:59 CET"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Europe/Berlin", "29 Mar 2026, 03:00 CEST"),
        # A change by half an hour.
        (datetime(2026, 4, 4, 15, 15, tzinfo=UTC), "Australia/Lord_Howe", "5 Apr 2026, 01:45 UTC+10:30"),
    ],
)
def test_a_moment_says_by_which_clock_it_is(at: datetime, zone: str, read: str) -> None:
    assert f">{read}<" in moment(at, zone)
    assert plain(at.isoformat(), zone) == read
    assert in_a_mail(at, zone).endswith(read.partition(", ")[2])


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "America", "UTC+2", "\0"])
def test_a_zone_that_does_not_exist_breaks_no_page_and_no_mail(zone: str) -> None:
    assert clock_time(EVENING, zone) == "23:03 UTC"


def test_ops_read_by_the_companys_clock_whatever_the_server_is_set_to(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    apply_playbook()
    a_contact(created_at=EVENING)
    assert "2 Mar 2026, 18:03 EST" in browser().get("/contacts").text

    write("UPDATE playbook SET document = jsonb_set(document, '{company,time_zone}', '\"Europe/Berlin\"')")
    last_company_zone.forget()
    assert "3 Mar 2026, 00:03 CET" in browser().get("/contacts").text

    write("UPDATE playbook SET document = jsonb_set(document, '{company,time_zone}', '\"Mars/Olympus\"')")
    last_company_zone.forget()
    with engine().begin() as connection:
        record(connection, Act(who="Nora", action="looked", path="/"), EVENING)
    # A page that reads nothing else of the playbook.
    assert "2 Mar 2026, 23:03 UTC" in browser().get("/audit").text


def test_before_there_is_a_playbook_it_is_utc(database_url: str) -> None:
    a_contact(created_at=EVENING)
    assert "2 Mar 2026, 23:03 UTC" in browser().get("/contacts").text
