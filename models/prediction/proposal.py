"""Points for the playbook's rules, proposed by what the model has learnt. Pure."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import yaml

from models.playbook.document import Playbook
from models.playbook.scoring import ScoreRule
from models.playbook.source import CONTACT_FIELDS
from models.prediction.feature import Feature, FeatureKind
from models.prediction.lead_fields import GIVEN
from models.prediction.model import Model, Term
from models.prediction.reasons import level_phrase
from models.values.custom_field import CustomField, FieldType

SMALL = 0.1
USUAL_LARGEST = 20
"""The largest points where the playbook has no rules yet."""

CustomFields = dict[str, CustomField]


def propose_rules(model: Model, playbook: Playbook) -> tuple[ScoreRule, ...]:
    """A rule per level that a condition or an event can name, the weightiest first.

    The largest effect gets as many points as the largest rule has now, the others in proportion; what is small beside
    it is left out. Points are compared with the average lead, as the effects are.
    """
    effects = [found for term in model.terms for found in _proposable_effects(term, CONTACT_FIELDS | playbook.fields)]
    largest = max((abs(effect) for effect, _ in effects), default=0.0)
    effects = [(effect, rule) for effect, rule in effects if abs(effect) > SMALL * largest]
    scale = float(max((abs(rule.points) for rule in playbook.scoring.rules), default=USUAL_LARGEST))
    pointed = [(round(scale * effect / largest), rule) for effect, rule in effects]
    pointed.sort(key=lambda pair: -abs(pair[0]))
    return tuple(ScoreRule(points=Decimal(points), **rule) for points, rule in pointed if points)


def rules_as_yaml(rules: tuple[ScoreRule, ...]) -> str:
    """The rules as YAML for the playbook's section `scoring`."""
    plain = [rule.model_dump(mode="json", exclude_defaults=True) for rule in rules]
    shown = [one | {"points": int(rule.points)} for one, rule in zip(plain, rules, strict=True)]
    return str(yaml.safe_dump({"rules": shown}, sort_keys=False, allow_unicode=True, width=120))


def _proposable_effects(term: Term, fields: CustomFields) -> list[tuple[float, dict[str, Any]]]:
    """Effects of a feature with the rules that stand for them, as far as the playbook can name them."""
    feature = term.feature
    if feature.name.startswith("event:") and feature.name != "event:":
        return [_event_effect(term)]
    if feature.name == "form":
        forms = enumerate(feature.values)
        return [(term.effects[level], _rule(feature, level, on=[f"form_submitted:{form}"])) for level, form in forms]
    if not feature.name.startswith("field:"):
        return []
    conditions = ((level, _condition(feature, level, fields)) for level in range(feature.size))
    return [
        (float(term.effects[level]), _rule(feature, level, when=when))
        for level, when in conditions
        if when and term.shares[level]
    ]


def _rule(feature: Feature, level: int, **rest: Any) -> dict[str, Any]:
    return {"name": level_phrase(feature, level), **rest} | (
        {"counts": "once", "decays": False} if "on" in rest else {}
    )


def _event_effect(term: Term) -> tuple[float, dict[str, Any]]:
    """One rule for having done it at all, by the mean effect of how often it was done."""
    shares, effects = np.array(term.shares[1:]), term.effects[1:]
    effect = float(np.average(effects, weights=shares)) if shares.sum() else 0.0
    pattern = term.feature.name.removeprefix("event:")
    return effect, {"name": term.feature.label, "on": [pattern], "counts": "once"}


def _condition(feature: Feature, level: int, fields: CustomFields) -> str | None:
    """The level in the language of conditions; None where that has no words for it."""
    name = feature.name.removeprefix("field:")
    if level == feature.missing:
        return f"{'consent_at' if name == 'consent' else name} is None"
    if feature.values == (GIVEN,):
        return f"{name} is not None" if level == 0 else None
    if feature.kind is FeatureKind.NUMBER:
        return _range(name, feature.edges, level)
    if level == len(feature.values):
        return None
    if name == "consent" or (name in fields and fields[name].type is FieldType.CHECKBOX):
        return _flag(name, feature.values[level])
    return f"{name} == {json.dumps(feature.values[level], ensure_ascii=False)}"


def _flag(name: str, value: str) -> str | None:
    if name == "consent":
        return "consent_at is not None" if value == "yes" else None
    return f"{name} == {value == 'yes'}"


def _range(name: str, edges: tuple[float, ...], level: int) -> str | None:
    above = f"{name} >= {edges[level - 1]:.15g}" if level else ""
    below = f"{name} < {edges[level]:.15g}" if level < len(edges) else ""
    return " and ".join(filter(None, (above, below))) or None
