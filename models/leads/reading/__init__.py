"""What is read of a lead beside its fields: which source it is of, when it happened, what it proves of consent."""
