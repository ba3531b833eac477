"""What every page says while all its people are invented: that this is the demo, and whether it plays right now."""

from enum import StrEnum

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from models.access.demo import is_demo, is_playing
from models.database import NoDatabase, engine


class DemoState(StrEnum):
    """How far the demo is."""

    PLAYS = "plays"
    """Weeks pass within minutes, and made-up people answer everybody."""
    SHOWN = "shown"


def demo_state() -> DemoState | None:
    """None in an installation that is not the demo's."""
    if not is_demo():
        return None
    return DemoState.PLAYS if demo_plays() else DemoState.SHOWN


def demo_plays() -> bool:
    """Whether the time of the database is moved right now; False while that cannot be asked."""
    try:
        with engine().connect() as connection:
            return is_playing(connection)
    except (OperationalError, InterfaceError, PoolTimeout, NoDatabase):
        return False
