"""Deploying to Prefect: what prefect.yaml lists, and every journey that stands in flows/journeys."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from flows.runtime.prefect_flow import JourneyFlow, journey_flows

ROOT = Path(__file__).parent.parent


class DeployFailed(RuntimeError):
    """Prefect refused a deployment; its own words follow."""


def deploy_all(state: Path) -> int:
    """Deploy everything; gives how many deployments. `state`: the folder for the file that is handed to Prefect."""
    manifest = with_journeys(yaml.safe_load((ROOT / "prefect.yaml").read_text()), journey_flows())
    # Prefect writes beside the file that it deploys from, so it gets a copy.
    merged = state / "prefect.yaml"
    merged.write_text(yaml.safe_dump(manifest, sort_keys=False))
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(merged)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DeployFailed(f"{DeployFailed.__doc__}\n{done.stdout}{done.stderr}")
    return len(manifest["deployments"])


def with_journeys(manifest: dict[str, Any], journeys: list[JourneyFlow]) -> dict[str, Any]:
    """The manifest with an entry for each journey that it does not list itself."""
    listed = {entry["entrypoint"] for entry in manifest["deployments"]}
    pool = manifest["definitions"]["work_pool"]
    added = [_entry(flow, pool) for flow in journeys if _entrypoint(flow) not in listed]
    return manifest | {"deployments": [*added, *manifest["deployments"]]}


def _entry(flow: JourneyFlow, pool: Any) -> dict[str, Any]:
    return {
        "name": flow.name,
        "description": (flow.definition.body.__doc__ or "").strip(),
        "entrypoint": _entrypoint(flow),
        "tags": ["journey"],
        "work_pool": pool,
    }


def _entrypoint(flow: JourneyFlow) -> str:
    body = flow.definition.body
    return f"{body.__module__}.{body.__name__}"
