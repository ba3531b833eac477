"""What must agree in routers and routing rules: each fault with the place that it is at."""

from collections.abc import Iterable, Iterator
from math import inf

from models.conditions.parse import BadCondition, parse_condition
from models.conditions.unsatisfiable import unsatisfiable_reason
from models.playbook.document import Playbook
from models.playbook.reading.fault import Checks, Fault
from models.playbook.routing import RouterEntry, RouterKind, RoutingRule

WEIGHTED = (RouterKind.WEIGHTED, RouterKind.WEIGHTED_RANDOM)


def _weights_mean_something(playbook: Playbook) -> Iterator[Fault]:
    for i, router in enumerate(playbook.routers):
        if router.kind in WEIGHTED:
            continue
        for j, member in enumerate(router.members):
            if "weight" in member.model_fields_set and member.weight != 1:
                sentence = (
                    f"weight {member.weight} was found, and a router of kind {router.kind.value} knows no weights: "
                    f"leave it out, or make the kind weighted"
                )
                yield Fault(("routers", i, "members", j, "weight"), sentence)


def _somebody_has_a_weight(playbook: Playbook) -> Iterator[Fault]:
    for i, router in enumerate(playbook.routers):
        if router.kind not in WEIGHTED:
            continue
        preferred = [member for member in router.members if member.preferred]
        for group, who in ((preferred, "all who are preferred"), (router.members, "all members")):
            if group and not any(member.weight for member in group):
                sentence = f"{who} of {router.name} have weight 0, so nobody would get its leads: give one of them more"
                yield Fault(("routers", i, "members"), sentence)
                break


def _partners_are_offered_leads(playbook: Playbook) -> Iterator[Fault]:
    partners = {rep.email: team.name for team, rep in playbook.reps() if team.partner}
    for i, router in enumerate(playbook.routers):
        for j, member in enumerate(router.members):
            if member.rep in partners and router.offer is None:
                sentence = (
                    f"{member.rep} is of the partner team {partners[member.rep]}, who get leads by offers only: "
                    f"give {router.name} terms under offer, or take them out"
                )
                yield Fault(("routers", i, "members", j), sentence)


def _somebody_is_asked(playbook: Playbook) -> Iterator[Fault]:
    partners = {rep.email for team, rep in playbook.reps() if team.partner}
    for i, router in enumerate(playbook.routers):
        terms, weighted = router.offer, router.kind in WEIGHTED
        asked = [one for one in router.members if one.rep not in partners and (one.weight or not weighted)]
        if terms is not None and terms.partners is False and not asked:
            sentence = (
                f"partners is false, and {router.name} has no members of our own who would be asked: "
                f"let partners be asked, or add somebody"
            )
            yield Fault(("routers", i, "offer"), sentence)


def _offers_can_be_read(playbook: Playbook) -> Iterator[Fault]:
    for i, router in enumerate(playbook.routers):
        if router.offer is not None and isinstance(router.offer.partners, str):
            yield from _condition_faults(playbook, ("routers", i, "offer", "partners"), router.offer.partners)


def _fallback_router_exists(playbook: Playbook) -> Iterator[Fault]:
    kinds = {router.name: router.kind for router in playbook.routers}
    for i, router in enumerate(playbook.routers):
        if router.otherwise is None:
            continue
        place = ("routers", i, "otherwise")
        if router.kind is not RouterKind.NEAREST:
            yield Fault(place, f"a router of kind {router.kind.value} needs no other: leave otherwise out")
        elif router.otherwise not in kinds:
            yield Fault(place, f"{router.otherwise!r} was found, the name of a router was expected: {_listed(kinds)}")
        elif kinds[router.otherwise] is RouterKind.NEAREST:
            yield Fault(place, f"{router.otherwise} goes by distance too: name one that gives leads without a place")


def _the_nearest_can_be_found(playbook: Playbook) -> Iterator[Fault]:
    for i, router in enumerate(playbook.routers):
        if router.kind is RouterKind.NEAREST and not _has_places(playbook, router):
            sentence = f"no member of {router.name} has a postal_code, so nobody is nearest: give it under teams"
            yield Fault(("routers", i, "kind"), sentence)


def _rules_lead_to_routers(playbook: Playbook) -> Iterator[Fault]:
    routers = {router.name: router for router in playbook.routers}
    for i, rule in enumerate(playbook.routing.rules):
        router = routers.get(rule.router)
        if router is None:
            sentence = f"{rule.router!r} was found, the name of a router was expected: {_listed(routers)}"
            yield Fault(("routing", "rules", i, "router"), sentence)
        elif rule.within_km is not None and not _has_places(playbook, router):
            sentence = f"no member of {rule.router} has a postal_code, so nobody is near: give it under teams"
            yield Fault(("routing", "rules", i, "within_km"), sentence)


def _rules_can_hold(playbook: Playbook) -> Iterator[Fault]:
    for i, rule in enumerate(playbook.routing.rules):
        if rule.when is not None:
            yield from _condition_faults(playbook, ("routing", "rules", i, "when"), rule.when)


def _rules_are_reached(playbook: Playbook) -> Iterator[Fault]:
    rules = playbook.routing.rules
    for i, rule in enumerate(rules):
        for j, before in enumerate(rules[:i]):
            if _shadows(playbook, before, rule):
                all_leads = before.when is None and before.within_km is None
                whose = "holds for all leads" if all_leads else "takes all of its leads"
                sentence = f"rule {j + 1} {whose}, so this one is never reached: put it before that, or remove it"
                yield Fault(("routing", "rules", i), sentence)
                break


def _shadows(playbook: Playbook, before: RoutingRule, rule: RoutingRule) -> bool:
    """Whether `before` shadows `rule`: every lead that `rule` matches is matched by `before` first."""
    as_near = before.router == rule.router and (rule.within_km or inf) <= (before.within_km or 0)
    if before.within_km is not None and not as_near:
        return False
    if before.when is None or rule.when is None:
        return before.when is None
    return unsatisfiable_reason(f"({rule.when}) and not ({before.when})", playbook.fields) is not None


def _routed_events_have_rules(playbook: Playbook) -> Iterator[Fault]:
    if playbook.routing.on and not playbook.routing.rules:
        sentence = "leads are to be routed on these events, and no rule says where: add rules, or leave on out"
        yield Fault(("routing", "on"), sentence)


def _condition_faults(playbook: Playbook, place: tuple[str | int, ...], condition: str) -> Iterator[Fault]:
    try:
        parse_condition(condition, playbook.fields)
    except BadCondition as error:
        yield Fault(place, str(error))
        return
    why = unsatisfiable_reason(condition, playbook.fields)
    if why is not None:
        yield Fault(place, why)


def _has_places(playbook: Playbook, router: RouterEntry) -> bool:
    places = {rep.email for _, rep in playbook.reps() if rep.postal_code}
    return any(member.rep in places for member in router.members)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


ROUTING_CHECKS: Checks = (
    (_weights_mean_something, {"routers"}),
    (_somebody_has_a_weight, {"routers"}),
    (_partners_are_offered_leads, {"routers", "teams"}),
    (_somebody_is_asked, {"routers", "teams"}),
    (_offers_can_be_read, {"routers", "fields"}),
    (_fallback_router_exists, {"routers"}),
    (_the_nearest_can_be_found, {"routers", "teams"}),
    (_rules_lead_to_routers, {"routers", "teams", "routing"}),
    (_rules_can_hold, {"routing", "fields"}),
    (_rules_are_reached, {"routing", "fields"}),
    (_routed_events_have_rules, {"routing"}),
)
"""Checks of routers and routing rules, in the form of check.CHECKS."""
