"""What ops find in Prefect after the demo: real runs of the night's flows, what they made, and the mailer in force."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml
from prefect import get_client
from prefect.settings import PREFECT_API_URL
from prefect.variables import Variable

from blocks.current_mailer import RealMailInDemo, _Cache, current_mailer
from blocks.local_mailbox import LocalMailbox
from blocks.smtp import SmtpMailer
from deployments.demo.prefect_runs import FLOWS, pause_worker, run_nightly_flows, use_local_mailbox
from deployments.stack.deploy import make_deployment
from deployments.stack.register import POOL, make_pool
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "database_url"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def mailer_is_asked_anew(prefect_server: None) -> Iterator[None]:
    _Cache.mailer, _Cache.until = None, 0.0
    yield
    _Cache.mailer, _Cache.until = None, 0.0
    Variable.unset("mailer")


def ask(path: str, **filters: Any) -> Any:
    """What Prefect's server tells."""
    return httpx.post(f"{PREFECT_API_URL.value()}{path}", json=filters, timeout=30).raise_for_status().json()


async def deploy() -> None:
    await make_pool()
    entries = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    for entry in entries:
        made = make_deployment(entry, "UTC")
        if made.flow_name in {flow.name for flow in FLOWS}:
            await made.aapply()


async def is_paused() -> bool:
    async with get_client() as client:
        return bool((await client.read_work_pool(POOL)).is_paused)


def test_the_flows_of_the_night_leave_runs_of_their_deployments_and_artifacts_without_addresses() -> None:
    apply_playbook()
    a_contact(email="ann@example.com", first_name="Ann")
    asyncio.run(deploy())
    flows = {found["id"]: found["name"] for found in ask("/flows/filter")}
    deployments = {found["id"]: flows[found["flow_id"]] for found in ask("/deployments/filter")}

    run_nightly_flows()

    runs = ask("/flow_runs/filter", flow_runs={"state": {"type": {"not_any_": ["SCHEDULED"]}}})
    nightly = {flow.name for flow in FLOWS}
    # Other tests have run other flows on the same server.
    ours = {name: run for run in runs if (name := deployments.get(run["deployment_id"])) in nightly}
    assert set(ours) == nightly
    assert all(run["end_time"] and run["state"]["message"] for run in ours.values())
    artifacts = {found["key"]: found for found in ask("/artifacts/latest/filter")}
    assert {"playbook", "scores", "split-tests", "lead-check", "kpi-report", "kpi-report-changes"} <= set(artifacts)
    assert next(row["KPI"] for row in json.loads(artifacts["kpi-report"]["data"])) == "Leads"
    assert "/reports)" in artifacts["kpi-report-changes"]["data"]
    shown = [[run["name"], run["parameters"], run["state"]["message"]] for run in ours.values()]
    assert "@" not in str([shown, artifacts["lead-check"], artifacts["split-tests"]])


def test_scheduled_flows_wait_while_the_demo_plays_and_go_on_even_if_it_fails() -> None:
    asyncio.run(make_pool())
    with contextlib.suppress(RuntimeError), pause_worker():
        assert asyncio.run(is_paused())
        raise RuntimeError("the play fails")
    assert not asyncio.run(is_paused())


def test_the_demo_names_its_local_mailbox_and_refuses_a_mailer_that_reaches_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEND_DEMO", "1")
    use_local_mailbox()
    assert Variable.get("mailer") == "local-mailbox/demo"
    assert isinstance(asyncio.run(current_mailer()), LocalMailbox)

    SmtpMailer(host="mail.example.com").save("office", overwrite=True)
    Variable.set("mailer", "smtp-mailer/office", overwrite=True)
    _Cache.until = 0.0
    with pytest.raises(RealMailInDemo, match="their mail waits"):
        asyncio.run(current_mailer())
