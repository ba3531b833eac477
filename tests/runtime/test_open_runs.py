"""A journey changes under its open runs: they stay, move, end or drain, as it says, or nothing is deployed."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from deployments.commands.open_runs import JourneyChange, changed_journeys, show_open_runs
from flows.operations.deploy_journeys import StuckRuns, deploy, is_deployed
from flows.runtime import Journey, drain, end_with, kept_versions, move, stay
from flows.runtime.definitions.code_version import code_version
from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.definitions.open_runs import OpenRuns
from flows.runtime.kept_versions import load_version
from flows.runtime.replay_check import ReplayResult, replay_open_runs
from models.database import engine
from models.playbook.tasks import own_kinds
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story

HEAD = """from datetime import timedelta
from flows.runtime import Journey, drain, end_with, hand_over, journey, move, stay

"""
FIRST = '''@journey({options})
async def course(j: Journey) -> str:
    """Three lessons."""
    await j.send("lesson_1")
    await j.wait(timedelta(days=1), name="a day")
    await j.send("lesson_2")
    await j.wait(timedelta(days=1), name="another day")
    await j.send("lesson_3")
    return "taught"
'''
WEEK = timedelta(weeks=1)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def a_course(code: str = FIRST, open_runs: OpenRuns | None = None) -> Definition:
    """The journey that this file makes, with what its decorator says of open runs."""
    source = HEAD + code.replace("{options}", "")
    return replace(load_version("course", code_version(source), source), open_runs=open_runs)


def changed(*replaced: tuple[str, str], open_runs: OpenRuns | None = None) -> Definition:
    code = FIRST
    for old, new in replaced:
        assert old in code
        code = code.replace(old, new)
    return a_course(code, open_runs)


def begin(*contacts: str, days: int = 0) -> Story:
    """Contacts on the first version, so many days after they began."""
    story = Story({"course": a_course()})
    deployed(story.definitions)
    for email in contacts or ("ann@example.com",):
        story.start("course", story.contact(email))
    story.pass_time(timedelta(days=days))
    return story


def deployed(definitions: Definitions, *, allow_stuck: bool = False) -> list[str]:
    with engine().begin() as connection:
        return deploy(connection, definitions, MONDAY, allow_stuck=allow_stuck)


def go_on(story: Story, definition: Definition) -> None:
    """Deploy this version, and let a week pass."""
    story.definitions = {"course": definition}
    deployed(story.definitions)
    story.pass_time(WEEK)


def mails(story: Story, contact: int = 1) -> list[str]:
    return [template.partition("/")[2] for _, template in story.mails(contact)]


def check(definition: Definition) -> ReplayResult:
    with engine().connect() as connection:
        (result,) = replay_open_runs(connection, {"course": definition})
    return result


OTHER_LESSON = ('"lesson_1"', '"lesson_one"')
NEW_LESSON = ('    await j.send("lesson_2")\n', '    await j.send("exercise")\n    await j.send("lesson_2")\n')
NO_LESSON = ('    await j.send("lesson_1")\n', "")


def test_a_change_that_open_runs_do_not_fit_is_not_deployed_without_an_answer() -> None:
    begin(days=0)
    with pytest.raises(StuckRuns, match="course: 1 run at 'a day'") as refused:
        deployed({"course": changed(OTHER_LESSON)})
    assert "open_runs=stay()" in str(refused.value)
    assert rows("SELECT version FROM journey_version WHERE is_current") == [(a_course().version,)]


def test_whoever_may_get_stuck_is_deployed_when_a_person_says_so() -> None:
    begin(days=0)
    assert deployed({"course": changed(OTHER_LESSON)}, allow_stuck=True) == ["course has changed: 1 get stuck"]


def test_a_journey_whose_file_is_gone_is_not_taken_away_under_its_runs() -> None:
    begin(days=0)
    with pytest.raises(StuckRuns, match="no longer in flows/journeys"):
        deployed({})


def test_texts_and_comments_make_no_new_version() -> None:
    source = HEAD + FIRST
    other = source.replace("Three lessons.", "Three short lessons.").replace("    return", "    # The end.\n    return")
    assert code_version(source) == code_version(other)
    assert code_version(source) != code_version(source.replace("days=1", "days=2"))


def test_staying_runs_go_on_by_the_old_code_and_new_ones_take_the_new() -> None:
    story = begin(days=0)
    new = changed(OTHER_LESSON, ('"lesson_3"', '"lesson_4"'), open_runs=stay())
    assert (check(new).matching, check(new).staying) == (1, 1)

    story.definitions = {"course": new}
    assert deployed(story.definitions) == ["course has changed: 1 open runs go on, 1 of them stay on the old version"]
    late = story.contact("bea@example.com")
    story.start("course", late)
    story.pass_time(WEEK)

    assert mails(story) == ["lesson_1", "lesson_2", "lesson_3"]
    assert mails(story, late) == ["lesson_one", "lesson_2", "lesson_4"]
    assert rows("SELECT version FROM journey_run ORDER BY id") == [(a_course().version,), (new.version,)]


def test_the_old_code_goes_when_its_last_run_is_over() -> None:
    story = begin(days=0)
    go_on(story, changed(OTHER_LESSON, open_runs=stay()))
    deployed({"course": changed(OTHER_LESSON, ('"lesson_3"', '"lesson_4"'))})
    assert rows("SELECT source FROM journey_version WHERE version = :old", old=a_course().version) == [("",)]


def test_code_that_tend_has_not_stored_itself_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    story = begin(days=0)
    story.definitions = {"course": changed(OTHER_LESSON, open_runs=stay())}
    deployed(story.definitions)
    # Another process has not loaded it yet.
    monkeypatch.setattr(kept_versions, "_loaded", {})
    write(
        "UPDATE journey_version SET source = replace(source, 'lesson_2', 'theirs') WHERE version = :old",
        old=a_course().version,
    )
    story.pass_time(WEEK)

    assert mails(story) == ["lesson_1"]
    assert rows("SELECT status FROM journey_run") == [("stuck",)]


@pytest.mark.parametrize("days", [0, 1])
def test_moved_runs_go_on_by_the_new_code_wherever_they_stand(days: int) -> None:
    story = begin(days=days)
    new = changed(
        OTHER_LESSON,
        NEW_LESSON,
        open_runs=move(renamed={"send lesson_1": "send lesson_one"}, added={"send exercise": "queued"}),
    )
    result = check(new)
    assert (result.matching, result.moved) == (1, 1)
    assert result.passed_by == ({} if days == 0 else {"send exercise": 1})

    go_on(story, new)

    expected = ["lesson_1", "exercise", "lesson_2", "lesson_3"] if days == 0 else ["lesson_1", "lesson_2", "lesson_3"]
    assert mails(story) == expected
    assert story.runs(1) == [("course", "taught")]


def test_a_step_that_is_gone_stays_done_and_its_number_stays_taken() -> None:
    story = begin(days=1)
    go_on(story, changed(NO_LESSON, open_runs=move(removed=("send lesson_1",))))

    assert mails(story) == ["lesson_1", "lesson_2", "lesson_3"]
    assert rows("SELECT number, name FROM step ORDER BY number") == [
        (1, "lesson_1"),
        (2, "a day"),
        (3, "lesson_2"),
        (4, "another day"),
        (5, "lesson_3"),
    ]


def test_a_wait_that_is_called_otherwise_is_still_the_wait_that_a_run_is_in() -> None:
    story = begin(days=0)
    renamed = changed(('"a day"', '"one day"'), open_runs=move(renamed={"wait a day": "wait one day"}))
    go_on(story, renamed)
    assert story.runs(1) == [("course", "taught")]


def test_two_changes_one_after_the_other_need_no_memory_of_the_first() -> None:
    story = begin(days=0)
    story.definitions = {"course": changed(OTHER_LESSON, open_runs=move(renamed={"send lesson_1": "send lesson_one"}))}
    deployed(story.definitions)
    story.pass_time(timedelta(days=1))

    go_on(
        story,
        changed(
            OTHER_LESSON,
            ('"lesson_2"', '"lesson_two"'),
            open_runs=move(renamed={"send lesson_2": "send lesson_two"}),
        ),
    )

    assert story.runs(1) == [("course", "taught")]


def test_a_run_that_cannot_be_moved_keeps_its_history_as_it_was() -> None:
    story = begin(days=1)
    before = rows("SELECT history FROM journey_run")
    story.definitions = {
        "course": changed(
            OTHER_LESSON,
            ('"lesson_2"', '"lesson_two"'),
            open_runs=move(renamed={"send lesson_1": "send lesson_one"}),
        )
    }
    deployed(story.definitions, allow_stuck=True)
    story.pass_time(WEEK)

    assert rows("SELECT status FROM journey_run") == [("stuck",)]
    assert rows("SELECT history FROM journey_run") == before
    assert rows("SELECT version FROM journey_run") == [(a_course().version,)]


def test_runs_that_do_not_fit_end_as_the_journey_says_and_others_go_on() -> None:
    story = begin("ann@example.com", days=1)
    fits = story.contact("bea@example.com")
    story.start("course", fits)
    new = changed(NEW_LESSON, open_runs=end_with("out of date"))
    assert (check(new).matching, check(new).ending) == (1, 1)

    go_on(story, new)

    assert story.runs(1) == [("course", "out of date")]
    assert story.runs(fits) == [("course", "taught")]


def test_nobody_starts_on_a_journey_that_is_drained_and_whoever_is_on_it_goes_on() -> None:
    source = HEAD + FIRST.replace("{options}", 'starts_on="form_submitted:course", open_runs=drain()')
    draining = load_version("course", code_version(source), source)
    assert draining.starts_on == ()
    story = begin(days=0)
    go_on(story, draining)
    assert story.runs(1) == [("course", "taught")]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: move(renamed={"lesson_1": "lesson_2"}), "named by verb and name"),
        (lambda: move(renamed={"send lesson_1": "wait a day"}), "keeps its verb"),
        (lambda: move(removed="send lesson_1"), "removed names steps"),
        (lambda: end_with(""), "needs an ending"),
    ],
)
def test_an_answer_that_means_nothing_is_refused(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_deploying_the_same_again_changes_nothing() -> None:
    begin(days=0)
    before = rows("SELECT * FROM journey_version")
    assert deployed({"course": a_course()}) == []
    assert rows("SELECT * FROM journey_version") == before


def test_back_to_the_code_before_fits_again() -> None:
    story = begin(days=0)
    longer = changed(('    return "taught"', '    await j.send("lesson_4")\n    return "taught"'))
    story.definitions = {"course": longer}
    deployed(story.definitions)
    go_on(story, a_course())
    assert mails(story) == ["lesson_1", "lesson_2", "lesson_3"]
    assert rows("SELECT is_current FROM journey_version WHERE version = :old", old=a_course().version) == [(True,)]


async def from_lines(j: Journey, lines: list[str]) -> str:
    for line in lines:
        verb, _, name = line.partition(" ")
        if verb == "send":
            await j.send(name)
        elif verb == "note":
            await j.note(name)
        else:
            await j.wait(timedelta(days=1), name=name)
    return "through"


STEPS = st.lists(
    st.sampled_from(["send a", "send b", "note c", "note d", "wait w1", "wait w2"]), unique=True, min_size=1, max_size=5
)


@settings(max_examples=25)
@given(before=STEPS, after=STEPS, days=st.integers(0, 2))
def test_the_check_says_what_really_happens(before: list[str], after: list[str], days: int) -> None:
    write("TRUNCATE contact, journey_version CASCADE")
    story = Story({"course": Definition("course", lambda j: from_lines(j, before), version="before")})
    contact = story.contact()
    story.start("course", contact)
    story.pass_time(timedelta(days=days))
    if not rows("SELECT FROM journey_run WHERE ended_at IS NULL"):
        return
    new = Definition("course", lambda j: from_lines(j, after), version="after")
    fits = check(new).matching == 1

    story.definitions = {"course": new}
    story.pass_time(WEEK)

    assert rows("SELECT status = 'stuck' FROM journey_run") == [(not fits,)]


def test_the_check_says_what_has_changed_and_guesses_what_the_journey_may_say() -> None:
    begin("ann@example.com", "bea@example.com", days=1)
    definitions = {"course": changed(OTHER_LESSON, NEW_LESSON)}
    console = Console(file=StringIO(), width=300)
    with engine().connect() as connection:
        differences = changed_journeys(connection, definitions, own_kinds())
        show_open_runs(console, definitions, list(replay_open_runs(connection, definitions)), differences)

    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "2 open runs at 'another day' would get stuck" in said
    assert "changed: " in said
    guess = 'open_runs=move(renamed={"send lesson_1": "send lesson_one"}, added={"send exercise": ...})'
    assert guess in said


def test_what_the_check_guesses_is_right_for_a_step_of_another_name() -> None:
    begin(days=1)
    definitions = {"course": changed(OTHER_LESSON)}
    with engine().connect() as connection:
        guess = changed_journeys(connection, definitions, own_kinds())["course"].move
    answer = eval(guess.removeprefix("open_runs="), {"move": move})
    assert (check(changed(OTHER_LESSON, open_runs=answer)).moved, check(changed(OTHER_LESSON)).matching) == (1, 0)


def test_a_drained_journey_that_nobody_is_on_may_go() -> None:
    begin(days=3)
    console = Console(file=StringIO(), width=300)
    definitions = {"course": a_course(open_runs=drain())}
    with engine().connect() as connection:
        results = list(replay_open_runs(connection, definitions))
        show_open_runs(console, definitions, results, {"course": JourneyChange()})
    assert "its file can be deleted" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_process_with_older_code_takes_newer_runs_on_by_the_newer_code(monkeypatch: pytest.MonkeyPatch) -> None:
    new = changed(OTHER_LESSON)
    story = Story({"course": new})
    deployed({"course": a_course()})
    deployed(story.definitions)
    story.start("course", story.contact())
    # Another machine that has not been brought up to date.
    monkeypatch.setattr(kept_versions, "_loaded", {})
    story.definitions = {"course": a_course(open_runs=end_with("out of date"))}
    story.pass_time(WEEK)

    assert mails(story) == ["lesson_one", "lesson_2", "lesson_3"]
    assert story.runs(1) == [("course", "taught")]
    assert rows("SELECT version FROM journey_run") == [(new.version,)]


def test_kept_code_that_cannot_be_loaded_any_more_stops_its_own_runs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    code = FIRST.replace("@journey({options})", "import no_such_module_any_more\n\n\n@journey()")
    source = HEAD + code
    monkeypatch.setitem(sys.modules, "no_such_module_any_more", ModuleType("no_such_module_any_more"))
    old = load_version("course", code_version(source), source)
    story = Story({"course": old})
    deployed(story.definitions)
    story.start("course", story.contact())
    story.definitions = {"course": changed(OTHER_LESSON, open_runs=stay())}
    deployed(story.definitions)
    monkeypatch.delitem(sys.modules, "no_such_module_any_more")
    monkeypatch.setattr(kept_versions, "_loaded", {})
    other = story.contact("bea@example.com")
    story.start("course", other)
    story.pass_time(WEEK)

    assert "cannot be loaded any more: ModuleNotFoundError" in story.runs(1)[0][1]
    assert story.runs(other) == [("course", "taught")]


def test_a_machine_that_starts_again_with_older_code_takes_nothing_back(tmp_path: Path) -> None:
    memory = tmp_path / "journeys.json"
    old, new = {"course": a_course()}, {"course": changed(OTHER_LESSON)}
    deployed(old)
    memory.write_text(json.dumps({"course": a_course().version}))
    deployed(new)
    with engine().connect() as connection:
        assert is_deployed(connection, old, memory)
        assert not is_deployed(connection, new, memory)
        assert not is_deployed(connection, old, tmp_path / "nothing.json")
    write("DELETE FROM journey_version")
    with engine().connect() as connection:
        assert not is_deployed(connection, old, memory)
