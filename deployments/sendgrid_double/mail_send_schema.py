"""The body of `POST /v3/mail/send`, by its documentation."""

from deployments.sendgrid_double.schema import (
    AnySchema,
    ArraySchema,
    BooleanSchema,
    EmailSchema,
    IntegerSchema,
    MapSchema,
    ObjectSchema,
    StringSchema,
)

MOST_RECIPIENTS = 1000

PERSON = ObjectSchema({"email": EmailSchema(), "name": StringSchema(one_line=True)}, required=("email",))
PEOPLE = ArraySchema(PERSON, max_items=MOST_RECIPIENTS)
SUBJECT = StringSchema(min_length=1, one_line=True)
HEADERS = MapSchema(StringSchema(one_line=True))
ENABLE = ObjectSchema({"enable": BooleanSchema()})

PERSONALIZATION = ObjectSchema(
    {
        "from": PERSON,
        "to": ArraySchema(PERSON, min_items=1, max_items=MOST_RECIPIENTS),
        "cc": PEOPLE,
        "bcc": PEOPLE,
        "subject": SUBJECT,
        "headers": HEADERS,
        "substitutions": MapSchema(StringSchema()),
        "dynamic_template_data": MapSchema(AnySchema()),
        "custom_args": MapSchema(StringSchema()),
        "send_at": IntegerSchema(),
    },
    required=("to",),
)

ATTACHMENT = ObjectSchema(
    {
        "content": StringSchema(min_length=1),
        "type": StringSchema(min_length=1, one_line=True),
        "filename": StringSchema(min_length=1, one_line=True),
        "disposition": StringSchema(enum=("inline", "attachment")),
        "content_id": StringSchema(one_line=True),
    },
    required=("content", "filename"),
)

MAIL_SETTINGS = ObjectSchema(
    {
        "bypass_list_management": ENABLE,
        "bypass_spam_management": ENABLE,
        "bypass_bounce_management": ENABLE,
        "bypass_unsubscribe_management": ENABLE,
        "footer": ObjectSchema({"enable": BooleanSchema(), "text": StringSchema(), "html": StringSchema()}),
        "sandbox_mode": ENABLE,
    }
)

TRACKING_SETTINGS = ObjectSchema(
    {
        "click_tracking": ObjectSchema({"enable": BooleanSchema(), "enable_text": BooleanSchema()}),
        "open_tracking": ObjectSchema({"enable": BooleanSchema(), "substitution_tag": StringSchema()}),
        "subscription_tracking": ObjectSchema(
            {
                "enable": BooleanSchema(),
                "text": StringSchema(),
                "html": StringSchema(),
                "substitution_tag": StringSchema(),
            }
        ),
        "ganalytics": ObjectSchema(
            {
                "enable": BooleanSchema(),
                "utm_source": StringSchema(),
                "utm_medium": StringSchema(),
                "utm_term": StringSchema(),
                "utm_content": StringSchema(),
                "utm_campaign": StringSchema(),
            }
        ),
    }
)

MAIL = ObjectSchema(
    {
        "personalizations": ArraySchema(PERSONALIZATION, min_items=1, max_items=1000),
        "from": PERSON,
        "reply_to": PERSON,
        "reply_to_list": ArraySchema(PERSON, max_items=1000, unique=True),
        "subject": SUBJECT,
        "content": ArraySchema(
            ObjectSchema(
                {"type": StringSchema(min_length=1, one_line=True), "value": StringSchema(min_length=1)},
                required=("type", "value"),
            ),
            min_items=1,
        ),
        "attachments": ArraySchema(ATTACHMENT),
        "template_id": StringSchema(min_length=1),
        "headers": HEADERS,
        "categories": ArraySchema(StringSchema(min_length=1, max_length=255), max_items=10, unique=True),
        "custom_args": MapSchema(StringSchema()),
        "send_at": IntegerSchema(),
        "batch_id": StringSchema(min_length=1),
        "asm": ObjectSchema(
            {"group_id": IntegerSchema(), "groups_to_display": ArraySchema(IntegerSchema(), max_items=25)},
            required=("group_id",),
        ),
        "ip_pool_name": StringSchema(min_length=2, max_length=64),
        "mail_settings": MAIL_SETTINGS,
        "tracking_settings": TRACKING_SETTINGS,
    },
    required=("personalizations", "from"),
)
