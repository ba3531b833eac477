"""The playbook: faults are told by line, all at once; applying it is safe to repeat."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text
from sqlmodel import col

from flows.operations.apply_playbook import apply_file, main
from models import Product, Rep
from models.database import engine
from models.playbook import BadPlaybook, NoPlaybook, Playbook, apply, current_playbook, load
from tests.support.playbook import SHIPPED, the_shipped_playbook


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """The shipped playbook with some of its text replaced, as a file."""
    content = SHIPPED.read_text()
    for old, new in changes:
        assert old in content
        content = content.replace(old, new, 1)
    path = tmp_path / "playbook.yaml"
    path.write_text(content)
    return path


def faults_of(path: Path) -> list[str]:
    with pytest.raises(BadPlaybook) as told:
        load(path)
    return told.value.sentences


def test_the_shipped_playbook_has_no_faults_and_the_promised_sources() -> None:
    playbook = the_shipped_playbook()
    assert playbook.sources.keys() >= {"website", "campaign", "api", "call-center", "telemarketing", "tradeshow"}
    assert playbook.reminders == (timedelta(0), timedelta(days=1), timedelta(days=2))
    assert Playbook.model_validate(playbook.model_dump(mode="json")) == playbook


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: Brightwater Coaching", "nam: Brightwater Coaching", "company.name: name is missing"),
        ("name: Brightwater Coaching", "nam: Brightwater Coaching", "nam is not known here"),
        ("products:", "product:", "did you mean products?"),
        ("hello@brightwater.example.com\n  reply", "hello at home\n  reply", "'hello at home' was found"),
        ("type: dropdown", "type: drop-down", "'drop-down' was found, 'checkbox', 'date', 'list'"),
        ("    options: [", "    choices: [", "choices is not known here"),
        ("members: [jackie.lund@brightwater.example.com]", "members: []", "at least one was expected"),
        ("manager_mails_every: 10m", "manager_mails_every: 2d", "at most a day was expected, such as 10m or 1h"),
        ("members: [jackie", "members: [jacky", "jacky.lund@brightwater.example.com is no rep"),
        ("email: john.okafor", "email: sarah.miller", "is the email of 2 reps"),
        ("name: client care", "name: inbound", "'inbound' stands here a second time"),
        ("code: mastermind", "code: strategy-session", "'strategy-session' stands here a second time"),
        ("price: 190.00", "price: cheap", "'cheap' was found"),
        ("  challenge:\n    type", "  state:\n    type", "state is a field that every contact has"),
        ("      goal: []", "      gaol: []", "gaol is no field of a contact"),
        ("    required: [email|phone]", "    required: [email|score]", "score is required but not mapped"),
        ("    required: [email|phone]", "    required: [company]", "nothing here makes sure"),
        ("  api:\n", "  events:\n", "events is what Tend calls a source of its own"),
        ("when: score >= 20 or", "when: score = 20 or", "write == to compare"),
        ("on: [lead_accepted]", "on: [Call connected]", "'Call connected' was found"),
        ("  sal: ", "  sold: ", "'sold' was found"),
        ("reminders: [0m, 1d, 2d]", "reminders: [soon]", "a duration such as 30m, 4h, 1d or 2w was expected"),
        ("  country: US", "  country: US\n  country: DE", "country stands here a second time"),
        ("  country: US", "  country: 12", "put it in quotes"),
        ("  country: US", "\tcountry: US", "this is not YAML"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = changed(tmp_path, (old, new))
    sentences = faults_of(path)
    first = path.read_text()[: SHIPPED.read_text().index(old)].count("\n") + 1
    last = first + max(old.count("\n"), new.count("\n"), 5)
    telling = [sentence for sentence in sentences if told in sentence and sentence.startswith(str(path))]
    lines = [int(sentence.split(", line ")[1].split(":")[0].split(",")[0]) for sentence in telling]
    assert any(first - 3 <= line <= last for line in lines)


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("from_name: Nora at Brightwater", "from_nam: Nora"),
        ("members: [jackie", "members: [jacky"),
        ("type: dropdown", "type: menu"),
        ("reminders: [0m", "reminders: [now"),
    )
    sentences = faults_of(path)
    lines = [int(sentence.split(", line ")[1].split(":")[0]) for sentence in sentences]
    assert len(sentences) == 5
    assert lines == sorted(lines)


def test_no_and_on_are_words_and_not_truth(tmp_path: Path) -> None:
    playbook = load(changed(tmp_path, ("  country: US", "  country: NO")))
    assert playbook.company.country == "NO"


@pytest.mark.parametrize("content", ["", "just words", "- a\n- b", "&a [*a]", "x: &a {y: *a}"])
def test_a_file_that_is_no_playbook_is_told_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "playbook.yaml"
    path.write_text(content)
    assert faults_of(path)


def test_a_file_that_is_not_there_or_not_utf8_is_told_so(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"company: {name: Caf\xe9}")
    assert "not UTF-8" in faults_of(latin)[0]
    assert "cannot be read" in faults_of(tmp_path / "nowhere.yaml")[0]


def test_before_the_first_playbook_that_is_said(connection: Connection) -> None:
    with pytest.raises(NoPlaybook, match="No playbook has been applied"):
        current_playbook(connection)


def test_applying_twice_changes_nothing(connection: Connection) -> None:
    playbook = the_shipped_playbook()
    assert "rep sarah.miller@brightwater.example.com: new" in apply(connection, playbook)
    assert apply(connection, playbook) == []
    assert current_playbook(connection) == playbook


def test_who_leaves_the_playbook_becomes_inactive_and_comes_back_as_before(
    connection: Connection, tmp_path: Path
) -> None:
    apply(connection, the_shipped_playbook())
    without_mike = changed(
        tmp_path,
        ("email: mike.brandt@brightwater", "email: maria.brandt@brightwater"),
        ("      - mike.brandt@brightwater.example.com\n", ""),
        ("price: 190.00", "price: 210.00"),
    )
    lines = apply(connection, load(without_mike))
    assert "rep mike.brandt@brightwater.example.com: no longer active" in lines
    assert "product strategy-session: price 190.00 -> 210.00" in lines
    assert any(line.startswith("router inbound: sarah") for line in lines)
    everyone = dict(connection.execute(select(col(Rep.email), col(Rep.active))).all())
    assert everyone["mike.brandt@brightwater.example.com"] is False
    assert "rep mike.brandt@brightwater.example.com: active False -> True" in apply(connection, the_shipped_playbook())
    assert connection.execute(select(Product.price).where(Product.code == "strategy-session")).scalar_one() == 190  # type: ignore[call-overload,arg-type]


def test_two_who_apply_at_once_take_turns(database_url: str) -> None:
    def apply_it(_: int) -> int:
        return len(apply_file(SHIPPED))

    with ThreadPoolExecutor(4) as pool:
        counts = sorted(pool.map(apply_it, range(4)))
    assert counts[:3] == [0, 0, 0]
    with engine(database_url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM playbook")).scalar() == 1


def test_a_dry_run_says_what_would_change_and_changes_nothing(database_url: str) -> None:
    assert apply_file(SHIPPED, dry_run=True) == apply_file(SHIPPED, dry_run=True) != []


def test_the_command_prints_the_difference_or_the_faults(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(SHIPPED)]) == 0
    assert "team Inbound: new" in capsys.readouterr().out
    assert main([str(changed(tmp_path, ("type: dropdown", "type: menu")))]) == 1
    assert "line " in capsys.readouterr().err
