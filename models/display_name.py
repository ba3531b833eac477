"""What a contact is called and dialled by where people read of it."""

__all__ = ["DISPLAY_NAME", "PHONE_TO_DIAL"]


DISPLAY_NAME = """coalesce(nullif(concat_ws(' ', contact.first_name, contact.last_name), ''),
                    contact.email, contact.phone, contact.company, 'contact ' || contact.id)"""
"""SQL over the table contact: the person's name, else what we have in its place; an account is its company."""

PHONE_TO_DIAL = "contact.phone || coalesce(';ext=' || contact.phone_extension, '')"
"""SQL over the table contact: the number with its extension, such as +14155550123;ext=12, as links dial it."""
