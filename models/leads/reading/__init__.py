"""Reading a payload by the rules of its source: its fields, when it happened, what it proves of consent."""
