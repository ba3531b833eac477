"""The journey that the routing benchmark runs: it asks for an owner and nothing else."""

from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition


async def routed(j: Journey) -> str:
    """Nothing but the verb."""
    return await j.route()


DEFINITIONS = {"routed": Definition("routed", routed)}
