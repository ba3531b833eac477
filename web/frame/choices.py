"""What a form offers to choose from: each value with how it reads. The empty value is for what is not known."""

from collections.abc import Mapping

from models.values.custom_field import CustomField

NOT_KNOWN = {"": "Not known"}
YES_OR_NO = {**NOT_KNOWN, "yes": "Yes", "no": "No"}
FLAG_TEXT = {True: "yes", False: "no", None: ""}
"""A stored yes or no, as a form writes it."""


def option_choices(field: CustomField) -> Mapping[str, str]:
    """The options of a dropdown that the playbook declares."""
    return {**NOT_KNOWN, **{option: option for option in field.options}}
