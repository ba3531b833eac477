"""Keeps with each open task the mails that its outcomes send, by the journeys as they are now.

Tasks that were given before an upgrade, or before a journey was changed, would else not say that a report sends a mail.
"""

from sqlalchemy import Connection, text

from flows.runtime.definitions.definition import Definitions
from flows.runtime.maps.request_places import mails_after
from models.database import to_json
from models.playbook import NoPlaybook, current_playbook

OPEN = "done_at IS NULL AND closed_at IS NULL"

STEPS = text(f"SELECT DISTINCT journey, name FROM task WHERE {OPEN} ORDER BY journey, name")

SET = text(f"""
UPDATE task SET mails = n.mails
FROM jsonb_to_recordset(CAST(:steps AS jsonb)) AS n (journey text, name text, mails jsonb)
WHERE {OPEN} AND task.journey = n.journey AND task.name = n.name AND task.mails <> n.mails
""")


def keep_mails_of_tasks(connection: Connection, definitions: Definitions) -> int:
    """Write the mails that follow to open tasks where others stand; gives to how many. The caller commits.

    Doing it again changes nothing. Tasks of journeys that are no more stay as they are.
    """
    try:
        kinds = current_playbook(connection).tasks.all_kinds
    except NoPlaybook:
        return 0
    steps = [
        {"journey": row.journey, "name": row.name, "mails": mails_after(definitions, kinds, row.journey, row.name)}
        for row in connection.execute(STEPS)
        if row.journey in definitions
    ]
    return connection.execute(SET, {"steps": to_json(steps)}).rowcount if steps else 0
