"""The sender's domain: what receivers find in DNS, what it means for the mail, and what to publish."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dns.resolver import Resolver
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import Connection

from deployments.commands.mail.check_sender import print_sender
from models.mail.sender_check.findings import SenderFinding, Verdict, findings_of, to_mend, unusable_sender
from models.mail.sender_check.records import DkimKey, SenderRecords, look_up, read_key
from models.mail.sender_check.sender import check_sender
from tests.support.database import write
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.servers.dns_server import name_server
from tests.support.web_pages import browser

HERE = "brightwater-coaching.com"
REPLIES = f"replies.{HERE}"


def a_key(bits: int) -> str:
    key = generate_private_key(65537, bits).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(key).decode()


def in_strings(record: str) -> str:
    """As a zone file has a long record: strings of at most 255 letters."""
    return " ".join(f'"{record[at : at + 255]}"' for at in range(0, len(record), 255))


LONG_KEY = in_strings(f"v=DKIM1; k=rsa; p={a_key(2048)}")
WELL_KEPT = {
    (HERE, "SOA"): ("ns.example.net. host.example.net. 1 1 1 1 1",),
    (HERE, "TXT"): ('"google-site-verification=abc"', '"v=spf1 include:sendgrid.net ~all"'),
    ("sendgrid.net", "TXT"): ('"v=spf1 ip4:167.89.0.0/17 -all"',),
    (HERE, "MX"): ("10 mail.brightwater-coaching.com.",),
    (REPLIES, "MX"): ("10 mx.sendgrid.net.",),
    # SendGrid's automated security: the key stands at theirs.
    (f"s1._domainkey.{HERE}", "CNAME"): ("s1.domainkey.u1234.wl001.sendgrid.net.",),
    ("s1.domainkey.u1234.wl001.sendgrid.net", "TXT"): (LONG_KEY,),
    (f"_dmarc.{HERE}", "TXT"): ('"v=DMARC1; p=none; rua=mailto:dmarc@brightwater-coaching.com"',),
    ("mail.brightwater-coaching.com", "A"): ("127.0.0.2",),
    ("mx.sendgrid.net", "A"): ("127.0.0.3",),
}


def records(
    changed: Mapping[tuple[str, str], Sequence[str] | None] | None = None, selectors: Sequence[str] = ()
) -> SenderRecords:
    """What is found where the zone is well kept but for these records; None takes one away."""
    zone = {key: value for key, value in (WELL_KEPT | dict(changed or {})).items() if value is not None}
    with name_server(zone) as resolver:
        return look_up(HERE, REPLIES, selectors, resolver)


def found(part: str, *args: object) -> SenderFinding:
    (one,) = [finding for finding in findings_of(records(*args)) if finding.part == part]  # type: ignore[arg-type]
    return one


def test_a_well_kept_domain_is_good_in_each_part() -> None:
    findings = findings_of(records())

    assert {one.part: one.verdict for one in findings} == {
        "SPF": "good",
        "DKIM": "good",
        "DMARC": "good",
        "Your mailbox": "good",
        "Replies": "good",
    }


@pytest.mark.parametrize(
    ("record", "verdict", "says"),
    [
        (None, "to mend", "There is no SPF record."),
        (('"v=spf1 -all"', '"v=spf1 include:sendgrid.net ~all"'), "to mend", "There are several SPF records"),
        (('"v=spf1 +all"',), "to mend", "anybody send in your name"),
        (('"v=spf1 ip4:192.0.2.1 ?all"',), "could be better", "rules nobody out"),
        (('"v=spf1 ip4:192.0.2.1"',), "could be better", "rules nobody out"),
        (('"v=spf1 ip4:not-an-address -all"',), "to mend", "cannot be read"),
        (('"v=spf1 include:nobody.invalid -all"',), "to mend", "cannot be read"),
        # Split between two strings in the middle of a word, as DNS consoles do it.
        (('"v=spf1 inclu" "de:sendgrid.net -all"',), "good", "names who may send"),
    ],
)
def test_spf(record: Sequence[str] | None, verdict: str, says: str) -> None:
    finding = found("SPF", {(HERE, "TXT"): record})
    assert finding.verdict == verdict
    assert says in finding.says


def test_an_spf_record_that_takes_eleven_questions_counts_as_broken() -> None:
    includes = " ".join(f"include:spf{number}.{HERE}" for number in range(11))
    zone = {(f"spf{number}.{HERE}", "TXT"): ('"v=spf1 ip4:192.0.2.1 -all"',) for number in range(11)}
    finding = found("SPF", zone | {(HERE, "TXT"): (in_strings(f"v=spf1 {includes} -all"),)})
    assert finding.verdict == "to mend"
    assert "11 questions to DNS" in finding.says


@pytest.mark.parametrize(
    ("record", "verdict", "says"),
    [
        (None, "to mend", "No key was found"),
        (('"v=DKIM1; p="',), "to mend", "has been revoked"),
        (('"v=DKIM1; k=rsa; p=nonsense!"',), "to mend", "cannot be read"),
        ((in_strings(f"v=DKIM1; k=rsa; p={a_key(1024)}"),), "could be better", "1024 bits"),
        # Without a version, with spaces in it, and in capitals where that is allowed.
        ((in_strings(f"k=rsa ;  p = {a_key(2048)} ;"),), "good", "Keys stand at s1"),
        (('"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="',), "good", "Keys stand at s1"),
    ],
)
def test_dkim(record: Sequence[str] | None, verdict: str, says: str) -> None:
    finding = found(
        "DKIM",
        {
            (f"s1._domainkey.{HERE}", "CNAME"): None,
            ("s1.domainkey.u1234.wl001.sendgrid.net", "TXT"): None,
            (f"s1._domainkey.{HERE}", "TXT"): record,
        },
    )
    assert finding.verdict == verdict
    assert says in finding.says


def test_a_key_of_512_bits_is_refused_by_receivers() -> None:
    """Libraries of today make none, so it stands here as it is read."""
    finding = next(one for one in findings_of(SenderRecords(HERE, dkim=(DkimKey("s1", 512),))) if one.part == "DKIM")
    assert (finding.verdict, "512 bits" in finding.says) == ("to mend", True)


def test_a_key_of_another_name_is_found_by_that_name() -> None:
    zone = {(f"tend2026._domainkey.{HERE}", "TXT"): (LONG_KEY,)}
    assert found("DKIM", zone, ["tend2026"]).says == "Keys stand at tend2026."
    assert found("DKIM", zone, ["tend2025"]).verdict == "to mend"


@pytest.mark.parametrize(
    ("record", "verdict", "says"),
    [
        (None, "to mend", "There is no DMARC record."),
        (('"v=DMARC1; p=reject; rua=mailto:dmarc@brightwater-coaching.com"',), "good", "The policy is reject."),
        (('"v=DMARC1; p=quarantine"',), "could be better", "nobody gets the reports"),
        (('"v=DMARC1; p=nothing"',), "to mend", "cannot be used"),
        (('"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'), "to mend", "There is no DMARC record."),
    ],
)
def test_dmarc(record: Sequence[str] | None, verdict: str, says: str) -> None:
    finding = found("DMARC", {(f"_dmarc.{HERE}", "TXT"): record})
    assert (finding.verdict, says in finding.says) == (verdict, True)


def test_a_domain_below_another_one_has_the_policy_of_that_one() -> None:
    zone = WELL_KEPT | {(f"_dmarc.{HERE}", "TXT"): (f'"v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@{HERE}"',)}
    with name_server(zone | {(f"mail.{HERE}", "TXT"): ('"v=spf1 -all"',)}) as resolver:
        assert look_up(f"mail.{HERE}", resolver=resolver).dmarc.policy == "none"


@pytest.mark.parametrize("servers", [None, ("0 .",)])
def test_a_domain_that_takes_no_mail_cannot_be_answered(servers: Sequence[str] | None) -> None:
    assert found("Your mailbox", {(HERE, "MX"): servers}).verdict == "to mend"


def test_replies_without_a_mail_server_reach_nobody() -> None:
    finding = found("Replies", {(REPLIES, "MX"): None})
    assert finding.verdict == "to mend"
    assert finding.publish == (f"{REPLIES} MX 10 mx.sendgrid.net (SendGrid's Inbound Parse)",)


def test_what_to_publish_is_a_record_that_then_is_good() -> None:
    """The first suggestion for SPF and DMARC, published as it stands."""
    bare = {(HERE, "TXT"): None, (f"_dmarc.{HERE}", "TXT"): None}
    spf, dmarc = found("SPF", bare).publish[0], found("DMARC", bare).publish[0]
    published = {(line.split()[0], "TXT"): (f'"{line.split(chr(34))[1]}"',) for line in (spf, dmarc)}

    findings = findings_of(records(bare | published))

    assert {one.part for one in to_mend(findings)} == set()


@pytest.mark.parametrize(
    ("domain", "says"),
    [
        ("brightwater.example.com", "is a domain for examples"),
        ("brightwater.test", "is a domain for examples"),
        ("gmail.com", "is not yours"),
    ],
)
def test_a_domain_that_cannot_be_a_companys_own(domain: str, says: str) -> None:
    finding = unusable_sender(domain)
    assert finding is not None
    assert (finding.verdict, says in finding.says) == ("to mend", True)


def test_a_domain_that_does_not_exist() -> None:
    with name_server(WELL_KEPT) as resolver:
        (finding,) = findings_of(look_up("no-such-domain-anywhere.com", resolver=resolver))
    assert (finding.verdict, finding.says) == ("to mend", "There is no domain no-such-domain-anywhere.com.")


def test_without_a_network_nothing_is_claimed() -> None:
    nowhere = Resolver(configure=False)
    nowhere.nameservers, nowhere.port, nowhere.lifetime = ["127.0.0.1"], 9, 0.3

    (finding,) = findings_of(look_up(HERE, REPLIES, resolver=nowhere))

    assert finding.verdict is Verdict.UNKNOWN


@given(st.text(max_size=300))
def test_no_record_is_so_odd_that_looking_at_it_fails(record: str) -> None:
    assert read_key("s1", record).bits >= 0


@pytest.mark.parametrize(
    ("mails", "complaints", "verdict"),
    [(2_000, 1, "good"), (2_000, 3, "could be better"), (2_000, 7, "to mend"), (50, 1, "not known")],
)
def test_complaints_are_judged_by_their_share_and_not_by_one_of_few(
    connection: Connection, mails: int, complaints: int, verdict: str
) -> None:
    write("INSERT INTO contact (email) VALUES ('ana@acme.example.com')")
    write(
        "INSERT INTO message (contact_id, key, kind, template, queued_at, state, sent_at, complained_at) "
        "SELECT contact.id, n::text, 'marketing', 'a/b', now(), 'sent', now(), "
        "CASE WHEN n <= :complaints THEN now() END FROM contact, generate_series(1, :mails) n",
        mails=mails,
        complaints=complaints,
    )
    found = check_sender(connection, the_shipped_playbook(), datetime.now(UTC))
    assert [one.verdict for one in found if one.part == "Complaints"] == [verdict]


def test_the_page_says_what_is_to_mend(database_url: str) -> None:
    apply_playbook()
    assert "brightwater.example.com is a domain for examples." in browser().get("/sender").text


def test_the_command_says_the_same_and_fails(database_url: str) -> None:
    apply_playbook()
    console = Console(file=StringIO(), width=200)
    assert print_sender(console) == 1
    assert "brightwater.example.com is a domain for examples." in console.file.getvalue()  # type: ignore[attr-defined]
