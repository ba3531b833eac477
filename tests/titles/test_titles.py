"""What journeys, mails, tasks, steps and events are called where people read of them."""

from pathlib import Path

import pytest

from flows.runtime.prefect_flow import discover
from models.titles import (
    awaited,
    in_words,
    title_of_event,
    title_of_journey,
    title_of_mail,
    title_of_step,
    title_of_task,
)
from models.titles.journeys import journey_outlines


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("first_name", "First name"),
        ("request-info", "Request info"),
        ("mql_level", "MQL level"),
        ("crm_id", "CRM ID"),
        ("First call", "First call"),
        ("ann_lee@example.com", "ann_lee@example.com"),
        ("", ""),
    ],
)
def test_a_name_in_code_reads_as_words_and_an_address_stays(name: str, words: str) -> None:
    assert in_words(name).lower() == words.lower()


def test_a_journey_is_called_as_its_file_begins() -> None:
    assert title_of_journey("thank_you_note") == "Thank-you note"
    assert title_of_journey("re_engagement") == "Re-engagement"
    assert title_of_journey("somebody_elses") == "Somebody elses"


def test_each_journey_that_runs_has_an_outline_that_agrees_with_its_code() -> None:
    outlines = journey_outlines()
    assert set(outlines) == set(discover())
    for name, definition in discover().items():
        found = outlines[name]
        assert (found.exclusive, dict(found.ends_on)) == (definition.exclusive, dict(definition.ends_on or {})), name
        assert (found.reentry, bool(found.summary)) == (definition.reentry.value, True), name


def test_a_title_that_the_journey_gives_wins_and_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    body = "async def {name}(j):\n    '''What happens.'''\n"
    (tmp_path / "spring.py").write_text(
        f'@journey(title="The spring sale", reentry="never")\n{body.format(name="spring")}'
    )
    (tmp_path / "no_words.py").write_text(f"@journey()\n{body.format(name='no_words')}")
    (tmp_path / "broken.py").write_text("async def (")
    assert [(one.title, one.reentry) for one in journey_outlines(tmp_path).values()] == [
        ("No words", "after_end"),
        ("The spring sale", "never"),
    ]


def test_events_read_as_what_somebody_did() -> None:
    assert title_of_event("form_submitted", "request-info") == "Filled in a form: request info"
    assert title_of_event("task_done", "613") == "Task reported on"
    assert title_of_event("link_clicked", "offer_sequence/case_study") == "Clicked a link: case study"
    assert title_of_event("webinar_attended", "spring") == "Webinar attended: spring"
    assert title_of_event("page_visited", "https://example.com/a_b") == "Visited a page: https://example.com/a_b"


def test_what_is_waited_for_reads_as_a_clause() -> None:
    assert awaited("task_done:7") == "the task is reported on"
    assert awaited("page_visited:order") == "they visit a page: order"
    assert title_of_step("wait_for", "link_clicked:announcement/news or replied") == (
        "they click a link: news or they answer by mail"
    )
    assert title_of_step("wait_for", "answer to case_study") == "answer to case study"


def test_a_task_is_called_by_its_own_name_else_by_its_kind() -> None:
    assert title_of_task("first call", "call_lead") == "First call"
    assert title_of_task("call_lead", "call_lead") == "Call the lead"
    assert title_of_task("task", "call_them", {"call_them": "Ring them up"}) == "Ring them up"
    assert title_of_task("call_lead 2", "call_lead") == "Call the lead 2"
    assert title_of_task("water_the_plants") == "Water the plants"


def test_a_mail_is_called_by_its_subject_where_it_has_one_for_everybody() -> None:
    assert title_of_mail("offer_sequence/case_study") == "Case study"
    assert title_of_mail("nowhere/no_such_mail") == "No such mail"
    assert title_of_mail("../../pyproject") == "Pyproject"
