"""Pages of maps: what stands on them is what happened, and they run no code of journeys."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from flows.operations.publish_journeys import publish_journeys
from flows.runtime.definitions.code_version import code_version
from flows.runtime.prefect_flow import discover
from models.database import engine
from models.journeys.maps.count_steps import count_steps
from models.journeys.versions import VersionToPublish, current_versions, publish, versions_of
from models.playbook import current_playbook
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.story import Story
from tests.support.web_pages import browser

COUNTS = "SELECT day, journey, verb, step, answer, stay, count FROM journey_step_count ORDER BY 1, 2, 3, 4, 5, 6"


def publish_all(now: datetime | None = None) -> None:
    with engine().begin() as connection:
        publish_journeys(connection, discover(), current_playbook(connection), now or datetime.now(UTC))


def count() -> None:
    with engine().begin() as connection:
        count_steps(connection, current_playbook(connection))


@pytest.fixture
def story(database_url: str) -> Story:
    apply_playbook()
    publish_all()
    return Story(discover(), datetime.now(UTC) - timedelta(days=20))


def _told(story: Story) -> None:
    """Ann is reached at the second call, Bob waits for his first one, Cy has no address."""
    ann, bob, cy = (
        story.contact(email, phone=f"+1207555018{number}", first_name=name)
        for number, (email, name) in enumerate((("ann@example.org", "Ann"), ("bob@example.org", "Bob"), (None, "Cy")))
    )
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Could Not Reach: Try Again", contact=ann)
    story.pass_time(timedelta(days=8))
    story.reports("second call", "Had Call: Not Interested", contact=ann)
    for contact in (bob, cy):
        story.happens("form_submitted", "request-info", contact=contact)
    count()


def _cell(page: str, row: str, label: str) -> str:
    [found] = re.findall(rf"<small>[^<]*</small>\s*{row}.*?</tr>", page, re.DOTALL)
    [cell] = re.findall(rf'data-label="{label}">(.*?)</td>', found, re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", cell).split())


def test_a_map_says_how_many_stand_where_how_long_and_who_went_which_way(story: Story) -> None:
    _told(story)
    page = browser().get("/journeys/lead_qualification").text
    assert _cell(page, "First call", "Now here") == "2"
    assert _cell(page, "First call", "Took it") == "1"
    assert _cell(page, "A week after the first call", "Took it") == "1"
    assert _cell(page, "A week after the first call", "Stay") == "1 week"
    assert "Could Not Reach: Try Again: Missed you, first call 1 (100%)" in _cell(page, "First call", "Next")
    assert "Had Call: Not Interested: not interested 1 (100%)" in _cell(page, "Second call", "Next")
    assert re.search(r'class="here"[^>]*>2 here', page)
    assert "<!--here" not in page


def test_a_place_opens_its_line_its_mail_and_the_people_who_stand_there(story: Story) -> None:
    _told(story)
    page = browser().get("/journeys/lead_qualification").text
    assert '<a href="/mails/lead_qualification/thanks">' in page
    assert re.search(r"flows/journeys/lead_qualification.py, line \d+", page)
    [people] = re.findall(r'href="(/runs/lead_qualification\?step=first\+call)"', page)
    there = browser().get(people).text
    assert "Bob" in there
    assert "Ann" not in there
    assert 'href="#at-p1"' in page
    assert 'id="at-p1"' in page


def test_where_somebody_is_stuck_the_map_is_red(story: Story) -> None:
    _told(story)
    with engine().begin() as connection:
        connection.exec_driver_sql(
            "UPDATE journey_run SET status = 'stuck', stuck_reason = 'Changed: x' WHERE waiting_for = 'first call'"
        )
    page = browser().get("/journeys/lead_qualification").text
    assert re.search(r'class="stuck place task', page)
    assert "2 stuck of 2" in page
    assert "status=stuck" in page


def test_the_list_says_what_starts_each_journey_who_is_on_it_and_how_it_ended(story: Story) -> None:
    _told(story)
    page = browser().get("/journeys").text
    [line] = re.findall(r'<tr>\s*<td class="person"><a href="/journeys/lead_qualification">.*?</tr>', page, re.DOTALL)
    words = " ".join(re.sub("<[^>]+>", " ", line).split())
    assert words.startswith("Lead qualification Filled in a form: request info")
    assert "/runs/lead_qualification?status=waiting" in line
    assert "1 not interested" in words or datetime.now(UTC).day < 21


def test_counting_again_counts_nothing_twice_and_counts_what_came_since(story: Story) -> None:
    _told(story)
    before = rows(
        "SELECT day, journey, verb, step, answer, stay, count FROM journey_step_count ORDER BY 1, 2, 3, 4, 5, 6"
    )
    count()
    assert before == rows(COUNTS)
    dan = story.contact("dan@example.org", phone="+12075550199")
    story.happens("form_submitted", "request-info", contact=dan)
    count()
    started = (
        "SELECT sum(count) AS count FROM journey_step_count WHERE verb = 'begin' AND journey = 'lead_qualification'"
    )
    assert rows(started)[0].count == 4
    steps = rows("SELECT count(*) AS count FROM step")[0].count
    counted = "SELECT sum(count) AS count FROM journey_step_count WHERE verb NOT IN ('begin', 'end')"
    assert rows(counted)[0].count == steps


def test_publishing_again_changes_nothing_and_a_change_makes_a_new_current_version(story: Story) -> None:
    first = _deployed()
    publish_all(datetime.now(UTC) + timedelta(days=1))
    assert _deployed() == first
    with engine().begin() as connection:
        old = current_versions(connection)["welcome"]
        changed = VersionToPublish("welcome", "0123456789ab", "x = 1", old.places.to_json() | {"starts_on": ["x"]}, "")
        publish(connection, [changed], datetime.now(UTC))
        assert [(one.version, one.is_current) for one in versions_of(connection, "welcome")] == [
            ("0123456789ab", True),
            (old.version, False),
        ]
    page = browser().get(f"/journeys/welcome?compare={old.version}").text
    assert "It starts on x; before: " in page
    publish_all()
    with engine().connect() as connection:
        assert current_versions(connection)["welcome"].version == old.version


def _deployed() -> list[tuple[str, str, datetime]]:
    with engine().connect() as connection:
        return [(one.journey, one.version, one.first_deployed_at) for one in current_versions(connection).values()]


def test_comments_and_docstrings_make_no_new_version_and_code_does() -> None:
    code = 'def a():\n    """Says."""\n    return 1\n'
    assert code_version(code) == code_version("# why\ndef a():\n    '''Says more.'''\n    return 1  # one\n")
    assert code_version(code) != code_version(code.replace("1", "2"))
    assert len(code_version(code)) == 12


def test_a_journey_that_is_not_there_says_so(story: Story) -> None:
    assert browser().get("/journeys/no_such").status_code == 404
    assert browser().get("/journeys/welcome?compare=none").status_code == 404
    assert browser().get("/journeys/map.css").headers["content-type"].startswith("text/css")


def test_the_master_map_shows_triggers_hand_overs_thresholds_and_who_is_on_each(story: Story) -> None:
    _told(story)
    page = browser().get("/journeys/map").text
    assert '<a href="/journeys/lead_qualification">' in page
    assert re.search(r"Score reaches 50: hot", page)
    assert "2 on it" in page
    assert 'id="map-lead_qualification-offer_sequence"' in page
    words = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "Lead qualification goes on with Offer sequence" in words
    assert "Lead qualification starts beside Check-in" in words
    assert "Asked for a person again, and nothing else takes it up" in words
