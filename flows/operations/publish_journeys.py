"""Publish the journeys of this checkout: the version and the map of each, for pages, which run no code of journeys."""

from datetime import datetime

from sqlalchemy import Connection

from flows.runtime.definitions.definition import Definitions
from flows.runtime.maps.stored_map import stored_map
from models.journeys.versions import VersionToPublish, publish, retire_others
from models.playbook import Playbook


def publish_journeys(connection: Connection, definitions: Definitions, playbook: Playbook, now: datetime) -> None:
    """Store the version and the map of each journey. One whose file cannot be loaded keeps the version that it had; one
    that is gone has no current version any more. The caller commits.
    """
    kinds = playbook.tasks.all_kinds
    versions = []
    for one in definitions.values():
        if one.version is not None:
            found = stored_map(one, definitions, kinds)
            versions.append(VersionToPublish(one.name, one.version, one.source, found.places, found.drawing))
    publish(connection, versions, now)
    retire_others(connection, definitions.keys())
