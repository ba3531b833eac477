"""What must be right about the topics that contacts choose from."""

from collections.abc import Iterator

from models.playbook.document import Playbook
from models.playbook.fault import Checks, Fault


def _a_mail_has_one_topic(playbook: Playbook) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for name, topic in playbook.mail.topics.items():
        for i, mail in enumerate(topic.mails):
            if mail in taken:
                sentence = f"{mail} belongs to the topic {taken[mail]} already: name it in one of them"
                yield Fault(("mail", "topics", name, "mails", i), sentence)
            taken.setdefault(mail, name)


def _topics_are_told_apart(playbook: Playbook) -> Iterator[Fault]:
    seen: set[str] = set()
    for name, topic in playbook.mail.topics.items():
        if topic.label in seen:
            sentence = f"{topic.label!r} stands on the preference page a second time: call this topic something else"
            yield Fault(("mail", "topics", name, "label"), sentence)
        seen.add(topic.label)


TOPIC_CHECKS: Checks = ((_a_mail_has_one_topic, {"mail"}), (_topics_are_told_apart, {"mail"}))
