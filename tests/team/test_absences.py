"""Days on which people are away: who is noted, what that does to leads, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from flows.operations.note_absence import Change, note_now
from models.database import engine
from models.routing import available_reps
from models.team.absences import BadAbsence
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON
from tests.support.reps import HOUR, JOHN, SARAH, a_lead, route


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    route()


def away(first: int, last: int, *, reason: str = "", change: Change = Change.AWAY, who: str = SARAH) -> str:
    return note_now(who, date(2026, 3, first), date(2026, 3, last), reason, change, NOON)[0]


def there(first: int, last: int) -> str:
    return away(first, last, change=Change.THERE)


def absences() -> list[tuple[int, int, str | None]]:
    found = rows("SELECT first_day, last_day, reason FROM absence ORDER BY first_day")
    return [(first.day, last.day, reason) for first, last, reason in found]


def is_there(email: str, at: datetime) -> bool:
    with engine().connect() as connection:
        return email in [person.email for person in available_reps(connection, "inbound", at)]


def test_who_is_away_gets_no_leads_on_these_days_of_their_own() -> None:
    assert away(3, 4, reason="vacation") == "Sarah Miller is away from 3 Mar 2026 to 4 Mar 2026"

    # Sarah is in New York: her third of March begins at 5 in the morning of UTC.
    assert is_there(SARAH, NOON)
    assert not is_there(SARAH, datetime(2026, 3, 3, 17, 0, tzinfo=UTC))
    assert not is_there(SARAH, datetime(2026, 3, 4, 17, 0, tzinfo=UTC))
    assert is_there(SARAH, datetime(2026, 3, 5, 17, 0, tzinfo=UTC))


def test_absences_that_overlap_become_one_and_the_same_again_changes_nothing() -> None:
    for _ in range(2):
        away(3, 6, reason="vacation")
        away(5, 9, reason="training")
        away(20, 21)

    assert absences() == [(3, 9, "vacation; training"), (20, 21, None)]


def test_two_at_once_note_one_absence() -> None:
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda last: away(3, last), [5, 6, 7, 8]))

    assert absences() == [(3, 8, None)]


def test_who_comes_back_early_is_there_for_the_rest_of_it() -> None:
    away(3, 12, reason="vacation")

    assert there(6, 8) == "Sarah Miller is there from 6 Mar 2026 to 8 Mar 2026"

    assert absences() == [(3, 5, "vacation"), (9, 12, "vacation")]
    assert there(1, 31)
    assert absences() == []


def test_leads_that_wait_are_looked_at_as_soon_as_somebody_is_back() -> None:
    away(2, 12)
    write(
        "INSERT INTO placement (contact_id, router, reason, offered, queued_at, try_at) "
        "VALUES (:lead, 'inbound', 'rule 1', false, :now, :later)",
        lead=a_lead(),
        now=NOON - HOUR,
        later=NOON + 200 * HOUR,
    )

    there(2, 12)

    assert rows("SELECT try_at FROM placement") == [(NOON,)]


def test_the_list_names_everybody_who_is_away() -> None:
    away(5, 6, reason="vacation")

    _, lines = note_now(JOHN, date(2026, 3, 3), date(2026, 3, 3), "", Change.AWAY, NOON)

    assert [(line["who"], line["first day"], line["reason"]) for line in lines] == [
        ("John Okafor", "2026-03-03", ""),
        ("Sarah Miller", "2026-03-05", "vacation"),
    ]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 3, 5), date(2026, 3, 4), "before the first"),
        (date(2026, 2, 1), date(2026, 3, 1), "is over where Sarah Miller works"),
        (date(2026, 3, 5), date(2027, 3, 8), "more than a year"),
    ],
)
def test_days_that_make_no_absence_are_refused(first: date, last: date, said: str) -> None:
    with pytest.raises(BadAbsence, match=said):
        note_now(SARAH, first, last, "", Change.AWAY, NOON)


def test_an_absence_of_nobody_or_one_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadAbsence, match="Nobody here is called"):
        away(3, 4, who="nobody@example.com")
    with pytest.raises(BadAbsence, match="Sarah Miller has no absence between"):
        there(3, 4)


def test_people_are_found_by_name_or_number_and_two_of_one_name_by_number_alone() -> None:
    away(3, 4, who=" sarah  MILLER ")
    write("INSERT INTO rep (name, email, active) VALUES ('Sarah Miller', 'other@example.com', true)")
    [(first,), (second,)] = rows("SELECT id FROM rep WHERE name = 'Sarah Miller' ORDER BY id")

    with pytest.raises(BadAbsence, match=f"2 people here are called 'Sarah Miller'.*: {first}, {second}"):
        away(5, 6, who="Sarah Miller")
    away(5, 6, who=str(second))

    assert rows("SELECT rep_id FROM absence ORDER BY first_day") == [(first,), (second,)]
