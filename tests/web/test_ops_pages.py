"""Pages for ops: the mailbox, stuck runs, the login where others could reach them, health, and what fails."""

import re

import pytest
from sqlalchemy import text

from models import UnreadValue
from models.access.token import read_secret, sign_token
from models.database import CLOCK_ALIVE_LOCK, engine
from tests.support.database import rows
from tests.support.logins import WORLD, begin_counting_guesses
from tests.support.playbook import apply_playbook
from tests.support.web_pages import (
    HERE,
    NOW,
    PROGRAM,
    Browser,
    a_contact,
    a_letter,
    a_message,
    a_run,
    a_task,
    add,
    browser,
)
from web.frame.login import own_path

PAGES = ("/", "/contacts", "/contacts/1", "/tasks", "/runs", "/messages", "/mailbox", "/mailbox/1/html", "/rejected")
ELSEWHERE = "https://tend.example.com"


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEND_WEB_URL", "PREFECT_API_URL", "PREFECT_UI_URL"):
        monkeypatch.delenv(name, raising=False)
    apply_playbook()
    begin_counting_guesses()


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The web listens where others can reach it."""
    monkeypatch.setenv("TEND_HOST", "0.0.0.0")


def password() -> str:
    with engine().connect() as connection:
        return read_secret(connection, "ops password")


def test_a_letter_is_shown_as_a_mail_whose_links_work_and_whose_scripts_do_not() -> None:
    html = '<html><head><title>x</title></head><body><script>x</script><a href="/c/abc">Read</a></body></html>'
    letter = a_letter(html=html, text="Read: /c/abc", message_key="7:1")
    a_message(a_contact(), key="7:1")

    page = browser().get(f"/mailbox/{letter}").text
    alone = browser().get(f"/mailbox/{letter}/html")

    [frame] = re.findall(r"<iframe[^>]*>", page)
    sandbox = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
    assert f'sandbox="{sandbox}"' in frame
    assert 'href="/contacts/1"' in page
    assert '<head><base target="_blank">' in alone.text
    assert f"sandbox {sandbox}" in alone.headers["content-security-policy"]
    assert "script-src" not in alone.headers["content-security-policy"]
    assert "Read: /c/abc" in browser().get(f"/mailbox/{letter}?view=text").text


def test_the_mailbox_is_searched_by_address_and_goes_on_on_the_next_page() -> None:
    for number in range(52):
        a_letter(message_key=f"{number}", subject=f"Letter {number}.")
    a_letter(message_key="to tom", to_address="tom@example.com", subject="For Tom")

    page = browser().get("/mailbox", params={"q": "TOM@"}).text
    assert ("For Tom" in page, "Letter 1." in page) == (True, False)
    older = re.search(r'href="(/mailbox\?[^"]*)" rel="next"', browser().get("/mailbox").text)
    assert older
    assert "Letter 0." in browser().get(older[1].replace("&amp;", "&")).text
    assert browser().get("/mailbox/999").status_code == 404


def test_failed_messages_are_listed_with_the_reason() -> None:
    a_message(a_contact(), state="failed", reason="contact.first_name is empty")
    assert "contact.first_name is empty" in browser().get("/messages?state=failed").text
    assert "contact.first_name is empty" not in browser().get("/messages?state=queued").text


@pytest.mark.parametrize(
    ("sent", "standing"),
    [
        ({"action": "retry"}, [("waiting", None)]),
        ({"action": "end"}, [("ended", "ended by hand")]),
        ({"action": "end", "ending": "moved away"}, [("ended", "moved away")]),
        ({"action": "restart"}, [("ended", "started over"), ("waiting", None)]),
    ],
)
def test_ops_move_a_stuck_run_on(sent: dict[str, str], standing: list[tuple[str, str | None]]) -> None:
    run = a_run(a_contact(), status="stuck", stuck_reason="ChangedJourney: step 3")
    page = browser().get("/runs").text
    assert "ChangedJourney: step 3" in page

    answer = browser().post(f"/runs/{run}/move", data=sent)

    assert answer.status_code == 303
    assert "1 run:" in browser().get(answer.headers["location"]).text
    assert rows("SELECT status, ending FROM journey_run ORDER BY id") == standing


def test_all_that_are_stuck_alike_move_on_together_and_no_others() -> None:
    def stuck(reason: str, number: int) -> int:
        return a_run(a_contact(email=f"{number}@example.com"), status="stuck", stuck_reason=reason)

    first, _, other = (stuck(reason, number) for number, reason in enumerate(("same", "same", "other")))

    browser().post(f"/runs/{first}/move", data={"action": "retry", "alike": "true"})

    assert rows("SELECT id FROM journey_run WHERE status = 'stuck'") == [(other,)]


def test_a_run_that_has_ended_is_not_moved() -> None:
    run = a_run(a_contact(), status="ended", ending="bought", ended_at=NOW)
    assert browser().post(f"/runs/{run}/move", data={"action": "end"}).status_code == 409
    assert browser().post(f"/runs/{run}/move", data={"action": "burn"}).status_code == 422
    assert rows("SELECT ending FROM journey_run") == [("bought",)]


def test_the_journeys_page_counts_endings() -> None:
    for number, ending in enumerate(("bought", "bought", "not interested")):
        a_run(a_contact(email=f"{number}@example.com"), status="ended", ending=ending, ended_at=NOW)
    page = browser().get("/runs").text
    counts = re.findall(r"<dt><a [^>]*>([^<]*)</a></dt><dd class=\"number\">(\d+)", page)
    assert counts == [("bought", "2"), ("not interested", "1")]


@pytest.mark.usefixtures("reachable")
def test_where_others_reach_it_every_page_for_ops_needs_the_login() -> None:
    a_letter(), a_contact()
    for path in PAGES:
        answer = browser().get(path)
        assert (answer.status_code, answer.headers["location"].startswith("/login?next=")) == (303, True), path
    assert browser().post("/runs/1/move", data={"action": "end"}).status_code == 401


@pytest.mark.usefixtures("reachable")
def test_what_is_for_everybody_needs_no_login() -> None:
    task, contact = a_task(), 1
    paths = (
        f"/tasks/{sign_token('task', task)}",
        f"/worklist/{sign_token('work list', 'x@example.com')}",
        "/health",
        "/site",
    )
    for path in (*paths, f"/unsubscribe/{sign_token('unsubscribe', contact)}", "/static/tend.css", "/login"):
        assert browser().get(path).status_code == 200, path
    assert browser().post("/leads/website", data={"email": "tom@example.com"}).status_code == 201


@pytest.mark.parametrize("headers", [{"host": "evil.example.com"}, {"x-forwarded-for": "203.0.113.9"}])
def test_a_rebound_name_or_a_proxy_is_not_this_machine(headers: dict[str, str]) -> None:
    assert browser().get("/contacts", headers=headers).status_code == 303


@pytest.mark.usefixtures("reachable")
def test_the_password_opens_the_pages_until_logging_out() -> None:
    ops = browser(ELSEWHERE)
    answer = ops.post("/login", data={"password": password(), "next": "/contacts?q=a"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/contacts?q=a")
    cookie = answer.headers["set-cookie"].lower()
    assert [part for part in ("httponly", "samesite=lax", "secure", "max-age=43200") if part not in cookie] == []
    assert ops.get("/contacts").status_code == 200
    ops.post("/logout")
    assert ops.get("/contacts").status_code == 303


@pytest.mark.usefixtures("reachable")
def test_a_session_that_is_over_or_forged_opens_nothing() -> None:
    for value in (sign_token("ops session", int(NOW.timestamp()) - 1), sign_token("task", 9_999_999_999), "x"):
        assert browser().get("/contacts", headers={"cookie": f"tend_session={value}"}).status_code == 303


@pytest.mark.usefixtures("reachable")
def test_guessing_the_password_has_to_wait() -> None:
    statuses = [browser().post("/login", data={"password": "guess"}).status_code for _ in range(6)]
    assert statuses == [403] * 5 + [429]
    assert int(browser().post("/login", data={"password": "guess"}).headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "path", ["https://evil.example.com", "//evil.example.com", "/\\evil", "/\t/evil", "", "x", "/a\n"]
)
def test_the_login_leads_to_our_own_pages_only(path: str) -> None:
    assert own_path(path) == "/"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example.com"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": HERE}, 303),
        ({}, 303),
    ],
)
def test_forms_of_other_sites_move_nothing(headers: dict[str, str], status: int) -> None:
    run = a_run(a_contact(), status="stuck", stuck_reason="x")
    assert browser().post(f"/runs/{run}/move", data={"action": "end"}, headers=headers).status_code == status


def test_every_answer_tells_browsers_what_a_page_may_do() -> None:
    for path in ("/", "/nope", "/site", "/health", "/login"):
        headers = browser().get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
        assert headers["cache-control"] == "no-store"


def test_no_page_carries_scripts_or_styles_of_its_own_or_loads_from_elsewhere() -> None:
    a_task(), a_letter()
    for path in (
        *PAGES[:-2],
        "/mailbox/1",
        "/site",
        "/site/order",
        f"/tasks/{sign_token('task', 1)}",
        "/login",
        "/nope",
    ):
        page = browser().get(path).text
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|(src|<link[^>]*href)=\"http", page), path


def test_a_page_that_is_not_there_says_so_in_the_asker_s_language() -> None:
    page = browser().get("/nope")
    assert (page.status_code, "Nothing here" in page.text) == (404, True)
    json = browser().get("/nope", headers={"accept": "application/json"})
    assert (json.status_code, "no page at this address" in json.json()["detail"]) == (404, True)


@pytest.mark.parametrize("path", ["/messages", "/mailbox", "/rejected", "/routers/inbound"])
@pytest.mark.parametrize("before", ["x", "-1", "99999999999999999999"])
def test_a_place_in_a_list_that_cannot_be_is_told(path: str, before: str) -> None:
    assert browser().get(f"{path}?before={before}").status_code == 422


def test_a_router_of_a_name_that_cannot_be_is_not_there() -> None:
    assert browser().get("/routers/%00").status_code == 400
    assert browser().get("/routers/%ED%A0%80").status_code == 404


@pytest.fixture
def no_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", "postgresql://postgres@/gone?host=/nowhere")


@pytest.mark.usefixtures("no_postgres")
@pytest.mark.parametrize("path", ["/", "/contacts", "/site", "/tasks/x", "/unsubscribe/x"])
def test_without_postgres_pages_ask_for_patience(path: str) -> None:
    answer = browser().get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "try again in a few seconds" in answer.text


@pytest.mark.usefixtures("no_postgres")
def test_without_postgres_health_is_down() -> None:
    answer = browser().get("/health", headers=PROGRAM)
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["postgres"]["status"] == "down"


def test_health_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    a_message(a_contact())

    found = browser().get("/health", headers=PROGRAM)

    states = {name: found.json()[name]["status"] for name in ("postgres", "prefect", "clock", "mail")}
    assert states == {"postgres": "up", "prefect": "down", "clock": "down", "mail": "up"}
    assert (found.status_code, found.json()["status"], found.json()["mail"]["queued"]) == (200, "degraded", 1)


HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_in_a_browser_health_is_a_page_that_says_where_a_person_must_act(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    a_run(a_contact(), status="stuck", stuck_reason="x")

    found = browser().get("/health", headers=HTML)

    assert found.headers["content-type"].startswith("text/html")
    for said in ("Prefect, for forms and nightly flows", "does not run", 'href="/runs">Move them on</a>', "<nav"):
        assert said in found.text
    for accept in ("application/json", "*/*"):
        assert browser().get("/health", headers={"accept": accept}).json()["journeys"]["stuck"] == 1


@pytest.mark.usefixtures("reachable")
def test_a_strangers_browser_learns_no_more_than_up_or_down() -> None:
    assert browser(WORLD).get("/health", headers=HTML).json() == {"status": "up"}


@pytest.mark.usefixtures("no_postgres")
def test_without_postgres_health_is_no_page() -> None:
    answer = browser().get("/health", headers=HTML)
    assert (answer.status_code, answer.json()["status"]) == (503, "down")


def test_unread_values_and_rejected_leads_have_a_figure_each() -> None:
    add(
        UnreadValue,
        contact_id=a_contact(),
        field="employees",
        found="a few",
        expected="a number",
        event_id=1,
        received_at=NOW,
    )
    page = browser().get("/contacts", headers=HTML).text
    assert '<a href="/unread">Unread values <span class="figure">1<span class="unseen"> to read' in page
    assert '<a href="/rejected">Rejected leads</a>' in page


def test_health_sees_the_clocks_by_the_lock_they_hold() -> None:
    with engine().connect() as clock, engine().connect() as second:
        for each in (clock, second):
            each.execute(text(f"SELECT pg_advisory_lock_shared({CLOCK_ALIVE_LOCK})"))
        found = browser().get("/health", headers=PROGRAM).json()
        assert (found["clock"]["status"], found["clock"]["clocks"], found["status"]) == ("up", 2, "ok")
        for each in (clock, second):
            each.execute(text(f"SELECT pg_advisory_unlock_shared({CLOCK_ALIVE_LOCK})"))


def test_importing_the_app_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    from web.app import create_app

    monkeypatch.delenv("TEND_DATABASE_URL")
    assert create_app().routes
    answer = Browser(HERE).get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
