"""Deploying to Prefect: what prefect.yaml lists, and every journey that stands in flows/journeys."""

from typing import Any

import yaml
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Schedule

from deployments.places import ROOT
from flows.runtime.prefect_flow import JourneyFlow, journey_flows

Entry = dict[str, Any]
"""One of `deployments` in prefect.yaml."""


async def deploy_all() -> int:
    """Deploy everything; gives how many deployments.

    In this process, since the command `prefect deploy` would load Prefect and all flows once more, which takes longer
    than deploying. Raises TypeError for an entry with a key that it does not know, rather than leave it out.
    """
    manifest = with_journeys(yaml.safe_load((ROOT / "prefect.yaml").read_text()), journey_flows())
    for entry in manifest["deployments"]:
        await deployment(entry).aapply()
    return len(manifest["deployments"])


def with_journeys(manifest: Entry, journeys: list[JourneyFlow]) -> Entry:
    """The manifest with an entry for each journey that it does not list itself."""
    listed = {entry["entrypoint"] for entry in manifest["deployments"]}
    pool = manifest["definitions"]["work_pool"]
    added = [_entry(flow, pool) for flow in journeys if _entrypoint(flow) not in listed]
    return manifest | {"deployments": [*added, *manifest["deployments"]]}


def deployment(entry: Entry) -> RunnerDeployment:
    """What Prefect is told of an entry: besides what stands there, the flow's docstring and form."""
    rest = {key: value for key, value in entry.items() if key not in ("work_pool", "schedules")}
    made = RunnerDeployment.from_entrypoint(
        **rest,
        schedules=[Schedule(**schedule) for schedule in entry.get("schedules", ())],
        work_pool_name=entry["work_pool"]["name"],
        # Where the names of files in a form begin.
        job_variables={"working_dir": str(ROOT)},
    )
    _title(made._parameter_openapi_schema.properties)
    # The rest of a docstring explains the fields, and is shown beside them.
    made.description = (made.description or "").partition("\n\nArgs:")[0]
    return made


def _title(fields: Entry) -> None:
    """Prefect shows the names of parameters as they are in the code; people read `Dry run` more easily."""
    for name, field in fields.items():
        field["title"] = name.replace("_", " ").capitalize()


def _entry(flow: JourneyFlow, pool: Entry) -> Entry:
    return {"name": flow.name, "entrypoint": _entrypoint(flow), "tags": ["journey"], "work_pool": pool}


def _entrypoint(flow: JourneyFlow) -> str:
    body = flow.definition.body
    return f"{body.__module__}.{body.__name__}"
