"""The shipped playbook, for tests that need a business."""

from datetime import timedelta
from functools import cache

from sqlalchemy import text

from models.database import engine
from models.playbook import Playbook, apply, load
from models.playbook.mail import Mail
from tests.support.paths import ROOT

SHIPPED = ROOT / "deployments" / "playbook.yaml"

IS_NEW = text("""
-- Whether it is a copy of the tests' template that nobody has told anything that bears on a playbook.
SELECT to_regproc('tests.insert_shipped_playbook') IS NOT NULL
   AND NOT EXISTS (SELECT FROM playbook) AND NOT EXISTS (SELECT FROM rep) AND NOT EXISTS (SELECT FROM postal_area)
""")
INSERT_SHIPPED_PLAYBOOK = text("SELECT tests.insert_shipped_playbook()")


@cache
def the_shipped_playbook() -> Playbook:
    """The playbook as it is delivered, but that reports are told at once and people work around the clock: only some
    tests are about taking a report back, or about working hours.
    """
    shipped = load(SHIPPED)
    tasks = shipped.tasks.model_copy(update={"undo": timedelta(0)})
    teams = tuple(team.model_copy(update={"hours": None}) for team in shipped.teams)
    return shipped.model_copy(update={"tasks": tasks, "teams": teams})


LET_REPORTS_BE_TAKEN_BACK = text("UPDATE playbook SET document = jsonb_set(document, '{tasks,undo}', '\"2m\"')")


def let_reports_be_taken_back() -> None:
    """From now on reports on tasks can be taken back for two minutes, as it is delivered."""
    with engine().begin() as connection:
        connection.execute(LET_REPORTS_BE_TAKEN_BACK)


def apply_playbook(mail: Mail | None = None) -> Playbook:
    """Apply it: router "inbound" with Sarah, John and Mike; if given, with these rules for mail in place of its own."""
    playbook = the_shipped_playbook()
    with engine().begin() as connection:
        if mail is None and connection.execute(IS_NEW).scalar_one():
            connection.execute(INSERT_SHIPPED_PLAYBOOK)
            return playbook
        if mail is not None:
            playbook = playbook.model_copy(update={"mail": mail})
        apply(connection, playbook)
    return playbook
