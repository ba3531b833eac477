"""`./tend work-link`: the link to a salesperson's page, from the database and to the pages that run."""

import pytest

from deployments.commands.secrets import work_link
from deployments.stack.command_error import CommandError
from tests.support.database import write
from tests.support.web_pages import a_rep, browser


@pytest.fixture(autouse=True)
def pages_elsewhere(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_WEB_URL", "https://tend.example.com")


def test_the_link_opens_their_page_until_it_is_renewed() -> None:
    a_rep(name="Zoe New", email="zoe@example.com")
    first = work_link("zoe new", renew=False)
    assert first.startswith("https://tend.example.com/work/")
    assert browser().get(first.removeprefix("https://tend.example.com")).status_code == 200

    second = work_link("zoe@example.com", renew=True)
    statuses = [browser().get(one.removeprefix("https://tend.example.com")).status_code for one in (first, second)]
    assert statuses == [410, 200]


def test_nobody_and_whoever_has_left_have_no_link() -> None:
    a_rep(name="Zoe New", email="zoe@example.com")
    write("UPDATE rep SET active = false")
    for who, said in (("Zoe New", "works here no more"), ("Nobody", "Nobody here is called")):
        with pytest.raises(CommandError, match=said):
            work_link(who, renew=False)
