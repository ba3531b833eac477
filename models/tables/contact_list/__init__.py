"""Tables of the list of contacts: views that somebody saved, and actions for all contacts that were found."""
