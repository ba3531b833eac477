"""Apply the playbook: bring teams, reps, routers and products to what deployments/playbook.yaml says.

`python -m flows.operations.apply_playbook [FILE]` does it without Prefect's server, as `./tend up` does.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from flows.form_choices import read_choices, update_choices
from flows.private_flow import flow
from flows.run_artifacts import show_text
from models.access.redact import redact
from models.database import engine
from models.geo.postal_codes import load_postal_areas
from models.playbook import BadPlaybook, apply, load, outdated_keys
from models.playbook.reading.file import playbook_file
from models.routing.leavers import give_away_all, plan_departures
from models.scoring.nightly import decay_all_scores

SCORING_SECTIONS = {"company", "fields", "scoring", "qualification"}
"""Parts of the playbook that scores and levels depend on."""


def _run_name() -> str:
    return "dry run" if flow_run.parameters.get("dry_run") else "apply the file"


@flow(name="apply-playbook", flow_run_name=_run_name)
async def apply_playbook(dry_run: bool = False) -> State[None]:
    """Make Tend work by the playbook as it is in the file now (deployments/playbook.yaml).

    Applying it twice changes nothing. Salespeople who are no longer in it become inactive; nobody is deleted. Their
    leads and open tasks go to others by the routers, with one mail to each, unless it says `leavers_leads: keep` under
    `routing`. A playbook with faults is not applied at all: the run fails and names file and line of each. Once it is
    applied, the forms here offer its salespeople, routers and teams.

    Args:
        dry_run: Only say what would change.
    """
    lines = await asyncio.to_thread(apply_file, playbook_file(), dry_run=dry_run)
    shown = [redact(line) for line in (*(lines or ["Nothing changes."]), *outdated_keys(playbook_file()))]
    await show_text("\n".join(f"- {line}" for line in shown), key="playbook")
    if not dry_run:
        await update_choices(await asyncio.to_thread(_choices))
    would = "would change" if dry_run else "changed"
    return Completed(message=f"{len(lines)} things {would}" if lines else "nothing to change")


def _choices() -> dict[str, list[str]]:
    with engine().connect() as connection:
        return read_choices(connection)


def apply_file(path: Path, *, dry_run: bool = False) -> list[str]:
    """Apply a file and return what that changed, one line per change. Raises BadPlaybook with all its errors.

    Scores and levels are computed anew when it changes what they depend on. The lines about leavers say what they leave
    and what became of it; a dry run says what would.
    """
    playbook = load(path)
    with engine().connect() as connection:
        load_postal_areas(connection)
        lines = apply(connection, playbook)
        if dry_run:
            return lines + plan_departures(connection, playbook)
        connection.commit()
    # Should this be interrupted, the nightly check of all leads does the rest.
    lines += give_away_all(engine(), playbook, datetime.now(UTC))
    if SCORING_SECTIONS & {line.partition(":")[0] for line in lines}:
        # Should this be interrupted, the nightly decay does the rest.
        for _ in decay_all_scores(engine(), datetime.now(UTC)):
            pass
    return lines


def main(arguments: list[str]) -> int:
    """Apply the file that is named, or that of the installation; 1 when it has errors."""
    path = Path(arguments[0]) if arguments else playbook_file()
    try:
        lines = apply_file(path)
    except BadPlaybook as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join([*(lines or [f"{path}: nothing changed."]), *outdated_keys(path)]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
