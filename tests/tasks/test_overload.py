"""Overload: who has fallen behind is flagged, their manager told once, and the routers give them less."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from models.database import engine
from models.playbook import apply
from models.playbook.routing import Overload
from models.tasks.overload import flag_overloaded
from tests.support.database import rows, write
from tests.support.lead_response import NORA, team_mails
from tests.support.mail.outbox import NOON, a_contact, a_task
from tests.support.playbook import the_shipped_playbook

pytestmark = pytest.mark.usefixtures("database_url")
HOUR = timedelta(hours=1)


def with_limits(**limits: int) -> None:
    playbook = the_shipped_playbook()
    overload = Overload.model_validate(limits) if limits else None
    routing = playbook.routing.model_copy(update={"overload": overload})
    with engine().begin() as connection:
        apply(connection, playbook.model_copy(update={"routing": routing}))


def tasks(count: int, due_at: datetime = NOON - HOUR) -> None:
    """So many tasks of Sarah's."""
    for number in range(count):
        a_task(a_contact(f"{number}.{due_at:%H}@example.com"), due_at=due_at)


def flag(now: datetime = NOON) -> int:
    with engine().begin() as connection:
        return flag_overloaded(connection, now)


def flagged() -> list[str]:
    return [name for (name,) in rows("SELECT name FROM rep WHERE overloaded_at IS NOT NULL")]


def test_who_reaches_the_limit_is_flagged_and_their_manager_told_once() -> None:
    with_limits(overdue_tasks=3)
    tasks(3)

    assert [flag(NOON + hours * HOUR) for hours in range(3)] == [1, 0, 0]
    assert flagged() == ["Sarah Miller"]
    ((to, data),) = team_mails("overload")
    assert (to, data["people"]) == (NORA, [{"name": "Sarah Miller", "open": 3, "overdue": 3}])


def test_below_the_limit_nobody_is_flagged() -> None:
    with_limits(overdue_tasks=3)
    tasks(2)
    tasks(9, due_at=NOON + HOUR)

    assert flag() == 0


def test_too_many_open_tasks_are_too_many_though_none_is_late() -> None:
    with_limits(overdue_tasks=5, open_tasks=4)
    tasks(4, due_at=NOON + HOUR)

    assert flag() == 1


def test_one_task_that_comes_and_goes_does_not_tell_the_manager_again_but_catching_up_does() -> None:
    with_limits(overdue_tasks=10)
    tasks(10)
    flag()
    write("UPDATE task SET done_at = :now WHERE id = (SELECT min(id) FROM task)", now=NOON)
    assert (flag(NOON + HOUR), flagged()) == (0, ["Sarah Miller"])

    write("UPDATE task SET done_at = :now WHERE id <= (SELECT min(id) + 4 FROM task)", now=NOON)
    assert (flag(NOON + 2 * HOUR), flagged()) == (0, [])
    tasks(5, due_at=NOON - 2 * HOUR)
    assert flag(NOON + 3 * HOUR) == 1
    assert len(team_mails("overload")) == 2


def test_two_at_once_tell_once() -> None:
    with_limits(overdue_tasks=1)
    tasks(2)
    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(flag, [NOON, NOON])) == [0, 1]


def test_without_a_limit_and_for_who_has_left_there_is_no_flag() -> None:
    with_limits(overdue_tasks=1)
    tasks(1)
    flag()
    with_limits()
    assert (flag(), flagged()) == (0, [])
    with_limits(overdue_tasks=1)
    write("UPDATE rep SET active = false")
    assert flag() == 0
