"""What a company has that conditions and forms of the list can name: people, teams, journeys, products, tasks."""

from sqlalchemy import Connection, text

from models.contacts.views.conditions import KnownWords
from models.playbook import NoPlaybook, current_playbook
from models.titles.journeys import journey_outlines

NAMES = text("""
SELECT 'owner' AS what, name FROM rep UNION SELECT 'team', name FROM team UNION SELECT 'bought', code FROM product
ORDER BY 1, 2
""")


def known_words(connection: Connection) -> KnownWords:
    """All names as they are now; before there is a playbook, contacts have no fields of a company's own."""
    words: dict[str, list[str]] = {"journey": list(journey_outlines()), "owner": [], "team": [], "bought": []}
    for what, name in connection.execute(NAMES):
        words[what].append(name)
    try:
        playbook = current_playbook(connection)
    except NoPlaybook:
        return KnownWords({}, words)
    return KnownWords(playbook.fields, words | {"task": sorted(playbook.tasks.all_kinds)}, tuple(playbook.sources))
