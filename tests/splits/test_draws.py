"""Who is drawn into which variant: evenly, independently, and for good, whoever asks at once, whatever is deployed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare
from sqlalchemy import Connection, event

from models import DrawKind
from models.database import engine
from models.splits import DrawnVariant, InvalidWinner, Participant, Variants, declare_winner, draw_variants, reopen_test
from models.splits.variants import hash_draw
from tests.support.story import MONDAY, Story

EVEN = {"times": 1, "calendar": 1}
CONTACTS = range(100_000)


def drawn(connection: Connection, contacts: Sequence[int], weights: Mapping[str, float] = EVEN) -> list[DrawnVariant]:
    entrants = [Participant(contact, contact, Variants("call invitation", weights)) for contact in contacts]
    return draw_variants(connection, "offer_sequence", entrants, MONDAY)


def variants(connection: Connection, contacts: Sequence[int], weights: Mapping[str, float] = EVEN) -> list[str]:
    return [one.variant for one in drawn(connection, contacts, weights)]


def crowd(size: int) -> list[int]:
    """So many contacts."""
    story = Story({})
    story.write("INSERT INTO contact (email) SELECT n || '@example.com' FROM generate_series(1, :size) n", size=size)
    return [row[0] for row in story.rows("SELECT id FROM contact ORDER BY id DESC LIMIT :size", size=size)]


def test_draws_are_even_over_the_whole_line_and_two_tests_are_independent() -> None:
    one, other = ([int(20 * hash_draw("a key", test, contact)) for contact in CONTACTS] for test in ("one", "other"))
    cells = Counter(zip(one, other, strict=True))
    assert chisquare([*Counter(one).values()]).pvalue > 0.001
    assert chi2_contingency([[cells[a, b] for b in range(20)] for a in range(20)]).pvalue > 0.001
    assert one[:100] != [int(20 * hash_draw("another key", "one", contact)) for contact in CONTACTS[:100]]


def test_shares_are_those_of_the_weights() -> None:
    test = Variants("one", {"a": 1, "off": 0, "b": 2.5, "c": 0.5})
    counts = Counter(test.variant_at(hash_draw("a key", "one", contact)) for contact in CONTACTS[:30_000])
    assert set(counts) == {"a", "b", "c"}
    expected = [share * 30_000 for share in (0.25, 0.625, 0.125)]
    assert chisquare([counts["a"], counts["b"], counts["c"]], expected).pvalue > 0.001


def test_who_lost_their_variant_is_drawn_evenly_among_the_others() -> None:
    before, after = Variants("one", {"a": 1, "b": 1, "gone": 1}), Variants("one", {"a": 1, "b": 1})
    lost = [contact for contact in CONTACTS[:30_000] if before.variant_at(hash_draw("a key", "one", contact)) == "gone"]
    counts = Counter(after.variant_at(hash_draw("a key", "one", contact, without="gone")) for contact in lost)
    assert chisquare([*counts.values()]).pvalue > 0.001


WEIGHTS = st.dictionaries(st.text(min_size=1), st.integers(0, 9) | st.floats(0, 1e9), min_size=1).filter(
    lambda weights: any(weights.values())
)


@given(WEIGHTS, st.floats(0, 1, exclude_max=True))
@example({"a": 1.1, "b": 0}, 1 - 2**-53)
def test_nobody_gets_a_variant_that_is_off(weights: dict[str, float], draw: float) -> None:
    assert weights[Variants("one", weights).variant_at(draw)] > 0


@pytest.mark.parametrize(
    "weights", [{}, {"a": 0, "b": 0}, {"a": 1, "b": -1}, {"a": float("nan")}, {"a": float("inf")}, {"a": "1"}, {"": 1}]
)
def test_weights_by_which_nothing_can_be_drawn_are_refused_at_once(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Give each variant a name and a number from 0 up"):
        Variants("one", weights)


def test_a_batch_takes_a_few_statements_however_large_it_is(connection: Connection) -> None:
    contacts = crowd(1000)
    statements: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))
    first = variants(connection, contacts)
    assert len(statements) <= 4
    assert variants(connection, contacts) == first
    assert len(statements) <= 7
    assert min(Counter(first).values()) > 400


def test_two_who_draw_for_the_same_contacts_at_once_agree(database_url: str) -> None:
    contacts = crowd(200)
    together = Barrier(4)

    def draw(number: int) -> dict[int, str]:
        order = contacts if number % 2 else contacts[::-1]
        # One of two versions of the code, while a deployment is under way.
        weights = EVEN if number < 2 else {"times": 1, "calendar": 3}
        with engine().begin() as connection:
            together.wait()
            return dict(zip(order, variants(connection, order, weights), strict=True))

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(draw, range(4))
    assert all(one == first for one in others)


def test_new_weights_are_for_new_contacts(connection: Connection) -> None:
    contacts = crowd(60)
    early = variants(connection, contacts[:30])
    late = variants(connection, contacts, {"times": 1, "calendar": 0})
    assert late == early + ["times"] * 30
    kept = connection.exec_driver_sql("SELECT weights, count(*) FROM split_draw GROUP BY 1 ORDER BY 2").all()
    assert {frozenset(weights.items()) for weights, count in kept if count == 30} == {
        frozenset(EVEN.items()),
        frozenset({"times": 1, "calendar": 0}.items()),
    }


def test_whose_variant_is_gone_is_drawn_again_and_counts_no_more(connection: Connection) -> None:
    contacts = crowd(60)
    before = drawn(connection, contacts, {**EVEN, "phone": 1})
    after = drawn(connection, contacts)
    for old, new in zip(before, after, strict=True):
        assert new.kind is (DrawKind.REDRAWN if old.variant == "phone" else DrawKind.DRAWN)
        assert new.variant == old.variant or old.variant == "phone"
    assert {one.variant for one in after} == set(EVEN)
    assert [one.variant for one in drawn(connection, contacts)] == [one.variant for one in after]


@pytest.mark.parametrize("by", ["rule", "nora.field@brightwater.example.com"])
def test_all_who_are_new_get_the_winner_and_the_others_keep_what_they_have(connection: Connection, by: str) -> None:
    contacts = crowd(60)
    early = variants(connection, contacts[:30])
    assert declare_winner(connection, "call invitation", "times", by, "more talks", MONDAY)
    late = drawn(connection, contacts)
    assert [one.variant for one in late] == early + ["times"] * 30
    assert {one.kind for one in late[30:]} == {DrawKind.WINNER}
    assert reopen_test(connection, "call invitation")
    assert not reopen_test(connection, "call invitation")
    assert [one.variant for one in drawn(connection, contacts)] == early + ["times"] * 30


def test_of_two_winners_at_once_the_first_stays(database_url: str) -> None:
    with engine().begin() as connection:
        drawn(connection, crowd(1))
    together = Barrier(2)

    def settle(variant: str) -> bool:
        with engine().begin() as connection:
            together.wait()
            return declare_winner(connection, "call invitation", variant, "rule", "", MONDAY)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(settle, EVEN)) == [False, True]


def test_what_cannot_win_is_refused_with_a_sentence(connection: Connection) -> None:
    with pytest.raises(InvalidWinner, match="Nobody has come to a split test 'call invitation' yet"):
        declare_winner(connection, "call invitation", "times", "rule", "", MONDAY)
    drawn(connection, crowd(1))
    with pytest.raises(InvalidWinner, match=r"has no variant 'phone'\. There are: calendar, times"):
        declare_winner(connection, "call invitation", "phone", "rule", "", MONDAY)


VERSIONS = ({"a": 1, "b": 1}, {"a": 1, "b": 0}, {"a": 5, "b": 1, "c": 1}, {"b": 1, "c": 2})
"""What is deployed, one after the other in any order."""


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(VERSIONS), st.lists(st.integers(0, 4), min_size=1, max_size=6)), max_size=6),
    st.integers(1, 6),
)
def test_a_variant_stays_in_any_order_of_runs_and_deploys_for_as_long_as_it_is_there(
    connection: Connection, runs: list[tuple[dict[str, float], list[int]]], wins_at: int
) -> None:
    added = "INSERT INTO contact (email) SELECT NULL FROM generate_series(1, 5) RETURNING id"
    contacts = connection.exec_driver_sql(added).scalars().all()
    held: dict[int, str] = {}
    for number, (weights, who) in enumerate(runs):
        if number == wins_at:
            declare_winner(connection, "call invitation", "b", "rule", "", MONDAY)
        entering = [contacts[one] for one in who]
        for contact, variant in zip(entering, variants(connection, entering, weights), strict=True):
            assert variant in weights
            assert variant == held.get(contact, variant) or held[contact] not in weights
            held[contact] = variant
    connection.rollback()
