"""Puts the journeys of this checkout into force: looks whether all open runs fit them, then stores their versions.

`python -m flows.operations.deploy_journeys [--allow-stuck] [FILE]`, as `./tend up` does.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from flows.operations.publish_journeys import publish_journeys
from flows.runtime.definitions.definition import Definitions
from flows.runtime.prefect_flow import discover
from flows.runtime.replay_check import ReplayResult, replay_open_runs
from models.database import engine
from models.journeys.versions import current_versions
from models.playbook import current_playbook
from models.wording import counted

ALLOW_STUCK = "--allow-stuck"
ANSWERS = (
    "Say in the journey's @journey what they do: open_runs=stay(), move(...), end_with(...); put a file that is gone "
    "back with open_runs=drain(). docs/changing-a-live-journey.md says more. "
    f"With ./tend up {ALLOW_STUCK} they get stuck and wait for a person."
)


class StuckRuns(Exception):
    """Open runs would get stuck in the code of this checkout."""

    def __init__(self, results: Sequence[ReplayResult]) -> None:
        places = [place for result in results for place in stuck_places(result)]
        # In one line: whoever starts this shows the last one.
        super().__init__(f"No journey was deployed, as open runs would get stuck: {'; '.join(places)}. {ANSWERS}")


def stuck_places(result: ReplayResult) -> Iterator[str]:
    """Each place at which runs would get stuck, and why."""
    for (step, reason), runs in result.mismatches.items():
        yield f"{result.journey}: {counted(runs, 'run')} at '{step}': {reason}"


def deploy(connection: Connection, definitions: Definitions, now: datetime, *, allow_stuck: bool = False) -> list[str]:
    """Store the versions of these journeys; a line for each that has changed. The caller commits.

    Raises StuckRuns where open runs do not fit and no journey says what they do; then nothing is stored. Only the runs
    of journeys that have changed are looked at.
    """
    before = {name: one.version for name, one in current_versions(connection).items()}
    changed = {name for name, one in definitions.items() if one.version is not None and before.get(name) != one.version}
    results = list(replay_open_runs(connection, definitions, changed))
    unfit = [one for one in results if one.mismatches]
    if unfit and not allow_stuck:
        raise StuckRuns(unfit)
    # A title or a kind of task may have changed, which is on the maps though the code is the same.
    publish_journeys(connection, definitions, current_playbook(connection), now)
    return [_deployed(one) for one in results if one.journey in changed and one.journey in before]


def _deployed(result: ReplayResult) -> str:
    parts = [f"{result.matching:,} open runs go on"] if result.matching else []
    parts += [f"{result.moved:,} of them are moved"] if result.moved else []
    parts += [f"{result.staying:,} of them stay on the old version"] if result.staying else []
    parts += [f"{result.ending:,} end"] if result.ending else []
    parts += [f"{sum(result.mismatches.values()):,} get stuck"] if result.mismatches else []
    return f"{result.journey} has changed: {', '.join(parts) or 'no open run'}"


def is_deployed(connection: Connection, definitions: Definitions, memory: Path) -> bool:
    """Whether this checkout deployed these very journeys the last time, as the file says.

    Then what is in force since may be newer: a machine that starts again with older code takes nothing back.
    """
    known = current_versions(connection)
    try:
        return bool(json.loads(memory.read_text()) == _versions(definitions)) and known.keys() >= definitions.keys()
    except (OSError, ValueError):
        return False


def _versions(definitions: Definitions) -> dict[str, str | None]:
    return {name: one.version for name, one in definitions.items()}


def main(arguments: Sequence[str]) -> int:
    """Deploy what has changed since the last time, of which the file that is named is the memory; 1 with a sentence
    when open runs would get stuck.
    """
    memory = next((Path(one) for one in arguments if not one.startswith("--")), None)
    try:
        with engine().begin() as connection:
            if memory is not None and is_deployed(connection, discover(), memory):
                print("journeys: nothing changed.")
                return 0
            lines = deploy(connection, discover(), datetime.now(UTC), allow_stuck=ALLOW_STUCK in arguments)
    except StuckRuns as error:
        print(error, file=sys.stderr)
        return 1
    if memory is not None:
        memory.write_text(json.dumps(_versions(discover())))
    print("\n".join(lines) or "journeys: nothing changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
