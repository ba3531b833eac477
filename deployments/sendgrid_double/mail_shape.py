"""The body of `POST /v3/mail/send`, by its documentation."""

from deployments.sendgrid_double.shapes import Address, Anything, Many, Pairs, Record, Text, Truth, Whole

MOST_RECIPIENTS = 1000

PERSON = Record({"email": Address(), "name": Text(one_line=True)}, needed=("email",))
PEOPLE = Many(PERSON, most=MOST_RECIPIENTS)
SUBJECT = Text(shortest=1, one_line=True)
HEADERS = Pairs(Text(one_line=True))
ENABLE = Record({"enable": Truth()})

PERSONALIZATION = Record(
    {
        "from": PERSON,
        "to": Many(PERSON, fewest=1, most=MOST_RECIPIENTS),
        "cc": PEOPLE,
        "bcc": PEOPLE,
        "subject": SUBJECT,
        "headers": HEADERS,
        "substitutions": Pairs(Text()),
        "dynamic_template_data": Pairs(Anything()),
        "custom_args": Pairs(Text()),
        "send_at": Whole(),
    },
    needed=("to",),
)

ATTACHMENT = Record(
    {
        "content": Text(shortest=1),
        "type": Text(shortest=1, one_line=True),
        "filename": Text(shortest=1, one_line=True),
        "disposition": Text(among=("inline", "attachment")),
        "content_id": Text(one_line=True),
    },
    needed=("content", "filename"),
)

MAIL_SETTINGS = Record(
    {
        "bypass_list_management": ENABLE,
        "bypass_spam_management": ENABLE,
        "bypass_bounce_management": ENABLE,
        "bypass_unsubscribe_management": ENABLE,
        "footer": Record({"enable": Truth(), "text": Text(), "html": Text()}),
        "sandbox_mode": ENABLE,
    }
)

TRACKING_SETTINGS = Record(
    {
        "click_tracking": Record({"enable": Truth(), "enable_text": Truth()}),
        "open_tracking": Record({"enable": Truth(), "substitution_tag": Text()}),
        "subscription_tracking": Record(
            {"enable": Truth(), "text": Text(), "html": Text(), "substitution_tag": Text()}
        ),
        "ganalytics": Record(
            {
                "enable": Truth(),
                "utm_source": Text(),
                "utm_medium": Text(),
                "utm_term": Text(),
                "utm_content": Text(),
                "utm_campaign": Text(),
            }
        ),
    }
)

MAIL = Record(
    {
        "personalizations": Many(PERSONALIZATION, fewest=1, most=1000),
        "from": PERSON,
        "reply_to": PERSON,
        "reply_to_list": Many(PERSON, most=1000, unique=True),
        "subject": SUBJECT,
        "content": Many(
            Record({"type": Text(shortest=1, one_line=True), "value": Text(shortest=1)}, needed=("type", "value")),
            fewest=1,
        ),
        "attachments": Many(ATTACHMENT),
        "template_id": Text(shortest=1),
        "headers": HEADERS,
        "categories": Many(Text(shortest=1, longest=255), most=10, unique=True),
        "custom_args": Pairs(Text()),
        "send_at": Whole(),
        "batch_id": Text(shortest=1),
        "asm": Record({"group_id": Whole(), "groups_to_display": Many(Whole(), most=25)}, needed=("group_id",)),
        "ip_pool_name": Text(shortest=2, longest=64),
        "mail_settings": MAIL_SETTINGS,
        "tracking_settings": TRACKING_SETTINGS,
    },
    needed=("personalizations", "from"),
)
