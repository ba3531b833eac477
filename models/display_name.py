"""What a contact is called where people read of it."""

__all__ = ["DISPLAY_NAME"]


DISPLAY_NAME = """coalesce(nullif(concat_ws(' ', contact.first_name, contact.last_name), ''),
                    contact.email, contact.phone, 'contact ' || contact.id)"""
"""SQL over the table contact: the person's name, else what we have in its place."""
