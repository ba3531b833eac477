"""What must agree between the parts of a playbook: each fault with the place that it is at."""

from collections import Counter
from collections.abc import Iterator

from models.conditions.parse import BadCondition, parse_condition
from models.playbook.document import Playbook
from models.playbook.reading.check_chat import CHAT_CHECKS
from models.playbook.reading.check_feedback import FEEDBACK_CHECKS
from models.playbook.reading.check_mail import MAIL_CHECKS, TOPIC_CHECKS
from models.playbook.reading.check_reports import REPORT_CHECKS
from models.playbook.reading.check_routing import ROUTING_CHECKS
from models.playbook.reading.check_scoring import SCORING_CHECKS
from models.playbook.reading.check_splits import SPLIT_CHECKS
from models.playbook.reading.check_tasks import TASK_CHECKS
from models.playbook.reading.fault import Checks, Fault, duplicates
from models.playbook.source import CONTACT_FIELDS, EVENTS_SOURCE, IDENTITIES, SPECIAL_FIELDS, Source
from models.tables.contact import Contact

RESERVED_SOURCES = (
    *("task", "activity", "journey", "react", "scoring", "routing", "offer", "response", "feedback", "demo"),
    *("mail", "inbound", "unsubscribe", "preferences", "ops"),
)
"""Where events come from that Tend writes itself."""


def _reps_are_unique(playbook: Playbook) -> Iterator[Fault]:
    emails = Counter(rep.email for _, rep in playbook.reps())
    for i, team in enumerate(playbook.teams):
        for j, rep in enumerate(team.reps):
            if emails[rep.email] > 1:
                sentence = f"{rep.email} is the email of {emails[rep.email]} reps: each rep needs one of their own"
                yield Fault(("teams", i, "reps", j, "email"), sentence)


def _members_are_reps(playbook: Playbook) -> Iterator[Fault]:
    known = {rep.email for _, rep in playbook.reps()}
    for i, router in enumerate(playbook.routers):
        for j, member in enumerate(router.members):
            place = ("routers", i, "members", j)
            if member.rep not in known:
                yield Fault(place, f"{member.rep} is no rep: add them under teams, or take one of {_listed(known)}")
            if member.rep in [one.rep for one in router.members[:j]]:
                yield Fault(place, f"{member.rep} is in this router twice: name them once")


def _routers_are_unique(playbook: Playbook) -> Iterator[Fault]:
    return duplicates(("routers",), "name", [router.name for router in playbook.routers])


def _teams_are_unique(playbook: Playbook) -> Iterator[Fault]:
    return duplicates(("teams",), "name", [team.name for team in playbook.teams])


def _products_are_unique(playbook: Playbook) -> Iterator[Fault]:
    return duplicates(("products",), "code", [product.code for product in playbook.products])


def _custom_fields_do_not_shadow(playbook: Playbook) -> Iterator[Fault]:
    taken = set(Contact.__table__.columns.keys()) | set(SPECIAL_FIELDS) | {"key"}  # type: ignore[attr-defined]
    for name in playbook.fields:
        if name in taken:
            yield Fault(("fields", name), f"{name} is a field that every contact has: choose another name")


def _sources_have_free_names(playbook: Playbook) -> Iterator[Fault]:
    # Keys of events are written `source:id`, those of our own events too.
    for name in {EVENTS_SOURCE, *RESERVED_SOURCES} & set(playbook.sources):
        yield Fault(("sources", name), f"{name} is what Tend calls a source of its own: choose another name")


def _sources_of_orders_are_not_public(playbook: Playbook) -> Iterator[Fault]:
    for name, source in playbook.sources.items():
        if source.event and source.is_public:
            yield Fault(("sources", name, "public"), "anybody could post orders: say public: false")


def _sources_map_known_fields(playbook: Playbook) -> Iterator[Fault]:
    known = {*CONTACT_FIELDS, *SPECIAL_FIELDS, *playbook.fields}
    for name, source in playbook.sources.items():
        for part in ("fields", "spellings"):
            for field in getattr(source, part):
                if field not in known:
                    sentence = (
                        f"{field} is no field of a contact: declare it under fields, or take one of {_listed(known)}"
                    )
                    yield Fault(("sources", name, part, field), sentence)


def _sources_require_what_they_map(playbook: Playbook) -> Iterator[Fault]:
    for name, source in playbook.sources.items():
        for i, required in enumerate(source.required):
            place = ("sources", name, "required", i)
            for field in required.split("|"):
                if not _is_mapped(source, field):
                    yield Fault(place, f"{field} is required but not mapped: say under fields what {name} calls it")


def _is_mapped(source: Source, field: str) -> bool:
    return bool(source.key) if field == "key" else field in source.fields


def _sources_give_an_identity(playbook: Playbook) -> Iterator[Fault]:
    for name, source in playbook.sources.items():
        if not any(set(required.split("|")) <= set(IDENTITIES) for required in source.required):
            sentence = "nothing here makes sure that a contact can be recognised: require email|phone, or key"
            yield Fault(("sources", name, "required"), sentence)


def _stages_can_be_reached(playbook: Playbook) -> Iterator[Fault]:
    for stage, rule in playbook.stages.items():
        if not rule.on and rule.when is None:
            yield Fault(("stages", stage.value), "nothing leads to this stage: say on which events, or when")


def _conditions_can_be_read(playbook: Playbook) -> Iterator[Fault]:
    for stage, rule in playbook.stages.items():
        if rule.when is None:
            continue
        try:
            parse_condition(rule.when, playbook.fields)
        except BadCondition as error:
            yield Fault(("stages", stage.value, "when"), str(error))


CHECKS: Checks = (
    (_reps_are_unique, {"teams"}),
    (_teams_are_unique, {"teams"}),
    (_members_are_reps, {"teams", "routers"}),
    (_routers_are_unique, {"routers"}),
    (_products_are_unique, {"products"}),
    (_custom_fields_do_not_shadow, {"fields"}),
    (_sources_have_free_names, {"sources"}),
    (_sources_of_orders_are_not_public, {"sources"}),
    (_sources_map_known_fields, {"sources", "fields"}),
    (_sources_require_what_they_map, {"sources"}),
    (_sources_give_an_identity, {"sources"}),
    (_stages_can_be_reached, {"stages"}),
    (_conditions_can_be_read, {"stages", "fields"}),
    *FEEDBACK_CHECKS,
    *SCORING_CHECKS,
    *ROUTING_CHECKS,
    *MAIL_CHECKS,
    *SPLIT_CHECKS,
    *TOPIC_CHECKS,
    *REPORT_CHECKS,
    *TASK_CHECKS,
    *CHAT_CHECKS,
)


def faults(playbook: Playbook, unreadable: set[str]) -> Iterator[Fault]:
    """Everything that does not agree, apart from the parts that cannot be read at all."""
    for check, needed in CHECKS:
        if not needed & unreadable:
            yield from check(playbook)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
