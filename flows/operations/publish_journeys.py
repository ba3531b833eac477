"""Publish the journeys of this checkout: the version and the map of each, for pages, which run no code of journeys."""

import inspect
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.maps.stored_map import stored_map
from models.journeys.versions import VersionToPublish, publish, version_of
from models.playbook import Playbook


def publish_journeys(connection: Connection, definitions: Definitions, playbook: Playbook, now: datetime) -> None:
    """Store the version and the map of each journey. One whose file cannot be loaded keeps the version that it had."""
    kinds = playbook.tasks.all_kinds
    versions = []
    for definition in definitions.values():
        if definition.problem is None:
            source, found = _source(definition), stored_map(definition, definitions, kinds)
            versions.append(VersionToPublish(definition.name, version_of(source), source, found.places, found.drawing))
    publish(connection, versions, now)


def _source(definition: Definition) -> str:
    return Path(inspect.getfile(definition.body)).read_text(encoding="utf-8")
