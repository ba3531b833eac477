"""What Prefect keeps of a run can hardly be erased: no address, number or name of a lead gets there, even by errors."""

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import get_client
from prefect.events.worker import EventsWorker
from prefect.exceptions import PrefectHTTPStatusError
from prefect.flow_engine import run_flow_async
from prefect.logging.handlers import APILogWorker
from prefect.states import Pending, State
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from blocks.current_mailer import _Cache
from blocks.local_mailbox import LocalMailbox
from deployments.stack.deploy import add_journeys, make_deployment
from deployments.stack.paths import ROOT
from deployments.stack.register import make_pool
from flows.runtime.prefect_flow import journey_flows
from models.access.private_errors import ForeignError, private_error
from models.access.redact import redact
from models.database import engine
from models.routing.lead_selection import BadReassignment
from models.team.absences import BadAbsence
from tests.support.database import write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, a_message, a_rep, a_run, a_task

ADDRESS, NAME, PHONE = "zyxmarked@lead.example.org", "Zyxfirstmark", "+12065550147"
MARKS = (b"zyxmarked", b"Zyxfirstmark", b"Zyxlastmark", b"2065550147", b"206-555-0147", b"206) 555-0147")
STAFF = b"zyxrep@example.com"
MANIFEST = yaml.safe_load((ROOT / "prefect.yaml").read_text())
CLOCK_FLOWS = (
    "leads.place_leads.place_leads",
    "leads.settle_offers.settle_offers",
    "mail.ask_about_unknown.ask_about_unknown_messages",
    "mail.count_mail_events.count_mail_events",
    "mail.deliver_messages.deliver_messages",
    "perform_activities.perform_activities",
    "tasks.sound_alarms.sound_alarms",
)
"""What the clock calls and nobody starts by hand; here it runs as if it were deployed."""
ENTRIES = [
    *add_journeys(MANIFEST, journey_flows())["deployments"],
    *(
        {"name": name, "entrypoint": f"flows.operations.{name}", "tags": [], **MANIFEST["definitions"]}
        for name in CLOCK_FLOWS
    ),
]
EVERYBODY = "created_at is not None"
FORMS: dict[str, dict[str, Any]] = {
    "Reassign leads": {"from_whom": "Zyx Rep", "lead": "1", "dry_run": False},
    "Suppress contacts": {"contacts": ["1"], "decision": "no mail at all from here", "dry_run": False},
    "Note an absence": {"who": "Zyx Rep", "first_day": "2030-01-01", "last_day": "2030-01-02"},
    "Merge contacts": {"reasons": ["same number and name"]},
    "Import leads": {"file": "MARKED_FILE", "source": "website"},
    "Import opportunities": {"file": "MARKED_FILE", "source": "csv", "map": ["first name=name", "phone=stage"]},
    "Settle unknown mails": {"messages": {"which": "failed"}},
    "All who fit: start a journey": {"journey": "Lead nurture", "segment": EVERYBODY, "dry_run": False},
    "All who fit: assign": {"segment": EVERYBODY, "router": "inbound", "dry_run": False},
    "All who fit: give a task": {"task": "follow_up", "segment": EVERYBODY},
    "All who fit: set a field": {"field": "city", "segment": EVERYBODY, "value": "Austin", "dry_run": False},
    "All who fit: stop mail": {"decision": "no mail at all from here", "segment": EVERYBODY},
}
"""How ops fill in the forms of flows that need it."""


@pytest.fixture
def marked(database_url: str, tmp_path: Path) -> Path:
    """A business about a lead whom no text of Prefect may name; gives a file of leads."""
    apply_playbook()
    rep = a_rep(name="Zyx Rep", email=STAFF.decode())
    named = {"first_name": NAME, "last_name": "Zyxlastmark", "phone": PHONE}
    lead = a_contact(email=ADDRESS, owner_id=rep, **named)
    a_contact(email=f"2{ADDRESS}", **named)
    # What went wrong with it quotes it, as errors do.
    reason = f"ValueError: {NAME} Zyxlastmark <{ADDRESS}> has no phone but {PHONE}"
    for journey in ("lead_nurture", "lead_qualification"):
        a_run(lead, journey=journey, key=journey, status="stuck", stuck_reason=reason)
    a_task(lead, a_run(lead, journey="welcome", key="x"), assignee=STAFF.decode())
    a_message(lead, state="queued", template="lead_nurture/no_such_template", due_at=text("now()"))
    write("UPDATE rep SET active = false WHERE email = :email", email=STAFF.decode())
    file = tmp_path / "leads.csv"
    file.write_text(f"email,first name,phone\n3{ADDRESS},{NAME},{PHONE}\nnobody,{NAME},\n")
    return file


@pytest.fixture(autouse=True)
def fresh_mailer() -> Iterator[None]:
    _Cache.mailer, _Cache.until = None, 0.0
    yield
    _Cache.mailer, _Cache.until = None, 0.0


async def run_deployments(file: Path) -> dict[str, State[Any]]:
    """Run every shipped deployment as a worker does; its last state by name."""
    await make_pool()
    states = {}
    async with get_client() as client:
        for entry in ENTRIES:
            made = make_deployment(entry, "UTC")
            deployment = await made.aapply()
            form = {key: str(file) if value == "MARKED_FILE" else value for key, value in _form(entry).items()}
            run = await client.create_flow_run_from_deployment(deployment, parameters=form, state=Pending())
            flow = _flow(entry["entrypoint"])
            states[entry["name"]] = await run_flow_async(
                flow, flow_run=run, parameters=flow.validate_parameters(form), return_type="state"
            )
    APILogWorker.instance().drain()
    await EventsWorker.drain_all()  # type: ignore[misc]
    return states


def _form(entry: dict[str, Any]) -> dict[str, Any]:
    return FORMS.get(entry["name"], {"contacts": ["1"]} if "journey" in entry["tags"] else {})


def _flow(entrypoint: str) -> Any:
    module, _, name = entrypoint.rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)


def kept_by_prefect(folder: Path) -> bytes:
    """All that its database holds, what was written a moment ago too."""
    time.sleep(0.5)  # the server writes events down a moment later
    return b"".join(path.read_bytes() for path in sorted(folder.glob("prefect.db*")))


def found_in(folder: Path) -> list[bytes]:
    kept = kept_by_prefect(folder)
    return [mark for mark in (*MARKS, STAFF) if mark.lower() in kept.lower()]


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_no_shipped_flow_tells_prefect_who_a_lead_is(prefect_server: Path, marked: Path) -> None:
    states = asyncio.run(run_deployments(marked))
    assert {name: str(state.message) for name, state in states.items() if state.is_crashed()} == {}
    assert len(states) == len(ENTRIES)
    assert b"look for orphaned leads" in kept_by_prefect(prefect_server)
    assert found_in(prefect_server) == []


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_no_error_on_the_way_tells_prefect_who_a_lead_is(
    prefect_server: Path, marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION 'no: %, %', NEW.email, NEW.first_name USING DETAIL = NEW::text; END $$"""
    )
    write("CREATE TRIGGER refuse BEFORE UPDATE ON contact FOR EACH ROW EXECUTE FUNCTION refuse()")

    def fail(self: LocalMailbox, emails: Any) -> Any:
        raise OSError(f"550 5.1.1 <{ADDRESS}>: {NAME} is unknown here")

    monkeypatch.setattr(LocalMailbox, "deliver", fail)
    try:
        states = asyncio.run(run_deployments(marked))
    finally:
        write("DROP TRIGGER refuse ON contact")
        write("DROP FUNCTION refuse")
    assert [name for name, state in states.items() if state.is_failed()] != []
    assert found_in(prefect_server) == []


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize(
    ("deployment", "form"),
    [
        ("Lead nurture", {"contacts": ["tom.typed@example.org"]}),
        ("Lead nurture", {"contacts": ["+1 206 555 0188"]}),
        ("Lead nurture", {"segment": 'email == "tom.typed@example.org"'}),
        ("Lead nurture", {"segment": 'state == "CA" and last_name == "Typedname"'}),
        ("Lead nurture", {"segment": '"Typedname" == first_name'}),
        ("Lead nurture", {"segment": 'phone in ["206555018"]'}),
        ("Reassign leads", {"lead": "tom.typed@example.org"}),
        ("Reassign leads", {"from_whom": "tom.typed@example.org"}),
        ("Note an absence", {"who": "tom.typed@example.org", "first_day": "2030-01-01", "last_day": "2030-01-02"}),
        ("Suppress contacts", {"contacts": ["tom.typed@example.org"], "decision": "no mail at all from here"}),
        ("Move stuck runs", {"ending": "asked by tom.typed@example.org"}),
    ],
)
def test_a_form_refuses_addresses_before_prefect_stores_them(
    deployment: str, form: dict[str, Any], prefect_server: Path
) -> None:
    async def start() -> None:
        await make_pool()
        [entry] = [entry for entry in ENTRIES if entry["name"] == deployment]
        async with get_client() as client:
            made = await make_deployment(entry, "UTC").aapply()
            await client.create_flow_run_from_deployment(made, parameters=form, state=Pending())

    with pytest.raises(PrefectHTTPStatusError, match=r"(?s)409.*does not match"):
        asyncio.run(start())
    kept = kept_by_prefect(prefect_server)
    assert [mark for mark in (b"tom.typed", b"Typedname", b"206 555 0188") if mark in kept] == []


@pytest.mark.parametrize(
    "form",
    [
        {"contacts": ["12", " 7 ", "https://tend.example.com/contacts/9?tab=1", ""]},
        {"segment": 'state == "CA" and employees >= 50'},
        {"segment": "phone is not None and email is not None"},
        {"segment": '"ceo" in job_title and company == "Name of email"'},
        {"segment": ""},
    ],
)
def test_a_form_takes_numbers_links_and_conditions(form: dict[str, Any]) -> None:
    from prefect.utilities.schema_tools.validation import validate

    [entry] = [entry for entry in ENTRIES if entry["name"] == "Lead nurture"]
    schema = make_deployment(entry, "UTC")._parameter_openapi_schema.model_dump_for_openapi()
    assert validate(form, schema, raise_on_error=False) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("ana@example.com is unknown", "(hidden) is unknown"),
        ("<Ana.O'Neil+x@mail.example.co.uk>: gone", "<Ana.O'(hidden)>: gone"),
        ("call +1 (206) 555-0147 or 0049 30 1234567", "call (hidden) or (hidden)"),
        (
            "at 2026-11-30 12:00:00 it took 1,234,567 rows, key 7364",
            "at 2026-11-30 12:00:00 it took 1,234,567 rows, key 7364",
        ),
        ("müller@exämple.de", "(hidden)"),
    ],
)
def test_addresses_and_numbers_are_hidden_and_days_and_counts_are_not(written: str, told: str) -> None:
    assert redact(written) == told


def test_errors_of_ours_keep_their_sentence_and_those_of_libraries_their_place() -> None:
    class Form(BaseModel):
        age: int

    assert str(private_error(BadAbsence(f"Nobody is {ADDRESS}."))) == "Nobody is (hidden)."
    assert type(private_error(BadReassignment("x"))) is BadReassignment
    for made in (lambda: Form(age=NAME), lambda: {}[NAME], lambda: int(NAME)):  # type: ignore[arg-type, misc]
        try:
            made()
        except Exception as error:
            found = private_error(error)
        assert isinstance(found, ForeignError)
        assert NAME not in str(found)
        assert "tests/runtime/test_private_runs.py, line" in str(found)
        assert NAME in found.text


@pytest.mark.usefixtures("database_url")
def test_an_error_of_the_database_quotes_neither_rows_nor_what_was_to_be_written() -> None:
    a_contact(email=ADDRESS, first_name=NAME)
    with pytest.raises(DBAPIError) as refused:
        a_contact(email=ADDRESS, first_name=NAME)
    said = (
        f"{refused.value} {refused.value.orig} {logging.Formatter().formatException((DBAPIError, refused.value, None))}"
    )
    assert "contact_email" in said or "duplicate key" in said
    assert [mark for mark in (ADDRESS, NAME) if mark in said] == []
    with engine().connect() as connection, pytest.raises(DBAPIError) as unreadable:
        connection.execute(text("SELECT CAST(:it AS integer)"), {"it": "x" + NAME})
    assert NAME not in str(unreadable.value) or "invalid input syntax" in str(unreadable.value)
