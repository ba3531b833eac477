"""What a contact is called and dialled by where people read of it."""

__all__ = ["DISPLAY_NAME", "NAME_AS_GIVEN", "PHONE_TO_DIAL"]


NAME_AS_GIVEN = """(SELECT given.found FROM unread_value given WHERE given.contact_id = contact.id
                     AND given.field IN ('full_name', 'first_name', 'last_name') AND given.repaired_at IS NULL
                     AND given.found ~ '[[:alpha:]]' AND given.found !~ '[@/<>\\n]' AND length(given.found) <= 60
                     ORDER BY given.field = 'full_name' DESC, given.id DESC LIMIT 1)"""
"""SQL over the table contact: what they gave as their name where it could not be read as one, such as `Upton Grade57`;
null for what is no name at all, an address or a link."""

DISPLAY_NAME = f"""coalesce(nullif(concat_ws(' ', contact.first_name, contact.last_name), ''), {NAME_AS_GIVEN},
                    contact.email, contact.phone, contact.company, 'contact ' || contact.id)"""
"""SQL over the table contact: the person's name, else what they gave as one until somebody says otherwise, else what we
have in its place; an account is its company."""

PHONE_TO_DIAL = "contact.phone || coalesce(';ext=' || contact.phone_extension, '')"
"""SQL over the table contact: the number with its extension, such as +14155550123;ext=12, as links dial it."""
