"""Checks the rules for mail: a rule that cannot work is reported as a fault."""

from collections.abc import Iterator
from datetime import timedelta

from models.playbook.document import Playbook
from models.playbook.reading.fault import Checks, Fault
from models.playbook.section import write_duration
from models.playbook.send_window import NoSendingHours, sending_week


def _a_mail_has_one_topic(playbook: Playbook) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for name, topic in playbook.mail.topics.items():
        for i, mail in enumerate(topic.mails):
            if mail in taken:
                sentence = f"{mail} belongs to the topic {taken[mail]} already: name it in one of them"
                yield Fault(("mail", "topics", name, "mails", i), sentence)
            taken.setdefault(mail, name)


def _topics_are_unique(playbook: Playbook) -> Iterator[Fault]:
    seen: set[str] = set()
    for name, topic in playbook.mail.topics.items():
        if topic.label in seen:
            sentence = f"{topic.label!r} stands on the preference page a second time: call this topic something else"
            yield Fault(("mail", "topics", name, "label"), sentence)
        seen.add(topic.label)


TOPIC_CHECKS: Checks = ((_a_mail_has_one_topic, {"mail"}), (_topics_are_unique, {"mail"}))


SHORTEST_EXPIRY = timedelta(hours=1)


def _the_window_is_open_at_some_time(playbook: Playbook) -> Iterator[Fault]:
    try:
        sending_week(playbook.mail.window, playbook.mail.quiet)
    except NoSendingHours as error:
        yield Fault(("mail", "window"), str(error))


def _each_cap_counts(playbook: Playbook) -> Iterator[Fault]:
    caps = playbook.mail.caps
    for i, cap in enumerate(caps):
        for j, other in enumerate(caps):
            if i != j and other.mails <= cap.mails and other.per >= cap.per and (other != cap or j < i):
                sentence = f"{cap.text} cannot be reached beside {other.text}: raise the other, or leave this out"
                yield Fault(("mail", "caps", i), sentence)


def _mail_expires_late_enough(playbook: Playbook) -> Iterator[Fault]:
    mail = playbook.mail
    for name, length in (("expires_after", mail.expires_after), ("answers_expire_after", mail.answers_expire_after)):
        if length < SHORTEST_EXPIRY:
            found = write_duration(length)
            sentence = f"{found} would throw away what waits for a restart: at least 1h was expected"
            yield Fault(("mail", name), sentence)


def _the_warm_up_comes_to_an_end(playbook: Playbook) -> Iterator[Fault]:
    warm_up = playbook.mail.warm_up
    if warm_up is None:
        return
    if int(warm_up.first_day * (1 + warm_up.grows)) <= warm_up.first_day:
        sentence = f"with {warm_up.first_day} mails on the first day this never grows: a larger part, such as 30%"
        yield Fault(("mail", "warm_up", "grows"), sentence)
    if warm_up.first_day >= warm_up.until:
        sentence = f"{warm_up.first_day} is not below until: {warm_up.until}, so there is nothing to warm up: lower it"
        yield Fault(("mail", "warm_up", "first_day"), sentence)


MAIL_CHECKS: Checks = (
    (_the_window_is_open_at_some_time, {"mail"}),
    (_each_cap_counts, {"mail"}),
    (_mail_expires_late_enough, {"mail"}),
    (_the_warm_up_comes_to_an_end, {"mail"}),
)
