"""Deploying to Prefect: what prefect.yaml lists, and every journey that stands in flows/journeys."""

from typing import Any

import yaml
from prefect import get_client
from prefect.deployments.runner import RunnerDeployment
from prefect.runner.storage import LocalStorage
from prefect.schedules import Schedule

from deployments.stack.paths import ROOT
from flows.runtime.prefect_flow import JourneyFlow, journey_flows, unloadable_files
from models.playbook import load
from models.playbook.reading.file import playbook_file
from models.titles import title_of_journey

ManifestEntry = dict[str, Any]
"""One of `deployments` in prefect.yaml."""
COMPANY = "company"
"""As the time zone of a schedule: that of the company, which the playbook names."""


async def deploy_all() -> int:
    """Deploy everything; gives how many deployments.

    In this process, since the command `prefect deploy` would load Prefect and all flows once more, which takes longer
    than deploying. Raises TypeError for an entry with a key that it does not know, rather than leave it out, and
    BadPlaybook when the playbook, which names the time zone of schedules, cannot be read.
    """
    for broken in unloadable_files():
        print(f"left out: {broken}")
    journeys = [flow for flow in journey_flows() if flow.definition.problem is None]
    manifest = add_journeys(yaml.safe_load((ROOT / "prefect.yaml").read_text()), journeys)
    zone = load(playbook_file()).company.time_zone
    made = [make_deployment(entry, zone) for entry in manifest["deployments"]]
    for deployment in made:
        await deployment.aapply()
    await _delete_outdated(made)
    return len(made)


async def _delete_outdated(made: list[RunnerDeployment]) -> None:
    """A journey whose file was removed must not stay on offer, nor a deployment under the name of its flow, as they
    were called once. What ops made of a flow that exists stays.
    """
    names = {deployment.entrypoint: deployment.name for deployment in made}
    flows = {deployment.entrypoint: deployment.flow_name for deployment in made}
    async with get_client() as client:
        for found in await client.read_deployments():
            ours = (found.entrypoint or "").startswith("flows.")
            is_renamed = found.name == flows.get(found.entrypoint) != names.get(found.entrypoint)
            if ours and (found.entrypoint not in names or is_renamed):
                await client.delete_deployment(found.id)


def add_journeys(manifest: ManifestEntry, journeys: list[JourneyFlow]) -> ManifestEntry:
    """The manifest with an entry for each journey that it does not list itself and that ops start by hand."""
    listed = {entry["entrypoint"] for entry in manifest["deployments"]}
    pool = manifest["definitions"]["work_pool"]
    added = [_entry(flow, pool) for flow in journeys if flow.definition.by_hand and _entrypoint(flow) not in listed]
    return manifest | {"deployments": [*added, *manifest["deployments"]]}


def make_deployment(entry: ManifestEntry, zone: str) -> RunnerDeployment:
    """What Prefect is told of an entry: besides what stands there, the flow's docstring and form.

    `zone` is the time zone of the company.
    """
    rest = {key: value for key, value in entry.items() if key not in ("work_pool", "schedules")}
    made = RunnerDeployment.from_entrypoint(
        **rest,
        schedules=[_schedule(schedule, zone) for schedule in entry.get("schedules", ())],
        work_pool_name=entry["work_pool"]["name"],
    )
    # Flow runs start in this folder. Without it, workers would copy the checkout for each of them.
    made.storage = LocalStorage(str(ROOT))
    form = made._parameter_openapi_schema
    _set_titles(form.properties)
    for model in form.definitions.values():
        _set_titles(model.get("properties", {}))
    # The rest of a docstring explains the fields, and is shown beside them.
    made.description = (made.description or "").partition("\n\nArgs:")[0]
    return made


def _schedule(schedule: ManifestEntry, zone: str) -> Schedule:
    return Schedule(**schedule | ({"timezone": zone} if schedule.get("timezone") == COMPANY else {}))


def _set_titles(fields: ManifestEntry) -> None:
    """Readable titles, such as `Dry run`, in the order of the code, which Prefect's database would not keep."""
    for position, (name, field) in enumerate(fields.items()):
        field |= {"title": name.replace("_", " ").capitalize(), "position": position}


def _entry(flow: JourneyFlow, pool: ManifestEntry) -> ManifestEntry:
    title = title_of_journey(flow.definition.name)
    # Whoever only looks at the form mails nobody by it.
    form = {"parameters": {"dry_run": True}}
    return {"name": title, "entrypoint": _entrypoint(flow), "tags": ["journey", "by-hand"], "work_pool": pool} | form


def _entrypoint(flow: JourneyFlow) -> str:
    body = flow.definition.body
    return f"{body.__module__}.{body.__name__}"
