"""All journeys at a glance: how many are on each, how many began and ended since a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, text

STANDING = text("""
SELECT journey, status, count(*) FROM journey_run WHERE status IN ('waiting', 'stuck') GROUP BY journey, status
""")
BEGUN_AND_ENDED = text("""
SELECT journey, verb, step, sum(count) FROM journey_step_count
WHERE verb IN ('begin', 'end') AND day >= :since GROUP BY journey, verb, step ORDER BY sum(count) DESC
""")


@dataclass
class JourneyNumbers:
    """One journey's numbers."""

    under_way: int = 0
    stuck: int = 0
    started: int = 0
    endings: dict[str, int] = field(default_factory=dict)
    """Ending -> how many came to it, the most frequent first."""

    @property
    def ended(self) -> int:
        """How many came to any ending."""
        return sum(self.endings.values())


def read_numbers(connection: Connection, since: date) -> Mapping[str, JourneyNumbers]:
    """The numbers of each journey that anybody is or was on; began and ended since that day, as last counted."""
    found: dict[str, JourneyNumbers] = {}
    for journey, status, count in connection.execute(STANDING):
        one = found.setdefault(journey, JourneyNumbers())
        one.under_way += count
        one.stuck += count if status == "stuck" else 0
    for journey, verb, step, count in connection.execute(BEGUN_AND_ENDED, {"since": since}):
        one = found.setdefault(journey, JourneyNumbers())
        if verb == "begin":
            one.started = int(count)
        else:
            one.endings[step] = int(count)
    return found
