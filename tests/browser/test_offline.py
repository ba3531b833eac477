"""A report that is typed in a tunnel: kept, sent when there is a connection, and taken once."""

import json

from playwright.sync_api import expect

from models.access.work_link import sign_work_token
from tests.browser.conftest import Visit
from tests.support.chromium import PHONE
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import OUTCOMES, a_contact, a_rep, a_task

NO_CONNECTION = "net::ERR_"
WORKER_IS_ACTIVE = "() => navigator.serviceWorker.ready.then((worker) => worker.active.state === 'activated')"


def test_a_report_typed_in_a_tunnel_is_kept_and_sent_later_and_counts_once(visit: Visit) -> None:
    apply_playbook()
    sarah = a_rep()
    a_task(a_contact(), rep_id=sarah)
    phone = visit(PHONE)
    phone.expected = NO_CONNECTION
    page = phone.open(f"/work/{sign_work_token(sarah, 0)}")
    page.wait_for_function(WORKER_IS_ACTIVE)
    page.reload()

    phone.context.set_offline(True)
    page.reload()
    page.get_by_role("radio", name=OUTCOMES[0]).check()
    page.get_by_label("Notes").fill("Typed in a tunnel.")
    page.get_by_role("button", name="Report").click()
    kept_note = page.locator("#kept")
    expect(kept_note).to_contain_text("Kept on this phone")
    expect(page.get_by_role("button", name="Report")).to_be_disabled()
    assert rows("SELECT done_at FROM task") == [(None,)]

    [kept] = page.evaluate("allKept()")
    page.reload()
    expect(kept_note).to_contain_text("Kept on this phone")
    phone.context.set_offline(False)
    expect(kept_note).to_be_hidden()
    assert rows("SELECT outcome, notes FROM task") == [(OUTCOMES[0], "Typed in a tunnel.")]

    # The answer had been lost on its way, and it is sent once more.
    page.evaluate(f"keep({json.dumps(kept)}).then(sendAndShow)")
    expect(kept_note).to_be_hidden()
    assert page.evaluate("allKept()") == []
    assert rows("SELECT count(*) FROM event WHERE name = 'task_done'") == [(1,)]


def test_words_that_the_server_does_not_take_stay_readable_and_old_pages_go(visit: Visit) -> None:
    apply_playbook()
    sarah = a_rep()
    first, _ = (a_task(a_contact(email=f"{name}@example.com"), rep_id=sarah) for name in ("ana", "bob"))
    phone, mine = visit(PHONE), f"/work/{sign_work_token(sarah, 0)}"
    phone.expected = "the server responded with a status of 4"
    page = phone.open(mine)
    page.wait_for_function(WORKER_IS_ACTIVE)

    def report() -> None:
        page.get_by_role("radio", name=OUTCOMES[0]).first.check()
        page.get_by_label("Notes").first.fill("Typed in a tunnel.")
        page.get_by_role("button", name="Report").first.click()

    # A colleague has reported on it meanwhile: the page that says so holds the words.
    write("UPDATE task SET done_at = now(), outcome = 'x' WHERE id = :task", task=first)
    report()
    expect(page.locator("body")).to_contain_text("was not taken")
    expect(page.locator("body")).to_contain_text("Typed in a tunnel.")

    phone.open(mine)
    old = "new Response('x', {headers: {date: 'Mon, 02 Mar 2026 09:00:00 GMT'}})"
    page.evaluate(f"caches.open('tend-work').then((it) => it.put('/work/old', {old}))")
    page.reload()
    page.wait_for_function("() => caches.match('/work/old').then((found) => found === undefined)")

    # The link was renewed: its page holds nothing, so the words stay here.
    write("UPDATE rep SET link_number = 1")
    report()
    kept_note = page.locator("#kept")
    expect(kept_note).to_contain_text("It could not be taken")
    expect(kept_note).to_contain_text("Typed in a tunnel.")
    expect(page.get_by_role("button", name="Report").first).to_be_enabled()
