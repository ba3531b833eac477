"""The rules for mail, without a database: time zones, hours, caps, lateness, warm-up."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.mail.rules import DueMessage, LocationHints, MailRules, SendDecision, decide_sending
from models.mail.rules.mail_rules import allowed_on, reached_cap
from models.playbook import BadPlaybook, load
from models.playbook.holidays import HolidayTerms
from models.playbook.mail import Cap, Mail, WarmUp
from models.playbook.send_window import NoSendingHours, sending_hours, sending_week
from models.tables.message import MessageKind, MessageState, OnCap
from tests.support.playbook import SHIPPED

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # noon in New York
FRIDAY = MONDAY + 4 * DAY
OFFICE = {"mon-fri": "08:00-18:00"}


def in_new_york(*at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo("America/New_York"))  # type: ignore[arg-type, misc]


def rules(holidays: tuple[date, ...] = (), **mail: Any) -> MailRules:
    return MailRules(Mail.model_validate(mail), "US", "America/New_York", HolidayTerms(days=holidays))


def a_mail(**columns: Any) -> DueMessage:
    mail = DueMessage(
        id=1,
        kind=MessageKind.MARKETING,
        template="lead_nurture/article_1",
        contact_id=1,
        queued_at=MONDAY,
        due_at=datetime(1970, 1, 1, tzinfo=UTC),
        expires_after=None,
        send_window=None,
        on_cap=None,
        to_address="ana@acme.example.com",
        suppressed=None,
        opted_out=frozenset(),
        run_ending=None,
        location=LocationHints(),
    )
    return replace(mail, **columns)


def test_quiet_hours_cut_the_window() -> None:
    week = sending_week({"mon": "06:00-22:00", "sat": "07:00-09:00, 19:00-24:00"}, "20:00-08:00")
    assert week is not None
    hours = {day: [(f"{begin:%H:%M}", f"{end:%H:%M}") for begin, end in spans] for day, spans in week.items() if spans}
    assert hours == {0: [("08:00", "20:00")], 5: [("08:00", "09:00"), ("19:00", "20:00")]}


def test_quiet_hours_at_noon_leave_the_night() -> None:
    hours = sending_hours(None, "12:00-14:00", "UTC")
    assert hours is not None
    assert hours.next_open(MONDAY.replace(hour=12)) == MONDAY.replace(hour=14)
    assert hours.next_open(MONDAY.replace(hour=23, minute=59)) == MONDAY.replace(hour=23, minute=59)


@pytest.mark.parametrize("window", [{"mon": "21:00-22:00"}, {"moon": "09:00-10:00"}, {"mon": "late"}])
def test_hours_that_never_come_are_refused_with_the_reason(window: dict[str, str]) -> None:
    with pytest.raises(NoSendingHours):
        sending_week(window, "20:00-08:00")
    verdict = decide_sending(a_mail(send_window=tuple(window.items())), rules(quiet="20:00-08:00"), MONDAY)
    assert verdict.state is MessageState.FAILED
    assert next(iter(window)) in (verdict.reason or "")


def test_friday_evening_becomes_monday_morning_of_the_receiver() -> None:
    evening = in_new_york(2026, 3, 6, 18, 0)
    at_home = decide_sending(a_mail(queued_at=evening), rules(window=OFFICE), evening)
    in_berlin = decide_sending(
        a_mail(queued_at=evening, location=LocationHints("Europe/Berlin")), rules(window=OFFICE), evening
    )

    assert at_home.due_at == in_new_york(2026, 3, 9, 8, 0)
    assert in_berlin.due_at == datetime(2026, 3, 9, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert at_home.reason == "waits for its hours, in the time zone America/New_York"


def test_a_receiver_somewhere_in_a_country_is_mailed_when_every_zone_of_it_allows_it() -> None:
    morning = in_new_york(2026, 3, 3, 9, 0)
    somewhere = a_mail(queued_at=morning, location=LocationHints(country="Canada", state="Ontario"))
    verdict = decide_sending(somewhere, rules(window={"mon-fri": "09:00-17:00"}), morning)

    assert verdict.due_at == datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("America/Winnipeg"))
    assert verdict.reason == (
        "waits for hours that are allowed in each time zone its receiver may be in: America/Toronto, America/Winnipeg"
    )


def test_on_the_night_of_the_changed_clocks_eight_is_still_eight() -> None:
    # 2026-03-08, 02:00: New York's clocks go forward.
    night = in_new_york(2026, 3, 7, 23, 0)
    due = decide_sending(a_mail(queued_at=night), rules(quiet="20:00-08:00"), night).due_at
    assert due is not None
    assert due.astimezone(UTC) == datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    assert due - night == 8 * HOUR


def test_a_holiday_is_nobodys_day() -> None:
    verdict = decide_sending(a_mail(), rules((MONDAY.date(),), window=OFFICE), MONDAY)
    assert verdict.due_at == in_new_york(2026, 3, 3, 8, 0)


def test_a_mail_of_a_journey_may_have_hours_of_its_own() -> None:
    mail = a_mail(send_window=(("tue", "09:00-11:00"),))
    assert decide_sending(mail, rules(window=OFFICE), MONDAY).due_at == in_new_york(2026, 3, 3, 9, 0)


def test_answers_and_mail_to_colleagues_know_no_hours_and_no_caps() -> None:
    night, strict = MONDAY + 12 * HOUR, rules(window=OFFICE, caps=[{"mails": 1, "per": "7d"}])
    for kind in (MessageKind.TRANSACTIONAL, MessageKind.TASK, MessageKind.TEAM):
        verdict = decide_sending(
            a_mail(kind=kind, queued_at=night), strict, night, previous_sends=[MONDAY], left_today=0
        )
        assert verdict.state is MessageState.SENDING


def test_the_cap_that_lasts_longest_says_when_there_is_room() -> None:
    caps = (Cap.model_validate({"mails": 1, "per": "1d"}), Cap.model_validate({"mails": 3, "per": "7d"}))
    previous_sends = [MONDAY - 6 * DAY, MONDAY - 3 * DAY, MONDAY - HOUR]
    assert reached_cap(caps, previous_sends, MONDAY) == (caps[1], MONDAY + DAY)
    assert reached_cap(caps, previous_sends[1:], MONDAY) == (caps[0], MONDAY + 23 * HOUR)
    assert reached_cap(caps, previous_sends[1:], MONDAY + 23 * HOUR) is None
    assert reached_cap((), previous_sends, MONDAY) is None


def test_a_capped_mail_waits_for_room_and_then_for_its_hours() -> None:
    capped = rules(window=OFFICE, caps=[{"mails": 1, "per": "1d"}])
    evening = in_new_york(2026, 3, 6, 17, 59)
    verdict = decide_sending(a_mail(queued_at=evening), capped, evening, previous_sends=[evening - HOUR])
    assert verdict == SendDecision(
        MessageState.QUEUED,
        "the contact has had 1 marketing mail in 1d, which is the cap",
        in_new_york(2026, 3, 9, 8, 0),
        by_cap=True,
    )


def test_the_journey_may_say_that_a_capped_mail_is_skipped() -> None:
    capped = rules(caps=[{"mails": 1, "per": "1d"}])
    verdict = decide_sending(a_mail(on_cap=OnCap.SKIP), capped, MONDAY, previous_sends=[MONDAY - HOUR])
    assert (verdict.state, verdict.due_at) == (MessageState.SKIPPED, None)


def test_only_hours_in_which_it_could_have_gone_out_make_a_mail_late() -> None:
    """Queued on Friday evening it could go from Monday at eight; ten hours are open a day, so twenty end on Tuesday."""
    mail, office = a_mail(queued_at=in_new_york(2026, 3, 6, 19, 0)), rules(window=OFFICE, expires_after="20h")
    tuesday = in_new_york(2026, 3, 10, 17, 59)
    assert decide_sending(mail, office, tuesday).state is MessageState.SENDING
    wednesday = in_new_york(2026, 3, 11, 8, 1)
    late = decide_sending(mail, office, wednesday)
    assert late == SendDecision(MessageState.EXPIRED, "too late: it could have gone out for more than 20h")


@pytest.mark.parametrize(
    ("due", "sent_at"),
    [
        # Half an hour was open before a weekend without a mail server.
        ((2026, 3, 6, 17, 30), (2026, 3, 9, 9, 0)),
        # The clocks are put forward on Sunday, 8 March, and back on Sunday, 1 November.
        ((2026, 3, 6, 17, 59), (2026, 3, 9, 9, 58)),
        ((2026, 10, 30, 17, 59), (2026, 11, 2, 9, 58)),
        # Thanksgiving and the day after are no working days for anybody who says so; here they are two hours.
        ((2026, 11, 25, 17, 0), (2026, 11, 26, 8, 59)),
    ],
)
def test_an_outage_over_closed_hours_costs_no_mail(due: tuple[int, ...], sent_at: tuple[int, ...]) -> None:
    mail, office = a_mail(queued_at=in_new_york(*due)), rules(window=OFFICE, expires_after="2h")
    assert decide_sending(mail, office, in_new_york(*sent_at)).state is MessageState.SENDING


def test_a_day_without_a_window_counts_around_the_clock_and_across_a_change_of_clocks() -> None:
    mail = a_mail(queued_at=in_new_york(2026, 3, 7, 12, 0).astimezone(UTC))
    always, at = rules(expires_after="1d"), in_new_york(2026, 3, 8, 13, 0).astimezone(UTC)
    assert decide_sending(mail, always, at).state is MessageState.SENDING
    assert decide_sending(mail, always, at + timedelta(minutes=1)).state is MessageState.EXPIRED


def test_an_hour_a_week_does_not_keep_a_mail_for_a_year() -> None:
    mail = a_mail(queued_at=MONDAY, send_window=(("tue", "09:00-10:00"),))
    assert decide_sending(mail, rules(expires_after="2d"), in_new_york(2026, 3, 10, 9, 0)).state is MessageState.SENDING
    assert decide_sending(mail, rules(expires_after="2d"), in_new_york(2026, 3, 24, 9, 0)).state is MessageState.EXPIRED


def test_what_its_own_server_defers_is_late_by_when_it_was_first_due() -> None:
    mail = a_mail(first_due_at=MONDAY, due_at=MONDAY + 3 * DAY)
    assert decide_sending(mail, rules(expires_after="2d"), MONDAY + 3 * DAY).state is MessageState.EXPIRED


def test_putting_a_mail_off_does_not_make_it_late() -> None:
    mail = a_mail(due_at=MONDAY + 20 * DAY)
    assert decide_sending(mail, rules(expires_after="1d"), MONDAY + 20 * DAY).state is MessageState.SENDING


def test_an_answer_outlives_marketing_and_a_task_never_is_too_late() -> None:
    """A book that was asked for on Friday is sent on Monday."""
    answer, after = a_mail(kind=MessageKind.TRANSACTIONAL), MONDAY + 3 * DAY
    assert decide_sending(answer, rules(window=OFFICE), after).state is MessageState.SENDING
    assert decide_sending(answer, rules(), MONDAY + 7 * DAY + timedelta(minutes=1)).state is MessageState.EXPIRED
    for_an_hour = replace(answer, expires_after=timedelta(hours=1))
    assert decide_sending(for_an_hour, rules(), after).state is MessageState.EXPIRED
    assert decide_sending(answer, rules(answers_expire_after="2d"), after).state is MessageState.EXPIRED
    assert decide_sending(a_mail(kind=MessageKind.TASK), rules(), MONDAY + 90 * DAY).state is MessageState.SENDING


def test_who_opted_out_of_a_topic_meanwhile_gets_no_mail_about_it() -> None:
    topics = {"articles": {"label": "Articles", "mails": ["lead_nurture"]}}
    verdict = decide_sending(a_mail(opted_out=frozenset({"articles"})), rules(topics=topics), MONDAY)
    assert verdict == SendDecision(MessageState.WITHDRAWN, "wants no mail about articles after this was queued")


def test_a_warm_up_grows_day_by_day_and_ends() -> None:
    warm_up = WarmUp.model_validate({"starts": "2026-03-02", "first_day": 50, "grows": "30%", "until": 100})
    days = [date(2026, 3, day) for day in range(1, 7)]
    assert [allowed_on(warm_up, day) for day in days] == [None, 50, 65, 84, None, None]


def test_what_the_warm_up_does_not_allow_today_waits_for_tomorrow() -> None:
    warming = rules(window=OFFICE, warm_up={"starts": "2026-03-02", "first_day": 50, "grows": "30%"})
    assert warming.allowed_today(MONDAY) == 50
    assert decide_sending(a_mail(), warming, MONDAY, left_today=1).state is MessageState.SENDING
    assert decide_sending(a_mail(), warming, MONDAY, left_today=0) == SendDecision(
        MessageState.QUEUED, "the warm-up allows 50 marketing mails today", in_new_york(2026, 3, 3, 8, 0)
    )


def faults(tmp_path: Path, mail: str) -> Iterator[str]:
    before, _, rest = SHIPPED.read_text().partition("\nmail:\n")
    file = tmp_path / "playbook.yaml"
    file.write_text(f"{before}\nmail:\n{mail}\n\n{rest[rest.index('split_tests:') :]}")
    with pytest.raises(BadPlaybook) as caught:
        load(file)
    return iter(caught.value.sentences)


@pytest.mark.parametrize(
    ("mail", "expected"),
    [
        ("  window: {mon: '21:00-22:00'}\n  quiet: 20:00-08:00", "all lie in the quiet hours 20:00-08:00"),
        ("  caps: [{mails: 3, per: 1d}, {mails: 2, per: 7d}]", "3 marketing mails in 1d cannot be reached beside 2"),
        ("  caps: [{mails: 1, per: 5m}]", "a cap counts over at least an hour"),
        ("  expires_after: 0m", "0m would throw away what waits for a restart"),
        ("  warm_up: {starts: 2026-03-02, first_day: 2, grows: 10%}", "this never grows"),
        ("  warm_up: {starts: 2026-03-02, grows: 10%, until: 50}", "there is nothing to warm up"),
        ("  quiet: late", "hours of the day such as 20:00-08:00 were expected"),
    ],
)
def test_rules_that_cannot_work_are_reported_by_line(tmp_path: Path, mail: str, expected: str) -> None:
    sentence = next(faults(tmp_path, mail))
    assert expected in sentence
    assert ", line " in sentence
