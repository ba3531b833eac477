"""Names as people and forms write them: which can be those of one person, and which are plainly those of two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.identity.name_comparison import PersonName, is_plainly_other, is_same_first_name

ONE_PERSON = """
    Bob Smith = Robert Smith            William Gates = Bill Gates           Elizabeth Warren = Liz Warren
    R. Smith = Robert Smith             B. Smith = Robert Smith              J. Robert Oppenheimer = Robert Oppenheimer
    ANN LEE = Ann Lee                   Lee Ann = Ann Lee                    Lee, Ann = Ann Lee
    Ann Li = Ann Lee                    Annie Lee = Ann Lee                  Mary Ann Smith = Mary Smith
    Jon Smith = John Smith              Jhon Smith = John Smith              Micheal Brown = Michael Brown
    Sara Jones = Sarah Jones            Stephen King = Steven King           Philip Jones = Phillip Jones
    Eric Olson = Erik Olsson            Karl Fischer = Carl Fisher           Katherine Johnson = Kathryn Jonson
    José García = Jose Garcia           José García = Pepe García López      Jürgen Müller = Juergen Mueller
    Hans Schmidt = Johannes Schmidt     Kasia Nowak = Katarzyna Nowak        Sasha Popov = Alexander Popov
    Dr. Ann Lee = Ann Lee               Mr. Lee = Ann Lee                    Mary Smith-Jones = Mary Jones
    Anne O'Brien = Anne OBrien          Jan van der Berg = Jan Berg          Søren Ødegård = Soren Odegard
    Mohammed Ali = Muhammad Ali         Li Wei = Wei Li                      Schmitt Hans = Hans Schmidt
    Иван Петров = Ivan Petrov           李 安 = Ann Lee                       Ann Lee Jr. = Ann Lee
    Łukasz Wiśniewski = Lukasz Wisniewski
"""
TWO_PEOPLE = """
    Ann Lee / Bob Lee                   Ann Lee / Ann Miller                 Ann Lee / Carl Fox
    Tim Lee / Tom Lee                   John Smith / Jane Smith              A. Smith / Robert Smith
    Eric Jones / Erica Jones            Paul Smith / Paula Smith             Mario Rossi / Maria Rossi
    Daniel Brown / Daniela Brown        Michael Chen / Michelle Chen         Christian Weber / Christina Weber
    Wei Wu / Wei Xu                     李 安 / 李 娜                         Maria Garcia / Jose Garcia
    Bob Smith / Bill Smith              Alan Turing / Ann Turing             Smith John / John Miller
    Jan Novak / Jana Novak              Mr. Smith / Mrs. Jones               Gabriel Roy / Gabrielle Roy
"""
PARTS = [
    (PersonName("Ann"), PersonName("Ann", "Lee"), False),
    (PersonName(None, "Lee"), PersonName("Ann", "Lee"), False),
    (PersonName("Lee"), PersonName("Ann", "Lee"), False),
    (PersonName("Bob"), PersonName(None, "Lee"), False),
    (PersonName("Bob"), PersonName("Ann", "Lee"), True),
    (PersonName("Bob Lee"), PersonName("Ann", "Lee"), True),
    (PersonName(), PersonName("Ann", "Lee"), False),
    (PersonName("", " "), PersonName("Ann", "Lee"), False),
    (PersonName("Dr."), PersonName("Ann", "Lee"), False),
    (PersonName("Reception"), PersonName("Ann", "Lee"), True),
    (PersonName("😀"), PersonName("Ann", "Lee"), False),
]


def pairs(table: str, between: str) -> list[tuple[str, str]]:
    found = [pair for line in table.strip().splitlines() for pair in line.strip().split("  ") if pair.strip()]
    return [(one.strip(), other.strip()) for one, _, other in (pair.partition(between) for pair in found)]


def a_name(text: str) -> PersonName:
    first, _, last = text.rpartition(" ")
    return PersonName(first or None, last)


@pytest.mark.parametrize(("one", "other"), pairs(ONE_PERSON, " = "))
def test_these_can_be_one_person(one: str, other: str) -> None:
    assert not is_plainly_other(a_name(one), a_name(other))
    assert not is_plainly_other(a_name(other), a_name(one))


@pytest.mark.parametrize(("one", "other"), pairs(TWO_PEOPLE, " / "))
def test_these_are_two_people(one: str, other: str) -> None:
    assert is_plainly_other(a_name(one), a_name(other))
    assert is_plainly_other(a_name(other), a_name(one))


@pytest.mark.parametrize(("one", "other", "is_other"), PARTS)
def test_what_is_missing_contradicts_nothing(one: PersonName, other: PersonName, is_other: bool) -> None:
    assert is_plainly_other(one, other) is is_other
    assert is_plainly_other(other, one) is is_other


def test_whoever_marries_keeps_the_first_name() -> None:
    assert is_same_first_name(a_name("Ann Lee"), a_name("Annie Miller"))
    assert not is_same_first_name(a_name("A. Lee"), a_name("Ann Miller"))
    assert not is_same_first_name(a_name("Ann Lee"), a_name("Bob Lee"))


@given(*(st.builds(PersonName, *(st.one_of(st.none(), st.text(max_size=12)),) * 2),) * 2)
def test_no_name_is_another_than_itself_and_order_does_not_matter(one: PersonName, other: PersonName) -> None:
    assert not is_plainly_other(one, one)
    assert is_plainly_other(one, other) == is_plainly_other(other, one)
