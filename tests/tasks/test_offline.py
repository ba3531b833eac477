"""A report that is typed in a tunnel, in a real browser: kept, sent when there is a connection, and taken once."""

import json
from pathlib import Path

import pytest

from models.access.work_link import sign_work_token
from tests.support.chromium import CHROMIUM, a_page
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.servers.http_server import run_server
from tests.support.web_pages import OUTCOMES, a_contact, a_rep, a_task
from web.app import app

REPORT = f"""
(() => {{
  const form = document.querySelector("form[data-report]");
  form.querySelector("input[value='{OUTCOMES[0]}']").checked = true;
  form.elements.notes.value = "Typed in a tunnel.";
  form.querySelector("button").click();
}})()
"""
WITHOUT_WORKER = "navigator.serviceWorker.ready.then((it) => { Object.defineProperty(it, 'sync', {value: null}) })"
KEPT = "!document.getElementById('kept').hidden"


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_a_report_typed_in_a_tunnel_is_kept_and_sent_later_and_counts_once(database_url: str, tmp_path: Path) -> None:
    apply_playbook()
    sarah = a_rep()
    a_task(a_contact(), rep_id=sarah)
    with run_server(app) as address, a_page(tmp_path) as page:
        page.open(f"{address}/work/{sign_work_token(sarah, 0)}")
        page.until("navigator.serviceWorker.ready.then((worker) => worker.active.state === 'activated')")
        # The browser takes the page offline and not its worker, which would send the report at once.
        page.value(WITHOUT_WORKER)
        page.take_offline(True)
        page.value(REPORT)
        page.until(KEPT)
        assert "Kept on this phone" in page.value("document.getElementById('kept').textContent")
        assert page.value("document.querySelector('form[data-report] button').disabled")
        assert rows("SELECT done_at FROM task") == [(None,)]

        [kept] = page.value("allKept()")
        page.take_offline(False)
        page.value("sendAndShow()")
        page.until(f"!({KEPT})")
        assert rows("SELECT outcome, notes FROM task") == [(OUTCOMES[0], "Typed in a tunnel.")]

        # The answer had been lost on its way, and it is sent once more.
        page.value(f"keep({json.dumps(kept)}).then(sendAndShow)")
        page.until(f"!({KEPT})")
        assert rows("SELECT count(*) FROM event WHERE name = 'task_done'") == [(1,)]
