"""Strangers cannot misuse public forms, and nobody who means it is lost."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import Request
from sqlalchemy import Connection
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from deployments.stack.command_error import CommandError
from deployments.stack.settings import trusted_proxies
from models.access.token import read_secret
from models.database import engine
from models.leads.public_form import SHOWN_AT, shown_at
from models.playbook import apply
from models.playbook.source import Source
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.web_pages import HERE, PAGE, Browser
from web.frame.network import network_address

ANN = {"email": "ann@example.com", "name": "Ann Lee", "form": "request-info"}
PROGRAM = {"accept": "*/*"}
VISITOR = "203.0.113.7"


@pytest.fixture
def website(connection: Connection) -> None:
    apply_playbook()


def post(source: str = "website", network_address: str = VISITOR, headers: Any = None, **values: Any) -> httpx.Response:
    sender = Browser(HERE, network_address)
    return sender.post(f"/leads/{source}", data=values, headers=PROGRAM | (headers or {}))


def with_source(source: str = "website", **rules: Any) -> None:
    """The shipped playbook with other rules for a source."""
    playbook = the_shipped_playbook()
    changed = Source.model_validate(playbook.sources[source].model_dump(mode="json") | rules)
    with engine().begin() as connection:
        apply(connection, playbook.model_copy(update={"sources": playbook.sources | {source: changed}}))


def held() -> list[tuple[str, str | None]]:
    return rows("SELECT held_reason, network_address FROM rejected_lead WHERE repaired_at IS NULL ORDER BY id")


def leads() -> int:
    return len(rows("SELECT FROM event WHERE name = 'form_submitted'"))


@pytest.mark.parametrize("trap", ["_gotcha", "honeypot", "bot-field", "botcheck", "Bot Field"])
def test_whoever_fills_in_a_field_that_people_do_not_see_waits_for_a_look(website: None, trap: str) -> None:
    answer = post(**ANN | {trap: "http://buy.example.net"})
    assert answer.status_code == 202
    [(reason, address)] = held()
    assert "http://buy.example.net" in reason
    assert address == VISITOR
    assert leads() == 0


@pytest.mark.parametrize("untouched", ["", "  ", "false", "off", "0"])
def test_a_trap_that_nobody_touched_is_no_part_of_the_lead(website: None, untouched: str) -> None:
    assert post(**ANN | {"_gotcha": untouched}).status_code == 201
    [(data,)] = rows("SELECT data FROM event")
    assert data == ANN


def test_a_json_sender_may_leave_a_trap_null_or_false(website: None) -> None:
    for number, untouched in enumerate((None, False, [], [""])):
        lead = ANN | {"botcheck": untouched, "email": f"ann{number}@example.com"}
        assert Browser(HERE).post("/leads/website", json=lead, headers=PROGRAM).status_code == 201


def test_a_source_names_its_own_traps_or_none(website: None) -> None:
    with_source(trap="fax_2")
    assert post(**ANN | {"fax_2": "1"}).status_code == 202
    assert post(**ANN | {"honeypot": "Pooh"}).status_code == 201
    with_source(trap=[])
    assert post(**ANN | {"email": "b@example.com", "_gotcha": "1"}).status_code == 201


def test_a_form_that_comes_back_at_once_waits_for_a_look_and_later_it_is_a_lead(website: None) -> None:
    with_source(min_seconds=60)
    now = datetime.now(UTC)
    assert post(**ANN | {SHOWN_AT: shown_at(now)}).status_code == 202
    assert re.fullmatch(r"it was sent \d+ seconds? after the form was shown", held()[0][0])
    assert post(**ANN | {SHOWN_AT: shown_at(now - timedelta(seconds=61))}).status_code == 201
    [(data,)] = rows("SELECT data FROM event")
    assert data == ANN


@pytest.mark.parametrize("field", ["forged", "1767225600", "a.b"])
def test_a_changed_time_waits_for_a_look(website: None, field: str) -> None:
    assert post(**ANN | {SHOWN_AT: field}).status_code == 202
    assert "was changed" in held()[0][0]


def test_a_form_without_the_signed_field_is_fine_unless_the_source_asks_for_it(website: None) -> None:
    assert post(**ANN).status_code == 201
    with_source(signed_forms_only=True)
    assert post(**ANN | {"email": "b@example.com"}).status_code == 202
    old = shown_at(datetime.now(UTC) - timedelta(days=30))
    assert post(**ANN | {"email": "b@example.com", SHOWN_AT: old}).status_code == 202
    fresh = Browser(HERE).get("/leads/shown-at", headers=PROGRAM)
    assert fresh.headers["access-control-allow-origin"] == "*"
    with_source(signed_forms_only=True, min_seconds=0)
    signed = {fresh.json()["name"]: fresh.json()["value"]}
    assert post(**ANN | {"email": "b@example.com"} | signed).status_code == 201


def test_the_forms_of_the_sample_site_can_be_filled_in_by_people(website: None) -> None:
    for path in ("/site", "/site/call"):
        shown = Browser(HERE).get(path).text
        assert 'name="_gotcha" tabindex="-1" autocomplete="off"' in shown
        assert f'name="{SHOWN_AT}"' in shown


def test_an_eleventh_post_with_an_address_within_an_hour_is_answered_429_and_kept(website: None) -> None:
    for number in range(10):
        assert post(**ANN | {"form": f"form-{number}"}).status_code == 201
    answer = post("campaign", **ANN | {"form": "ebook"})
    assert answer.status_code == 429
    assert 3_590 <= int(answer.headers["retry-after"]) <= 3_600
    assert "Yours is kept" in answer.json()["detail"]
    assert held() == [("more than 10 posts in 1 hour from this address", VISITOR)]
    assert leads() == 10
    assert post(**ANN | {"email": "bob@example.com"}).status_code == 201


def test_spellings_of_an_address_are_one(website: None) -> None:
    with_source(limits={"address": {"posts": 1, "per": "1h"}})
    assert post(**ANN).status_code == 201
    assert post(**ANN | {"email": " ANN@Example.com "}).status_code == 429


def test_a_number_has_its_limit_whatever_address_comes_with_it(website: None) -> None:
    with_source(limits={"address": {"posts": 3, "per": "1h"}})
    spellings = ("+1 207 555 0123", "(207) 555-0123", "207.555.0123", "+12075550123")
    answers = [post(**ANN | {"email": f"{n}@example.com", "phone": spelled}) for n, spelled in enumerate(spellings)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert "this number" in answers[-1].json()["detail"]


def test_two_hundred_people_at_a_trade_fair_share_a_network_address(website: None) -> None:
    with_source("tradeshow", limits={"network": {"posts": 200, "per": "1h"}})
    for number in range(200):
        answer = post("tradeshow", email=f"visitor{number}@example.com")
        assert answer.status_code == 201, answer.text
    answer = post("tradeshow", email="one.more@example.com")
    assert answer.status_code == 429
    assert 3_000 < int(answer.headers["retry-after"]) <= 3_600
    assert post("tradeshow", network_address="203.0.113.8", email="one.more@example.com").status_code == 201


def test_retry_after_is_the_moment_at_which_the_next_post_is_taken(website: None) -> None:
    with_source(limits={"address": {"posts": 2, "per": "1h"}})
    assert [post(**ANN | {"form": form}).status_code for form in ("a", "b", "c")] == [201, 201, 429]
    write("UPDATE form_post SET at = at - interval '30 minutes' WHERE id = (SELECT min(id) FROM form_post)")
    answer = post(**ANN | {"form": "c"})
    assert 1_790 <= int(answer.headers["retry-after"]) <= 1_800
    # What is over the limit does not count: who goes on trying is let in all the same.
    write("UPDATE form_post SET at = at - interval '31 minutes' WHERE id = (SELECT min(id) FROM form_post)")
    assert post(**ANN | {"form": "c"}).status_code == 201
    assert post(**ANN | {"form": "d"}).status_code == 429


def test_limits_can_be_set_wider_or_switched_off(website: None) -> None:
    with_source(limits={"address": None, "network": None})
    assert {post(**ANN | {"form": f"form-{number}"}).status_code for number in range(15)} == {201}
    assert not rows("SELECT FROM form_post")


def test_thought_up_sources_share_one_limit_of_the_network(website: None) -> None:
    answers = [post(f"made-up-{number}", email=f"{number}@example.com").status_code for number in range(301)]
    assert answers == [201] * 300 + [429]


def test_whoever_sends_the_key_is_no_stranger(website: None, connection: Connection) -> None:
    with_source(limits={"address": {"posts": 1, "per": "1h"}}, public=False)
    key = {"authorization": f"Bearer {read_secret(connection, 'api key')}"}
    assert [post(headers=key, **ANN | {"form": f"form-{n}"}).status_code for n in range(3)] == [201, 201, 201]
    for wrong in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic abc"}):
        answer = post(headers=wrong, **ANN)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert {reason for reason, _ in held()} == {"the source is not public, and the API key was not sent"}
    assert post(headers=key, **ANN | {"_gotcha": "x"}).status_code == 202


def test_people_read_what_happened_on_a_page(website: None) -> None:
    trapped = Browser(HERE).post("/leads/website", data=ANN | {"_gotcha": "x"}, headers=PAGE)
    with_source(limits={"address": {"posts": 1, "per": "1h"}})
    post(**ANN)
    full = Browser(HERE).post("/leads/website", data=ANN | {"form": "ebook"}, headers=PAGE)
    assert (trapped.status_code, full.status_code) == (202, 429)
    for answer in (trapped, full):
        assert "<h1>We have it</h1>" in answer.text
        assert (
            "a person here looks at it" in answer.text.lower() or "a person here looks at what" in answer.text.lower()
        )


@pytest.mark.parametrize(
    ("one", "other", "is_one_network"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("127.0.0.1", "127.0.0.1", False),
        ("::1", "::1", False),
        ("unix:", "unix:", False),
        ("", "", False),
    ],
)
def test_a_connection_is_an_ipv4_address_or_a_64(website: None, one: str, other: str, is_one_network: bool) -> None:
    with_source(limits={"network": {"posts": 1, "per": "1h"}})
    first, second = (post(network_address=at, email=f"{n}@example.com") for n, at in enumerate((one, other)))
    assert first.status_code == 201
    assert second.status_code == (429 if is_one_network else 201)


def test_a_held_lead_is_taken_as_of_when_it_came(website: None) -> None:
    number = post(**ANN | {"_gotcha": "x"}).json()["held_lead"]
    write("UPDATE rejected_lead SET received_at = received_at - interval '3 hours'")
    ops = Browser(HERE)
    assert f"/rejected/{number}" in ops.get("/rejected?held=true").text
    assert f"/rejected/{number}" not in ops.get("/rejected").text
    assert "This is a lead" in ops.get(f"/rejected/{number}").text
    taken = ops.post(f"/rejected/{number}/lead")
    assert taken.status_code == 303
    [(contact, data)] = rows(
        "SELECT contact_id, data FROM event JOIN rejected_lead r ON r.event_id = event.id AND r.received_at = event.at"
    )
    assert taken.headers["location"] == f"/contacts/{contact}"
    assert data == ANN
    assert not held()
    assert ops.post(f"/rejected/{number}/lead").status_code == 422
    assert leads() == 1


def test_spam_is_kept_and_closed(website: None) -> None:
    numbers = [post(**ANN | {"_gotcha": f"x{n}"}).json()["held_lead"] for n in range(3)]
    ops = Browser(HERE)
    assert ops.post("/rejected/spam", data={"number": [str(n) for n in numbers[:2]]}).status_code == 303
    assert len(held()) == 1
    assert "called spam" in ops.get(f"/rejected/{numbers[0]}").text
    assert "spam" in ops.get("/rejected?repaired=true").text
    assert ops.post(f"/rejected/{numbers[0]}/lead").status_code == 422
    assert leads() == 0
    assert len(rows("SELECT FROM rejected_lead WHERE length(raw) > 0")) == 3


def test_what_could_not_be_read_cannot_be_called_spam_by_mistake(website: None) -> None:
    number = post(name="Nobody").json()["rejected_lead"]
    Browser(HERE).post("/rejected/spam", data={"number": [str(number)]})
    assert rows("SELECT repaired_at FROM rejected_lead") == [(None,)]


def test_other_pages_have_no_limit(website: None) -> None:
    with_source(limits={"network": {"posts": 1, "per": "1h"}})
    post(**ANN)
    assert post(**ANN).status_code == 429
    visitor = Browser(HERE, VISITOR)
    for path in ("/site", "/site/order", "/site/thanks", "/health"):
        assert visitor.get(path).status_code in (200, 503)
        assert visitor.request("HEAD", path).status_code in (200, 503)
    assert visitor.request("OPTIONS", "/leads/website").status_code == 405


def test_posts_that_no_limit_counts_any_more_are_deleted_by_later_ones(website: None) -> None:
    for number in range(3):
        post(email=f"{number}@example.com")
    write("UPDATE form_post SET at = at - interval '3 days'")
    post(email="late@example.com")
    assert rows("SELECT count(*) FROM form_post") == [(2,)]


def test_addresses_of_senders_do_not_stand_in_what_is_counted(website: None) -> None:
    post(**ANN)
    keys = b"".join(bytes(key) for (key,) in rows("SELECT key FROM form_post"))
    assert b"ann" not in keys
    assert b"203.0.113" not in keys


async def _address_seen(client: tuple[str, int] | None, trusted: str, forwarded: list[str]) -> str | None:
    """What a page sees behind uvicorn as the stack starts it."""
    seen: list[str | None] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(network_address(Request(scope)))

    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    scope = {"type": "http", "client": client, "headers": headers, "scheme": "http"}
    await ProxyHeadersMiddleware(app, trusted)(scope, None, None)  # type: ignore[arg-type]
    return seen[0]


@pytest.mark.parametrize(
    ("client", "forwarded", "seen"),
    [
        ("198.51.100.9", ["203.0.113.7"], "198.51.100.9"),  # no proxy of ours: what it says is not believed
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["1.2.3.4, 203.0.113.7"], "203.0.113.7"),  # the visitor wrote the first one themselves
        ("127.0.0.1", ["1.2.3.4", "203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["127.0.0.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        ("127.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", ["<script>"], None),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        (None, ["203.0.113.7"], None),  # a Unix socket, whose other end is nobody that was named
    ],
)
def test_only_trusted_proxies_say_who_asks(client: str | None, forwarded: list[str], seen: str | None) -> None:
    came_from = (client, 50_000) if client else None
    assert asyncio.run(_address_seen(came_from, "127.0.0.1,::1,10.0.0.0/8", forwarded)) == seen


def test_proxies_are_named_as_addresses_or_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trusted_proxies() == "127.0.0.1,::1"
    monkeypatch.setenv("TEND_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")
    assert trusted_proxies() == "10.0.0.0/8,192.0.2.1"
    for wrong in ("*", "nginx", "10.0.0.300"):
        monkeypatch.setenv("TEND_TRUSTED_PROXIES", wrong)
        with pytest.raises(CommandError, match="addresses or networks"):
            trusted_proxies()
