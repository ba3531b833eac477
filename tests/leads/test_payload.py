"""What senders really post: encodings, content types, files, wrappers. Each is the lead that its sender meant."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.leads.reading.flatten import flatten
from models.leads.reading.lead import Lead
from models.leads.reading.read_lead import read_lead
from models.values.payload import UnreadablePayload, read_values
from tests.support.playbook import the_shipped_playbook

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"


def multipart(*parts: bytes, end: bytes = b"--x--\r\n", newline: bytes = b"\r\n") -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts).replace(b"\r\n", newline) + end


def field(name: bytes, value: bytes) -> bytes:
    return b'Content-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value


def lead(raw: bytes, content_type: str = "application/json", query: str = "", source: str = "website") -> Lead:
    return read_lead(source, the_shipped_playbook(), read_values(content_type, raw, query), NOW)


JOSE = '{"email": "jose@example.com", "first_name": "José"}'
PARTS = "multipart/form-data; boundary=x"
EMAIL = field(b"email", b"jose@example.com")
JOSE_PART = field(b"first_name", "José".encode())
WRITTEN_OUT = b"email=jose%40example.com&first_name=Jos"


def first_name(disposition: bytes, content: bytes = "José".encode()) -> bytes:
    return multipart(EMAIL, b"Content-Disposition: form-data; " + disposition + b"\r\n\r\n" + content)


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("application/json", JOSE.encode()),
        ("application/json; charset=utf-8", JOSE.encode("utf-8-sig")),
        ("application/json", JOSE.encode("utf-16")),
        ("application/json", JOSE.encode("utf-16-le")),
        ("application/json; charset=iso-8859-1", JOSE.encode("latin-1")),
        ("application/json", JOSE.encode("cp1252")),
        ("text/plain;charset=UTF-8", JOSE.encode()),
        ("application/octet-stream", JOSE.encode()),
        (FORM, JOSE.encode()),
        ("application/vnd.api+json", JOSE.encode()),
        ("application/json", f"[{JOSE}]".encode()),
        ("application/json", json.dumps(JOSE).encode()),
        ("application/json", JOSE.encode() + b"\0"),
        (FORM, WRITTEN_OUT + b"%C3%A9"),
        (FORM, WRITTEN_OUT + b"%E9"),
        (FORM, WRITTEN_OUT + b"\xe9"),
        (FORM + "; charset=iso-8859-15", WRITTEN_OUT + b"%E9"),
        (FORM, b"_charset_=windows-1252&" + WRITTEN_OUT + b"%E9"),
        (FORM + "; charset=no-such-thing", WRITTEN_OUT + b"%C3%A9"),
        (FORM + "; charset=zlib", WRITTEN_OUT + b"%C3%A9"),
        ("text/plain", WRITTEN_OUT + b"%C3%A9"),
        ("", WRITTEN_OUT + b"%C3%A9"),
        (PARTS, multipart(EMAIL, JOSE_PART)),
        (PARTS, multipart(EMAIL, field(b"first_name", b"Jos\xe9"))),
        ("multipart/form-data", multipart(EMAIL, JOSE_PART)),
        ("application/json", multipart(EMAIL, JOSE_PART)),
        (PARTS, multipart(EMAIL, JOSE_PART, newline=b"\n")),
        (PARTS, first_name(b"name*=utf-8''first_name")),
        (PARTS, first_name(b"name*=no-such''first_name")),
        (PARTS, first_name(b'name="first_name"; filename="blob"\r\nContent-Type: text/plain')),
        (PARTS, first_name(b'name="first_name"\r\nContent-Type: text/plain; charset=iso-8859-1', b"Jos\xe9")),
        (PARTS, first_name(b'name="first_name"\r\nContent-Transfer-Encoding: base64', b"Sm9zw6k=")),
        (PARTS, multipart(field(b"_charset_", b"windows-1252"), EMAIL, field(b"first_name", b"Jos\xe9"))),
    ],
)
def test_jose_is_jose_however_he_is_sent(content_type: str, raw: bytes) -> None:
    found = lead(raw, content_type)
    assert (found.email, found.fields, found.unread) == ("jose@example.com", {"first_name": "José"}, ())


def test_the_fields_of_the_address_come_after_those_of_the_body() -> None:
    found = lead(b'{"email": "ann@example.com"}', query="utm_campaign=spring&email=other%40example.com")
    assert (found.email, found.data["utm_campaign"]) == ("ann@example.com", "spring")
    assert lead(b"", "", "email=ann%40example.com").email == "ann@example.com"


def test_what_is_no_json_to_the_letter_is_read_all_the_same() -> None:
    found = lead(b'{"email": "ann@example.com", "message": "two\nlines", "score": NaN, "n": ' + b"9" * 5_000 + b"}")
    assert (found.email, found.custom["request"]) == ("ann@example.com", "two\nlines")
    assert (found.data["score"], found.data["n"]) == ("nan", "9" * 5_000)


def test_a_name_that_comes_twice_loses_nothing() -> None:
    for found in (
        lead(b'{"email": "ann@example.com", "topic": "a", "topic": ["b"]}'),
        lead(b"email=ann%40example.com&topic=a&topic=b", FORM),
    ):
        assert found.data["topic"] in (["a", ["b"]], ["a", "b"])
    assert lead(b"email=&email=ann%40example.com", FORM).email == "ann@example.com"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'name="photo"; filename="me.png"', "me.png"),
        ('name="photo"; filename="Größe.png"'.encode(), "Größe.png"),
        (b"name=\"photo\"; filename*=utf-8''Gr%C3%B6%C3%9Fe.png", "Größe.png"),
        (b"name*=utf-8''photo; filename*=iso-8859-1'de'Gr%F6%DFe.png", "Größe.png"),
    ],
)
def test_a_file_beside_an_address_is_noted_and_holds_nothing_back(disposition: bytes, name: str) -> None:
    part = b"Content-Disposition: form-data; " + disposition + b"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\0"
    found = lead(multipart(part, field(b"email", b"ann@example.com")), PARTS)
    assert found.email == "ann@example.com"
    assert found.data["photo"] == {"file": name, "content_type": "image/png", "bytes": 9}


def test_a_mail_sent_along_as_a_file_is_a_file() -> None:
    named = b'Content-Disposition: form-data; name="m"; filename="m.eml"\r\n'
    part = named + b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nhi"
    found = lead(multipart(part, field(b"email", b"ann@example.com")), PARTS)
    assert found.data["m"]["file"] == "m.eml"


def test_empty_parts_and_files_that_were_not_chosen_are_nothing() -> None:
    no_file = (
        b'Content-Disposition: form-data; name="cv"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n'
    )
    parts = (
        field(b"email", b"ann@example.com"),
        field(b"phone", b""),
        no_file,
        b"\r\n",
        b"Content-Type: text/plain\r\n\r\n",
    )
    found = lead(multipart(*parts), PARTS)
    assert (found.email, found.unread) == ("ann@example.com", ())
    assert "cv" not in found.data


def test_half_an_address_is_no_address() -> None:
    cut = multipart(field(b"phone", b"+1 207 555 0123"), field(b"email", b"ann@example.co"), end=b"")
    found = lead(cut, PARTS)
    assert (found.phone, found.email) == ("+12075550123", None)
    assert found.data["email (cut off)"] == "ann@example.co"


ANN: dict[str, Any] = {"email": "ann@example.com", "first_name": "Ann"}


@pytest.mark.parametrize(
    "payload",
    [
        {"data": ANN},
        {"event": "form.submitted", "payload": {"data": ANN}},
        {"form_response": {"answers": [
            {"type": "email", "email": "ann@example.com", "field": {"id": "a1", "ref": "email"}},
            {"type": "text", "text": "Ann", "field": {"id": "a2", "ref": "first_name"}}]}},
        {"field_data": [{"name": "email", "values": ["ann@example.com"]}, {"name": "first_name", "values": ["Ann"]}]},
        {"data": {"fields": [
            {"key": "q1", "label": "Email", "type": "INPUT_EMAIL", "value": "ann@example.com"},
            {"key": "q2", "label": "First name", "type": "INPUT_TEXT", "value": "Ann"}]}},
        {"properties": {"email": {"value": "ann@example.com"}, "first_name": {"value": "Ann"}}},
        {"fields[email][value]": "ann@example.com", "fields[email][id]": "email", "fields[first_name][value]": "Ann"},
        {"form_fields[email]": "ann@example.com", "form_fields[first_name]": "Ann"},
        {"contact.email": "ann@example.com", "contact.first_name": "Ann"},
        {"your-email": "ann@example.com", "your-first-name": "Ann"},
        {"contact_email": "ann@example.com", "contact_first_name": "Ann"},
        {"rawRequest": json.dumps(ANN), "formID": "17"},
        {"contact": [ANN]},
        {"email": "", "data": ANN},
    ],
)  # fmt: skip
def test_ann_is_found_in_the_wrappers_of_form_builders(payload: dict[str, Any]) -> None:
    found = lead(json.dumps(payload).encode())
    assert (found.email, found.fields["first_name"], found.data) == ("ann@example.com", "Ann", payload)


def test_other_people_in_a_payload_are_not_the_lead() -> None:
    other = {"company": {"email": "info@example.com"}, "friend": ANN, "referrer.email": "bob@example.com"}
    assert lead(json.dumps({"email": "zoe@example.com", **other}).encode()).email == "zoe@example.com"
    assert lead(json.dumps({"phone": "+1 207 555 0123", **other}).encode()).email is None


def test_a_form_that_is_an_object_has_its_name() -> None:
    assert lead(json.dumps(ANN | {"form": {"id": 7, "name": "Contact Us"}}).encode()).topic == "contact-us"


@pytest.mark.parametrize(
    ("content_type", "raw"), [(FORM, b"&" * 50_000 + b"a=1&" * 30_000), ("application/json", b"[" * 100_000)]
)
def test_what_is_made_to_hurt_is_refused(content_type: str, raw: bytes) -> None:
    with pytest.raises(UnreadablePayload):
        read_values(content_type, raw)


@given(
    st.sampled_from(["", "application/json", FORM, "multipart/form-data; boundary=x", "multipart/form-data", "a/b"]),
    st.sampled_from([b"", b"{", b"--x\r\n", b"email=", b"--x\r\nContent-Disposition: form-data; name*=", b"\xff\xfe"]),
    st.binary(max_size=200),
)
def test_any_bytes_are_values_or_refused(content_type: str, begin: bytes, rest: bytes) -> None:
    try:
        values = read_values(content_type, begin + rest)
    except UnreadablePayload:
        return
    json.dumps(values)
    assert all(isinstance(name, str) for name in flatten(values))
