"""The model on this business's own leads: what it may know, what it is kept for, and what people see of it."""

import asyncio
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Connection, insert, text

from deployments.commands.scoring import predict
from deployments.stack.command_error import CommandError
from flows.operations.predict_leads import model_for, predict_leads
from models import Contact, Event, Order
from models.database import engine
from models.playbook import Playbook
from models.prediction import apply_model, newest_model_card, store_model_card, train_on_history
from models.prediction.training import TooFewLeads
from models.prediction.training_history import read_training_history
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, add, an_event, browser

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture
def playbook(database_url: str) -> Playbook:
    return apply_playbook()


def a_lead(came: datetime, data: dict[str, Any] | None = None, *, number: int = 0, **columns: Any) -> int:
    email = f"lead{number}@example.com"
    contact = a_contact(email=email, created_at=came, **columns)
    said = {"email": email} | (data or {})
    happened(contact, "form_submitted", "request-info", source="website", data=said, at=came)
    return contact


def happened(contact: int, name: str, topic: str | None = None, *, at: datetime, **columns: Any) -> int:
    """An event that was known as soon as it happened, unless `received_at` says otherwise."""
    return an_event(contact, name, topic, **{"at": at, "received_at": at} | columns)


def an_order(contact: int, at: datetime) -> None:
    event = happened(contact, "order_placed", "strategy-session", at=at)
    add(Order, contact_id=contact, event_id=event, amount=190, currency="USD", placed_at=at)


def a_past(leads: int = 700, *, days: int = 300, seed: int = 3) -> None:
    """Leads of many days; owners buy often, and so do those who click, ten days later."""
    draw = random.Random(seed)
    contacts, events, orders = [], [], []
    for number in range(1, leads + 1):
        came = NOW - DAY * days * draw.random() - timedelta(hours=1)
        title, clicks = draw.choice(["Owner", "Assistant", "Clerk"]), draw.random() < 0.4
        email = f"past{number}@example.com"
        contacts.append({"id": 10_000 + number, "email": email, "created_at": came})
        form = {"contact_id": 10_000 + number, "source": "website", "data": {"Email": email, "Position": title}}
        asked = {"name": "form_submitted", "topic": "request-info", "at": came, "received_at": came}
        events.append(form | asked | {"id": 100_000 + number})
        if clicks:
            clicked = {"name": "link_clicked", "topic": "a", "source": "click", "data": {}}
            clicked |= {"at": came + 2 * DAY, "received_at": came + 2 * DAY}
            events.append(clicked | {"id": 200_000 + number, "contact_id": 10_000 + number})
        if draw.random() < 0.05 + 0.4 * (title == "Owner") + 0.3 * clicks and came + 10 * DAY < NOW:
            bought = {"contact_id": 10_000 + number, "event_id": 300_000 + number, "placed_at": came + 10 * DAY}
            orders.append(bought | {"amount": 190, "currency": "USD"})
    with engine().begin() as connection:
        connection.execute(insert(Contact), contacts)
        connection.execute(insert(Event), events)
        connection.execute(insert(Order), orders)


def test_fields_learnt_later_and_events_after_the_outcome_are_not_used(
    connection: Connection, playbook: Playbook
) -> None:
    came = NOW - 100 * DAY
    for number in range(40):
        # Salespeople ask buyers for their title and industry, and buyers come back after the order: both give it away.
        buys = number % 2 == 0
        later = {"job_title": "CEO", "industry": "Dental", "has_budget": True, "score": 90} if buys else {}
        contact = a_lead(came, {"Position": "Owner" if number % 3 else "Clerk"}, number=number, **later)
        happened(contact, "page_visited", "pricing", at=came + DAY, source="site")
        if buys:
            an_order(contact, came + 5 * DAY)
            happened(contact, "page_visited", "welcome", at=came + 6 * DAY, source="site")
            happened(contact, "form_submitted", "survey", at=came + 6 * DAY, data={"industry": "Dental"})
            happened(contact, "task_done", "7", at=came + DAY, source="task", data={"outcome": "Had Call"})
            happened(contact, "call_connected", None, at=came + DAY, source="task")
            happened(contact, "link_clicked", "a", at=came + DAY, source="click", data={"is_machine": True})

    landmarks = read_training_history(connection, playbook, NOW).landmarks
    assert landmarks[7].won.sum() == 0  # nobody asks any more about those who have bought
    past = landmarks[3]
    assert past.won.sum() == 20
    assert past.table["field:job_title"].value_counts().to_dict() == {"Owner": 26, "Clerk": 14}
    assert past.table["field:industry"].isna().all()
    assert past.table["field:has_budget"].isna().all()
    behaviour = {name for name in past.table if name.startswith("event:")}
    assert behaviour == {"event:", "event:page_visited"}
    assert (past.table["event:page_visited"] == 1).all()
    assert not {name for name in past.columns if "score" in name or "stage" in name or "owner" in name}


def test_leads_younger_than_the_horizon_are_undecided_even_if_they_bought(
    connection: Connection, playbook: Playbook
) -> None:
    for number in range(20):
        an_order(a_lead(NOW - 200 * DAY, number=number), NOW - (200 - 5 * number - 1) * DAY)
    quick, slow, old = (a_lead(NOW - days * DAY, number=days) for days in (50, 60, 300))
    an_order(quick, NOW - 49 * DAY)
    history = read_training_history(connection, playbook, NOW)

    # Buyers took 1, 1, 6, 11 ... 96 days: nine of ten of them at most 86.
    assert history.horizon == pytest.approx(86 * DAY, abs=DAY)
    assert history.undecided == 2
    arrived = history.landmarks[0]
    assert arrived.won.sum() == 18  # two bought later than that
    assert len(arrived.won) == 21
    assert {slow, old}


def test_who_bought_before_asking_is_no_lead(connection: Connection, playbook: Playbook) -> None:
    an_order(a_lead(NOW - 100 * DAY, number=1), NOW - 101 * DAY)
    assert len(read_training_history(connection, playbook, NOW).landmarks[0].won) == 0


def test_only_what_was_done_and_known_before_the_landmark_counts(connection: Connection, playbook: Playbook) -> None:
    came = NOW - 90 * DAY
    lead = a_lead(came)
    for days in (0.5, 2, 6, 8):
        happened(lead, "link_clicked", "a", at=came + days * DAY, source="click")
    happened(lead, "link_clicked", "a", at=came + DAY / 4, source="click", received_at=came + 10 * DAY)
    landmarks = read_training_history(connection, playbook, NOW).landmarks

    assert list(landmarks) == [0, 1, 3, 7, 14]
    counted = {day: int(past.table["event:"].iloc[0]) for day, past in landmarks.items()}
    assert counted == {0: 0, 1: 1, 3: 2, 7: 3, 14: 5}
    assert landmarks[7].table["days to first click"].tolist() == [0.5]
    assert landmarks[14].table["days to first click"].tolist() == [0.25]


def test_on_each_landmark_only_those_who_are_still_open_are_asked_about(
    connection: Connection, playbook: Playbook
) -> None:
    for number, days in enumerate((2, 5, 20, 40)):
        an_order(a_lead(NOW - 200 * DAY, number=number), NOW - (200 - days) * DAY)
    a_lead(NOW - 200 * DAY, number=10, suppressed="unsubscribed", suppressed_at=NOW - 196 * DAY)
    a_lead(NOW - 200 * DAY, number=11)
    history = read_training_history(connection, playbook, NOW)

    assert history.horizon == pytest.approx(34 * DAY, abs=DAY)
    told = {day: (len(past.won), int(past.won.sum())) for day, past in history.landmarks.items()}
    # Who bought after the horizon has not bought in time, for others have not had the time to.
    assert told == {0: (6, 3), 1: (6, 3), 3: (5, 2), 7: (3, 1), 14: (3, 1), 30: (2, 0)}


def test_a_lead_that_was_imported_as_history_was_known_when_it_came(connection: Connection, playbook: Playbook) -> None:
    came = NOW - 90 * DAY
    imported, live = a_contact(email="imported@example.com"), a_lead(came, number=2)
    past = {"source": "csv", "received_at": NOW - DAY, "is_history": True}
    happened(imported, "lead_imported", at=came, **past)
    happened(imported, "link_clicked", "a", at=came + DAY / 2, **past)
    happened(live, "link_clicked", "a", at=came + DAY / 2, **past)  # told late: it was not known then

    table = read_training_history(connection, playbook, NOW).landmarks[1].table
    assert sorted(table["event:"].tolist()) == [0, 1]


def random_buyers(seed: int, leads: int = 300) -> None:
    """Each lead buys on a random day or never, and clicks on random days as long as it is open: nothing tells who."""
    draw = random.Random(seed)
    contacts, events, orders = [], [], []
    for number in range(1, leads + 1):
        came = NOW - DAY * (40 + 300 * draw.random())
        buys_after = draw.expovariate(1 / 6) if draw.random() < 0.4 else None
        email = f"chance{number}@example.com"
        contacts.append({"id": 10_000 + number, "email": email, "created_at": came})
        data = {"Email": email, "Position": draw.choice(["Owner", "Clerk"])}
        columns = {"contact_id": 10_000 + number, "topic": "x", "source": "website"}
        happened_at = [(came, "form_submitted")]
        day = draw.expovariate(1 / 2)
        while day < min(buys_after or 30, 30):
            happened_at.append((came + DAY * day, draw.choice(["link_clicked", "page_visited"])))
            day += draw.expovariate(1 / 2)
        events += [columns | {"name": name, "data": data, "at": at, "received_at": at} for at, name in happened_at]
        if buys_after is not None:
            bought = {"contact_id": 10_000 + number, "event_id": 300_000 + number, "amount": 190, "currency": "USD"}
            orders.append(bought | {"placed_at": came + DAY * buys_after})
    with engine().begin() as connection:
        connection.execute(insert(Contact), contacts)
        connection.execute(insert(Event), events)
        connection.execute(insert(Order), orders)


@pytest.mark.parametrize("seed", range(20))
def test_where_nothing_but_chance_decides_who_buys_no_model_is_kept(seed: int, playbook: Playbook) -> None:
    """Whoever buys early has done little by then, so a window that ends with the order would tell the outcome."""
    random_buyers(seed)
    with engine().connect() as connection:
        card = train_on_history(connection, playbook, {}, NOW)
    assert [one.day for one in card.landmarks] == [0, 1, 3, 7]
    assert card.in_use == ()


def test_too_few_leads_are_told_in_a_sentence(connection: Connection, playbook: Playbook) -> None:
    a_lead(NOW - 90 * DAY, number=1)
    a_lead(NOW - 2 * DAY, number=2)
    with pytest.raises(
        TooFewLeads, match=r"1 decided leads were found, 0 won and 1 lost; 1 more are younger than 30 days"
    ):
        train_on_history(connection, playbook, {}, NOW)


def test_open_leads_get_a_probability_with_reasons_and_nobody_else(playbook: Playbook) -> None:
    a_past()
    owner = a_lead(NOW - DAY, {"Position": "owner"}, number=1)
    clerk = a_lead(NOW - DAY, {"Position": "Clerk"}, number=2)
    gone = a_lead(NOW - 5 * DAY, number=3, suppressed="unsubscribed", suppressed_at=NOW - DAY, probability=0.5)
    buyer = a_lead(NOW - 5 * DAY, number=4)
    an_order(buyer, NOW - DAY)
    with engine().begin() as connection:
        card = train_on_history(connection, playbook, {}, NOW)
        assert card.beats_guessing
        store_model_card(connection, card)
        again = newest_model_card(connection)
        assert again
        assert again.to_document() == card.to_document()
    list(apply_model(engine(), again, NOW))

    told = {id: (chance, why) for id, chance, why in rows("SELECT id, probability, probability_reasons FROM contact")}
    assert told[owner][0] > 2 * told[clerk][0] > 0
    assert re.fullmatch(r"Job title is Owner \(\+\d+ points\)", told[owner][1][0])
    assert told[gone] == told[buyer] == (None, None)
    past = [chance for id, (chance, _) in told.items() if id > 10_000]
    assert any(chance is None for chance in past)

    before = rows("SELECT xmin::text FROM contact ORDER BY id")
    list(apply_model(engine(), again, NOW))
    assert rows("SELECT xmin::text FROM contact ORDER BY id") == before  # what stays the same is not written again


def test_a_click_moves_the_probability_on_the_next_landmark_day(playbook: Playbook) -> None:
    a_past()
    came = NOW - 2.5 * DAY
    lead = a_lead(came, {"Position": "Clerk"}, number=1)
    with engine().begin() as connection:
        card = train_on_history(connection, playbook, {}, NOW)
    list(apply_model(engine(), card, NOW))
    before = rows(f"SELECT probability, probability_day FROM contact WHERE id = {lead}")
    happened(lead, "link_clicked", "a", at=NOW - timedelta(hours=1), source="click")
    list(apply_model(engine(), card, NOW))
    assert rows(f"SELECT probability, probability_day FROM contact WHERE id = {lead}") == before
    list(apply_model(engine(), card, NOW + DAY))
    [(chance, day)] = rows(f"SELECT probability, probability_day FROM contact WHERE id = {lead}")
    assert chance > before[0][0]
    assert (before[0][1], day) == (1, 3)


def test_without_a_card_the_probabilities_of_an_earlier_one_are_taken_away(playbook: Playbook) -> None:
    lead = a_lead(NOW - DAY, number=1, probability=0.5, probability_day=1)
    asyncio.run(predict_leads.fn())
    assert rows(f"SELECT probability, probability_day FROM contact WHERE id = {lead}") == [(None, None)]


def test_the_nightly_flow_trains_when_there_is_no_model_and_again_after_a_month(playbook: Playbook) -> None:
    card, told = model_for(NOW)
    assert card is None
    assert "0 decided leads were found" in told

    a_past()
    card, told = model_for(NOW)
    assert card
    assert "Trained today on" in told
    assert model_for(NOW + DAY) == (card, "")
    with engine().begin() as connection:
        connection.execute(text("UPDATE prediction_model SET trained_at = trained_at - interval '31 days'"))
    assert "Trained today on" in model_for(NOW)[1]
    assert rows("SELECT count(*) FROM prediction_model") == [(2,)]


def test_without_scikit_learn_the_model_that_is_there_is_still_applied(
    playbook: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_past()
    card, _ = model_for(NOW)
    for module in ("models.prediction.regression", "models.prediction.training"):
        monkeypatch.setattr(f"{module}.can_train", lambda: False)
    kept, told = model_for(NOW + 40 * DAY)
    assert kept == card
    assert "pip install 'tend[predict]'" in told


def test_without_a_model_the_flow_says_so_and_is_green(playbook: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    state = asyncio.run(predict_leads.fn())
    assert state.is_completed()
    assert "No lead has a probability yet. 0 decided leads were found" in str(state.message)


def test_the_command_shows_keeps_and_refuses(playbook: Playbook, tmp_path: Any) -> None:
    console = Console(record=True, width=120)
    with pytest.raises(CommandError, match="decided leads were found"):
        predict.train_on_own_leads({}, False, None, console)
    a_past()
    picture = tmp_path / "calibration.svg"
    predict.train_on_own_leads(predict.read_leave_out("Source=one for all"), False, picture, console)

    said = console.export_text()
    for expected in ("on the newest fifth", "Calibration", "Job title", 'job_title == "Owner"', "The model is kept"):
        assert expected in said
    assert "<svg" in picture.read_text()
    with engine().connect() as connection:
        card = newest_model_card(connection)
    assert card
    assert card.leave_out == {"Source": "one for all"}


def test_the_contact_page_says_how_likely_why_and_how_sure(playbook: Playbook) -> None:
    a_past()
    lead = a_lead(NOW - DAY, {"Position": "Owner"}, number=1)
    card, _ = model_for(NOW)
    assert card
    list(apply_model(engine(), card, NOW))

    page = browser().get(f"/contacts/{lead}").text
    assert re.search(r"Likely to buy: \d+%", page)
    assert "Job title is Owner (+" in page
    assert re.search(r"Of \d+ leads like this \(chance \d+%( to \d+%)?\), \d+% bought", page)
    assert "Likely to buy" not in browser().get(f"/contacts/{a_contact(email='new@example.com')}").text


def test_the_model_card_tells_how_good_it_is_and_what_it_does_not_look_at(playbook: Playbook) -> None:
    assert "There is no model yet" in browser().get("/prediction").text
    a_past()
    model_for(NOW)
    page = browser().get("/prediction").text
    for expected in ("On the newest fifth", "<svg", "Job title", "Proposed points", "Machine opens and clicks"):
        assert expected in page
    assert "nan" not in page
