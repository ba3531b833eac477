"""The SQL that finds contacts which may be one person: grouped by what they share, never each compared with each."""

from sqlalchemy import TextClause, text

from models.tables.identifier import DuplicateReason

CROWD = 10
"""What more contacts than this have in common says nothing about two of them: a switchboard, a placeholder."""

GMAIL = ("gmail.com", "googlemail.com")
"""One provider with two names, at which dots in an address mean nothing."""
PLUS_ADDRESSING = (
    *GMAIL,
    *("outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com", "fastmail.com"),
    *("proton.me", "protonmail.com", "pm.me", "zoho.com", "yandex.com", "yandex.ru", "mailbox.org", "posteo.de"),
)
"""Providers that deliver `ann+news@` to `ann@`. Elsewhere a plus may be a part of the name."""


def _listed(domains: tuple[str, ...]) -> str:
    return ", ".join(f"'{domain}'" for domain in domains)


MAILBOXES = f"""
SELECT contact_id AS id, CASE
    WHEN domain IN ({_listed(GMAIL)}) THEN replace(name, '.', '') || '@{GMAIL[0]}' ELSE name || '@' || domain END AS key
FROM (SELECT contact_id, split_part(split_part(value, '@', 1), '+', 1) AS name, split_part(value, '@', 2) AS domain
      FROM identifier WHERE kind = 'email') AS address
WHERE domain IN ({_listed(PLUS_ADDRESSING)}) AND name <> ''
"""
"""SQL: contact and mailbox, for providers whose rules are known."""

NAME = "lower(btrim(first_name)), lower(btrim(last_name))"
NAMED = "first_name <> '' AND last_name <> ''"

LOCAL_PARTS = f"""
SELECT i.contact_id AS id, concat_ws('|', split_part(i.value, '@', 1), {NAME}) AS key
FROM identifier i JOIN contact ON contact.id = i.contact_id
WHERE i.kind = 'email' AND length(split_part(i.value, '@', 1)) > 3 AND {NAMED}
"""
SENDER_IDS = f"""
SELECT i.contact_id AS id, concat_ws('|', substr(i.value, strpos(i.value, ':')), {NAME}) AS key
FROM identifier i JOIN contact ON contact.id = i.contact_id WHERE i.kind = 'source_key' AND {NAMED}
"""
COMPANIES = f"""
SELECT id, concat_ws('|', {NAME}, lower(btrim(company))) AS key FROM contact WHERE company <> '' AND {NAMED}
"""
ADDRESSES = f"""
SELECT id, concat_ws('|', {NAME}, lower(btrim(street)), lower(coalesce(postal_code, city))) AS key
FROM contact WHERE street <> '' AND (postal_code <> '' OR city <> '') AND {NAMED}
"""
NUMBERS = "SELECT contact_id AS id, value AS key FROM identifier WHERE kind = 'phone'"


def _pairs(keys: str) -> TextClause:
    """The statement that gives every two contacts with one key, `keys` being a SELECT of `id` and `key`."""
    return text(f"""
        WITH shared AS MATERIALIZED (
            SELECT array_agg(DISTINCT id) AS ids FROM ({keys}) AS given
            GROUP BY key HAVING count(*) > 1 AND count(DISTINCT id) BETWEEN 2 AND {CROWD}
        )
        SELECT DISTINCT one.id AS contact_id, other.id AS other_id, one.first_name, one.last_name,
               other.first_name AS other_first_name, other.last_name AS other_last_name,
               coalesce(one.phone = other.phone AND one.phone_extension <> other.phone_extension, false)
        FROM shared CROSS JOIN unnest(ids) AS a CROSS JOIN unnest(ids) AS b
        JOIN contact one ON one.id = a JOIN contact other ON other.id = b
        WHERE a < b
    """)


SEARCHES = {
    DuplicateReason.MAILBOX: _pairs(MAILBOXES),
    DuplicateReason.NUMBER: _pairs(NUMBERS),
    DuplicateReason.COMPANY: _pairs(COMPANIES),
    DuplicateReason.ADDRESS: _pairs(ADDRESSES),
    DuplicateReason.LOCAL_PART: _pairs(LOCAL_PARTS),
    DuplicateReason.SENDER_ID: _pairs(SENDER_IDS),
}
"""What is searched for; a number means one thing or another by the names, see `reason_meant`."""
