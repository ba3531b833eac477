"""Readers of single values: what people write becomes what is stored, or BadValue. They know no field and no table."""
