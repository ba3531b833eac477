"""Names of runs that Prefect has on its agenda: what runs and on which day, where Prefect draws two words by lot."""

from datetime import datetime
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun

from models.database import engine
from models.playbook import current_playbook
from models.wording import day_of, full_date

PAGE = 200
AGENDA = FlowRunFilter.model_validate(
    {"state": {"type": {"any_": ["SCHEDULED"]}}, "tags": {"all_": ["auto-scheduled"]}}
)


async def name_scheduled_runs() -> int:
    """Name each run on the agenda by its deployment and its day in the company's time zone; returns how many it named.

    Naming twice changes nothing. When such a run begins, it is called by what it does, as any other run of its flow.
    """
    with engine().connect() as connection:
        zone = current_playbook(connection).company.time_zone
    async with get_client() as client:
        titles = {deployment.id: deployment.name for deployment in await client.read_deployments()}
        named = 0
        for run in await _agenda(client):
            name = _name(run, titles, zone)
            if name and name != run.name:
                await client.update_flow_run(run.id, name=name)
                named += 1
    return named


async def _agenda(client: PrefectClient) -> list[FlowRun]:
    runs: list[FlowRun] = []
    while page := await client.read_flow_runs(flow_run_filter=AGENDA, limit=PAGE, offset=len(runs)):
        runs += page
    return runs


def _name(run: FlowRun, titles: dict[UUID, str], zone: str) -> str | None:
    title, begins = titles.get(run.deployment_id) if run.deployment_id else None, run.next_scheduled_start_time
    return f"{title}, {full_date(day_of(begins, zone))}" if title and isinstance(begins, datetime) else None
