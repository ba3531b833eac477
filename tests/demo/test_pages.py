"""Every page of the demo says that it is the demo; while it plays, its pages take nothing."""

from collections.abc import Iterator

import pytest

from deployments.demo.simulation import pause_clocks
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import HERE, Browser, a_contact, a_letter, a_task, browser, task_path
from web.app import create_app

ANN = {"form": "request-info", "email": "ann@example.com", "first_name": "Ann"}
FOR_OPS = ("/", "/contacts", "/contacts/1", "/runs", "/mailbox", "/mailbox/1", "/splits", "/rejected")
FOR_OTHERS = ("/site", "/site/order", "/site/articles/a-week-off", "/login", "/nowhere")


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEND_WEB_URL", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    apply_playbook()
    a_contact()
    a_letter()


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Somebody who looks at the demo."""
    monkeypatch.setenv("TEND_DEMO", "1")
    return Browser(HERE, app=create_app())


@pytest.fixture
def play() -> Iterator[None]:
    with pause_clocks():
        yield


@pytest.mark.parametrize("path", FOR_OPS + FOR_OTHERS)
def test_every_page_of_the_demo_says_that_its_people_are_invented(visitor: Browser, path: str) -> None:
    assert "these people are invented" in visitor.get(path).text


@pytest.mark.parametrize("path", FOR_OPS + FOR_OTHERS)
def test_no_page_of_another_installation_does(path: str) -> None:
    assert "invented" not in browser().get(path).text


def test_a_salespersons_task_says_so_too(visitor: Browser) -> None:
    path = task_path(a_task(contact=1))
    assert "./tend demo --remove" in visitor.get(path).text


@pytest.mark.usefixtures("play")
def test_what_is_sent_while_the_demo_plays_is_refused_for_a_while_and_stored_nowhere(visitor: Browser) -> None:
    assert "are passing right now" in visitor.get("/contacts").text
    for path in ("/leads/website", "/events", task_path(a_task(contact=1)), "/contacts/1/qualification"):
        answer = visitor.post(path, json=ANN)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "send it again" in answer.text
    told = visitor.post("/leads/website", json=ANN, headers={"accept": "application/json"}).json()
    assert "Nothing was stored" in told["detail"]
    assert rows("SELECT count(*) FROM event") == rows("SELECT count(*) FROM rejected_lead") == [(0,)]


def test_once_the_demo_has_played_its_forms_work(visitor: Browser) -> None:
    with pause_clocks():
        assert visitor.post("/leads/website", json=ANN).status_code == 503
    assert visitor.post("/leads/website", json=ANN).status_code == 201


@pytest.mark.usefixtures("play")
def test_an_installation_that_is_not_the_demos_takes_leads_at_any_time() -> None:
    assert browser().post("/leads/website", json=ANN).status_code == 201


def test_pages_of_the_demo_say_so_without_their_database(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=1")
    answer = visitor.get("/contacts")
    assert answer.status_code == 503
    assert "these people are invented" in answer.text
