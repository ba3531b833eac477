"""The one search box: people by whatever is known of them, and everything else by its title."""

import re

import pytest
from sqlalchemy import text

from models import Identifier, IdentifierKind, Role
from models.database import engine
from models.search import plain_letters, spellings
from tests.support.database import rows, write
from tests.support.logins import WORLD, logged_in_as
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, Browser, a_contact, a_task, add, browser
from web.search.contacts import SEARCH_TEXT

NAMES = {
    "ana": ("Ana", "Ribeiro", "Northlight Dental", "ana.ribeiro@northlight.example", "+12075550188"),
    "jurgen": ("Jürgen", "Müller", "Müller & Söhne", "jm@mueller.example", "+493012345678"),
    "mueller": ("Petra", "Mueller", "Acme", "petra@acme.example", "+493087654321"),
    "lukasz": ("Łukasz", "Żak", "100% Roofing_Ltd", "lz@roofing.example", "+48221234567"),
    "renee": ("Rene\u0301e", "O'Neil-Smith", "Zoë's Café", "renee@cafe.example", "+33142345678"),
    "strasse": ("Ægir", "Groß", "Straße AG", "gross@strasse.example", "+4989123456"),
    "muriel": ("Muriel", "Samuel", "Blue & Co", "muriel@blue.example", "+442071234567"),
}


@pytest.fixture
def people(database_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Contact -> what these tests call them."""
    monkeypatch.setenv("TEND_HOST", "127.0.0.1")
    monkeypatch.delenv("TEND_WEB_URL", raising=False)
    apply_playbook()
    found: dict[int, str] = {}
    for name, (first, last, company, email, phone) in NAMES.items():
        said = {"first_name": first, "last_name": last, "company": company, "email": email, "phone": phone}
        number = a_contact(**said)
        for kind, value in ((IdentifierKind.EMAIL, email), (IdentifierKind.PHONE, phone)):
            add(Identifier, contact_id=number, kind=kind, value=value, first_seen_at=NOW, last_seen_at=NOW)
        found[number] = name
    return found


def search(q: str, visitor: Browser | None = None) -> str:
    answer = (visitor or browser()).get("/search", params={"q": q})
    assert answer.status_code == 200, q
    return answer.text


def who_is_found(people: dict[int, str], q: str) -> list[str]:
    """Those in the list of contacts, in its order."""
    return [people[int(number)] for number in re.findall(r'<td><a href="/contacts/(\d+)"', search(q))]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        *(("ana", ["ana"]), ("RIBEIRO", ["ana"]), ("ribeiro ana", ["ana"]), ("ana northlight", ["ana"])),
        *(("rib", ["ana"]), ("beiro", ["ana"]), ("ana  mueller", []), ("dental", ["ana"])),
        # However it is spelled, and wherever it was typed.
        *(("müller", ["jurgen", "mueller"]), ("MUELLER", ["jurgen", "mueller"]), ("muller", ["jurgen"])),
        *(("mu\u0308ller", ["jurgen", "mueller"]), ("söhne", ["jurgen"]), ("soehne", ["jurgen"])),
        *(("lukasz zak", ["lukasz"]), ("Łukasz", ["lukasz"]), ("zak", ["lukasz"])),
        *(("renee", ["renee"]), ("renée", ["renee"]), ("o'neil", ["renee"]), ("neil-smith", ["renee"])),
        *(("gross", ["strasse"]), ("groß", ["strasse"]), ("aegir", ["strasse"]), ("strasse", ["strasse"])),
        *(("samuel", ["muriel"]), ("blue & co", ["muriel"]), ("zoe's", ["renee"])),
        # Two letters where a word begins with them.
        *(("ja", []), ("ri", ["ana"]), ("a", [])),
        # What means something in a pattern is itself.
        *(("100%", ["lukasz"]), ("roofing_l", ["lukasz"]), ("%%%", []), ("___", []), ("\\\\\\", [])),
        # Addresses, whole, from their beginning and by a part.
        *(("ana.ribeiro@northlight.example", ["ana"]), ("Petra@ACME.example", ["mueller"]), ("jm@", ["jurgen"])),
        *(("@roofing", ["lukasz"]), ("cafe.example", ["renee"])),
        # Numbers as people write them.
        *(
            ("+12075550188", ["ana"]),
            ("(207) 555-0188", ["ana"]),
            ("207.555.0188", ["ana"]),
            ("1 207 555 0188", ["ana"]),
        ),
        *(
            ("555-0188", ["ana"]),
            ("0188", ["ana"]),
            ("55501", ["ana"]),
            ("+1207", ["ana"]),
            ("+49 (0)30 12345678", ["jurgen"]),
            ("030 12345678", ["jurgen"]),
        ),
        *(("0049 30 12345678", ["jurgen"]), ("+49 30 1234 5678", ["jurgen"]), ("0044 20 7123 4567", ["muriel"])),
    ],
)
def test_people_are_found_by_what_is_known_of_them(people: dict[int, str], q: str, expected: list[str]) -> None:
    assert sorted(who_is_found(people, q)) == sorted(expected)


def test_who_is_called_so_comes_before_who_has_it_in_the_middle(people: dict[int, str]) -> None:
    steinmuller = a_contact(first_name="Kai", last_name="Steinmüller", email=None, company=None, score=99)
    people[steinmuller] = "stein"
    assert who_is_found(people, "müller")[-1] == "stein"
    assert who_is_found(people, str(steinmuller))[0] == "stein"


def test_an_open_task_is_found_by_its_contact_and_by_its_name(people: dict[int, str]) -> None:
    number = next(iter(people))
    a_task(number, name="first call")
    assert "First call: Ana Ribeiro" in search("ribeiro")
    assert "First call: Ana Ribeiro" in search("first call")


@pytest.mark.parametrize(
    ("q", "path"),
    [
        *(("nurture", "/runs#lead_nurture"), ("time to buy", "/reports/time-to-buy"), ("duplic", "/duplicates")),
        *(("kinds of routers", "/docs/routing"), ("logins", "/logins"), ("inbound", "/team/Inbound")),
        *(
            ("Sarah Miller", "/team/person/"),
            ("website", "/reports/sources"),
            ("article 1", "/mails/lead_nur"),
        ),
        *(("double opt", "/docs/mail"), ("invite", "/logins"), ("leads of sarah", "/team/person/")),
    ],
)
def test_everything_else_is_found_by_its_title(people: dict[int, str], q: str, path: str) -> None:
    assert f'href="{path}' in search(q).replace("&amp;", "&")


@pytest.mark.parametrize("q", ["A-17b", "a-17B"])
def test_an_order_is_found_by_its_number_in_any_case(people: dict[int, str], q: str) -> None:
    whose = next(iter(people))
    write(
        'INSERT INTO "order" (contact_id, event_id, reference, amount, currency, placed_at) '
        "VALUES (:whose, 1, 'a-17b', 10, 'USD', now())",
        whose=whose,
    )
    found = search(q)
    assert f'<a href="/contacts/{whose}">Order a-17b</a>' in found
    assert f'name="q" value="{q}"' in found


@pytest.mark.parametrize(
    "q", ["", " ", "x", "\x01\x02", "\ud800 ", "' OR 1=1 --", "<b>hi</b>", "9" * 400, "a " * 300, "(((", "🦊🦊"]
)
def test_whatever_is_typed_is_a_page(people: dict[int, str], q: str) -> None:
    html = search(q.encode("utf-8", "replace").decode())
    assert "<b>hi</b>" not in html


def test_who_may_not_open_a_page_does_not_find_it(people: dict[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_WEB_URL", WORLD)
    assert 'href="/logins"' not in search("logins", logged_in_as(Role.WORK))
    assert 'href="/logins"' in search("logins", logged_in_as(Role.SET_UP, "Sarah Miller"))


@pytest.mark.parametrize("words", ["Łukasz Müßig", "ÆGIR", "Rene\u0301e Ørsted", "İstanbul Đorđe", "plain", "Ångström"])
def test_what_is_typed_and_what_is_stored_are_read_alike(database_url: str, words: str) -> None:
    with engine().connect() as connection:
        stored = connection.execute(text("SELECT plain_letters(:words)"), {"words": words}).scalar_one()
        whole = connection.execute(text("SELECT search_text(:words, NULL, '')"), {"words": words}).scalar_one()
    assert stored == plain_letters(words)
    assert all(f" {way}" in whole for way in spellings(words))


def test_names_and_addresses_are_found_by_their_indexes(people: dict[int, str]) -> None:
    """Among few reading them all is quicker, so the planner is told not to, by whatever index."""
    with engine().connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("DROP INDEX identifier_held"))
        for statement, index in (
            (
                f"SELECT id FROM contact WHERE {SEARCH_TEXT} LIKE '%mull%'",
                "contact_search",
            ),
            ("SELECT id FROM identifier WHERE kind <> 'phone' AND value LIKE '%@acme%'", "identifier_search"),
            (
                "SELECT contact_id FROM identifier WHERE kind = 'phone' AND value LIKE '%555%'",
                "identifier_phone",
            ),
        ):
            plan = "\n".join(connection.execute(text(f"EXPLAIN {statement}")).scalars())
            assert index in plan


def test_the_documentation_reads_in_the_product_with_links_that_lead_on(people: dict[int, str]) -> None:
    visitor = browser()
    assert 'href="/docs/routing"' in visitor.get("/docs").text
    html = visitor.get("/docs/running-it").text
    assert 'id="the-demo"' in html
    assert 'src="/docs/pictures/overview.png"' in html
    assert visitor.get("/docs/pictures/overview.png").headers["content-type"] == "image/png"
    for link in set(re.findall(r'href="(/docs/[a-z-]+)', html)):
        assert visitor.get(link).status_code == 200, link
    assert '.py"' not in html
    for name in ("nothing", "..%2FREADME", "pictures/..%2f..%2fpyproject.toml", "pictures/nothing.png"):
        assert visitor.get(f"/docs/{name}").status_code == 404, name


def test_searching_changes_nothing(people: dict[int, str]) -> None:
    search("ana")
    assert rows("SELECT count(*) FROM audit") == [(0,)]
