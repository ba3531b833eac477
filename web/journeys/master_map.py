"""The master map: every journey with what starts it and what follows it, and how many are on each now."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy import Connection, text

from models.database import engine
from models.journeys.maps.drawing import fill_in
from models.journeys.maps.master import MasterMap, draw_master_map, handed_to
from models.journeys.maps.overview import read_numbers
from models.journeys.maps.places import title_of_start
from models.journeys.versions import current_versions
from models.playbook import current_playbook
from models.titles.journeys import journey_outlines
from models.wording import number
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter(prefix="/journeys", dependencies=[Depends(require_ops)])

COUNTED_OVER = timedelta(days=30)

HANDED_OVER = text("""
SELECT journey, step, sum(count) FROM journey_step_count WHERE verb = 'end' AND step LIKE 'handed over to %'
  AND day >= :since GROUP BY journey, step
""")
HAND_OVER = "handed over to "


@router.get("/map")
def show_master_map(request: Request) -> Response:
    """All journeys on one map; each opens its own."""
    since = (datetime.now(UTC) - COUNTED_OVER).date()
    with engine().connect() as connection:
        versions = current_versions(connection)
        numbers = read_numbers(connection, since)
        thresholds = current_playbook(connection).scoring.thresholds
        went = _handed_over(connection, since)
    outlines = journey_outlines()
    master = MasterMap(
        [one.places for one in versions.values()],
        thresholds,
        {name: outlines[name].summary for name in versions if name in outlines},
    )
    here = {name: f"{number(one.under_way)} on it" for name, one in numbers.items() if one.under_way}
    stuck = frozenset(name for name, one in numbers.items() if one.stuck)
    drawing = fill_in(
        draw_master_map(master, linked=True), here, {id: number(count) for id, count in went.items()}, stuck
    )
    follows = [
        (source, says, target, went.get(f"{source}-{target}", 0))
        for (source, target), says in handed_to(master).items()
    ]
    return page(
        request,
        "journeys/master.html",
        drawing=Markup(drawing),
        follows=follows,
        starts=[(name, title_of_start(one.places).split("\n")) for name, one in versions.items()],
        thresholds=thresholds,
        days=COUNTED_OVER.days,
    )


def _handed_over(connection: Connection, since: object) -> dict[str, int]:
    """Id of a way between journeys -> how many went it."""
    return {
        f"{journey}-{step.removeprefix(HAND_OVER)}": int(count)
        for journey, step, count in connection.execute(HANDED_OVER, {"since": since})
    }
