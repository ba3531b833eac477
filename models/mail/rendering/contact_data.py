"""SQL of what templates may use about a contact, for queries that join the table contact."""

from models.display_name import NAME_AS_GIVEN, PHONE_TO_DIAL
from models.mail.rules.consent import OPTED_OUT_TOPICS

CONTACT = f"""contact.custom || (to_jsonb(contact) - 'custom') || jsonb_build_object(
        'phone', {PHONE_TO_DIAL}, 'opted_out_topics', {OPTED_OUT_TOPICS}, 'name_as_given',
        CASE WHEN contact.first_name IS NULL AND contact.last_name IS NULL THEN {NAME_AS_GIVEN} END)"""
"""All fields of the contact, custom ones included, as one JSON object; the phone with its extension, the topics that
they want no mail about, and what they gave as their name where it could not be read as one."""

FORM = "form.data || jsonb_build_object('name', form.topic)"
"""The fields of the form and its name, as one JSON object; beside NEWEST_FORM as `form`."""

NEWEST_FORM = """(
        SELECT topic, data FROM event
        WHERE contact_id = contact.id AND name = 'form_submitted' ORDER BY at DESC, id DESC LIMIT 1
    )"""
"""The last form that the contact submitted: it says what they asked for."""

NEWEST_REPLY = """(
        SELECT from_address AS address, subject, left(body, 4000) AS text FROM inbound_mail
        WHERE contact_id = contact.id AND kind IN ('reply', 'unsubscribe and reply', 'privacy request')
        ORDER BY id DESC LIMIT 1
    )"""
"""The last reply of the contact."""
