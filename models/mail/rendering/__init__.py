"""Emails as they are rendered: templates, merge fields, links, plain text."""
