"""Facts: what is counted, from the ordinary tables."""

from models.kpi.facts.update import FactChanges, update_facts

__all__ = ["FactChanges", "update_facts"]
