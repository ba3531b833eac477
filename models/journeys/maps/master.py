"""The master map: all journeys with what starts them, what they hand over to, and what they start beside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.journeys.maps.drawing import DrawnBox, DrawnWay, Sketch, render
from models.journeys.maps.layout import Arrow, Group
from models.journeys.maps.places import JourneyPlaces
from models.journeys.maps.shapes import SMALL, SMALL_LINE, Kind, width_of, wrap
from models.playbook.scoring import Direction, Threshold
from models.titles import title_of_journey, title_of_pattern
from models.wording import number

TRIGGER = Kind("begin", "Starts by", "pill")
SCORE = Kind("question", "Score", "hexagon")
JOURNEY = Kind("task", "Journey", "rounded")
AUTOMATIC = Kind("change", "Journey", "rounded")
LONGEST_TRIGGER = 30
MOST_TRIGGERS = 8

ASKING = ("form_submitted", "offer_requested", "call_received", "asked_again", "replied", "support_requested")
BUYING = ("order_placed", "order_cancelled", "cancel_requested", "subscription")
GROUPS = {
    "asks": "Somebody turns to us",
    "score": "A score or a stage is reached",
    "buys": "Customers",
    "other": "Something else happens",
    "follows": "Comes after another journey",
    "hand": "Put on it by people",
}
"""Kind of trigger -> the title of the frame around its journeys, in the order in which leads usually come to them."""


@dataclass(frozen=True)
class MasterMap:
    """What the master map is drawn from."""

    journeys: Sequence[JourneyPlaces]
    thresholds: Sequence[Threshold] = ()
    """Of the playbook: crossing one is an event."""
    summaries: Mapping[str, str] | None = None
    """Journey -> what it says when pointed at."""


def draw_master_map(master: MasterMap, *, linked: bool = False) -> str:
    """All journeys as SVG, from left to right. `linked`: each leads to its own map, and there is room for figures."""
    return render(_sketch(master, linked), linked=linked)


def handed_to(master: MasterMap) -> dict[tuple[str, str], str]:
    """Journey and the one that follows -> `goes on with` or `starts beside`; of two, the first."""
    known = {one.journey for one in master.journeys}
    found: dict[tuple[str, str], str] = {}
    for one in master.journeys:
        for target in one.hand_overs:
            found.setdefault((one.journey, target), "goes on with")
        for target in one.starts:
            found.setdefault((one.journey, target), "starts beside")
    return {pair: says for pair, says in found.items() if pair[1] in known}


def _sketch(master: MasterMap, linked: bool) -> Sketch:
    following = handed_to(master)
    boxes = [_journey_box(one, master, linked) for one in master.journeys]
    triggers = {one.journey: list(_trigger_boxes(one, master.thresholds)) for one in master.journeys}
    boxes += [box for drawn in triggers.values() for box in drawn]
    boxes += [_threshold_box(one, master) for one in master.thresholds]
    ways = [_way(box.id, journey) for journey, drawn in triggers.items() for box in drawn]
    ways += [
        _way(f"s-{threshold.name}", one.journey)
        for threshold in master.thresholds
        for one in master.journeys
        if crossing(threshold) in one.starts_on
    ]
    ways += [
        _way(source, target, "beside" if says == "starts beside" else "", says == "starts beside", linked)
        for (source, target), says in following.items()
    ]
    groups = _groups(master, {target for _, target in following}, {box.id for box in boxes})
    title = f"Map of all {len(master.journeys)} journeys"
    description = "; ".join(
        f"{title_of_journey(source)} {says} {title_of_journey(target)}" for (source, target), says in following.items()
    )
    return Sketch(title, description, tuple(boxes), tuple(ways), groups, "LR")


def _groups(master: MasterMap, followers: set[str], drawn: set[str]) -> tuple[Group, ...]:
    members: dict[str, list[str]] = {}
    for one in master.journeys:
        boxes = (f"t-{one.journey}", one.journey)
        members.setdefault(_group(one, followers), []).extend(box for box in boxes if box in drawn)
    for threshold in master.thresholds:
        members.setdefault("score", []).append(f"s-{threshold.name}")
    return tuple(Group(kind, title, tuple(members[kind])) for kind, title in GROUPS.items() if kind in members)


def _group(places: JourneyPlaces, followers: set[str]) -> str:
    names = {pattern.partition(":")[0] for pattern in (*places.starts_on, *places.fallback)}
    if names & set(ASKING):
        return "asks"
    if names & {"score_rose", "score_fell", "stage_reached"}:
        return "score"
    if names & set(BUYING):
        return "buys"
    if names:
        return "other"
    return "follows" if places.journey in followers else "hand"


def _journey_box(places: JourneyPlaces, master: MasterMap, linked: bool) -> DrawnBox:
    by_person = any(place.to_person for place in places.places)
    mails = sum(bool(place.templates) for place in places.places)
    above = f"{len(places.places)} steps, {mails} mails"
    title = title_of_journey(places.journey)
    says = (master.summaries or {}).get(places.journey) or title
    link = f"/journeys/{places.journey}"
    lines = tuple(wrap(title, 22))
    kind = JOURNEY if by_person else AUTOMATIC
    return DrawnBox(places.journey, kind, above, lines, says, link, by_person, has_figures=linked)


def _trigger_boxes(places: JourneyPlaces, thresholds: Sequence[Threshold]) -> Iterator[DrawnBox]:
    known = {pattern for one in thresholds for pattern in [crossing(one)]}
    triggers = [title_of_pattern(pattern) for pattern in places.starts_on if pattern not in known]
    triggers += [f"{title_of_pattern(name)}, if nothing else takes it up" for name in places.fallback]
    if triggers:
        lines = [line for trigger in _together(triggers) for line in wrap(trigger, LONGEST_TRIGGER)]
        more = len(lines) - MOST_TRIGGERS
        shown = lines if more <= 0 else [*lines[: MOST_TRIGGERS - 1], f"and {more + 1} more"]
        yield DrawnBox(f"t-{places.journey}", TRIGGER, "", tuple(shown), "; ".join(triggers))


def crossing(threshold: Threshold) -> str:
    """The event that crossing a threshold is."""
    return f"{'score_rose' if threshold.direction is Direction.RISING else 'score_fell'}:{threshold.name}"


def _threshold_box(threshold: Threshold, master: MasterMap) -> DrawnBox:
    how = "reaches" if threshold.direction is Direction.RISING else "falls below"
    starts = any(crossing(threshold) in one.starts_on for one in master.journeys)
    lines = (f"Score {how} {number(threshold.score)}: {threshold.name}",)
    return DrawnBox(f"s-{threshold.name}", SCORE, "" if starts else "starts no journey", lines, lines[0])


def _together(triggers: Sequence[str]) -> list[str]:
    """`Filled in a form: request info, trial` of several triggers that begin alike."""
    found: dict[str, list[str]] = {}
    for trigger in triggers:
        before, _, topic = trigger.partition(": ")
        found.setdefault(before, []).extend([topic] if topic else [])
    return [f"{before}: {', '.join(topics)}" if topics else before for before, topics in found.items()]


def _way(source: str, target: str, says: str = "", is_dashed: bool = False, linked: bool = False) -> DrawnWay:
    wide = max(width_of(says, SMALL + 0.5) + 10 if says else 0, 44 if linked else 0)
    high = (SMALL_LINE if says else 0) + (SMALL_LINE if linked else 0)
    arrow = Arrow(source, target, round(wide), high, is_side=is_dashed)
    title = f"{title_of_journey(source)} {says or 'goes on with'} {title_of_journey(target)}"
    title = title if source[:2] not in ("t-", "s-") else f"starts {title_of_journey(target)}"
    lines = (says,) if says else ()
    return DrawnWay(arrow, arrow.id, lines, title, "dashed" if is_dashed else "", linked)
