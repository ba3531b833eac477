"""The list of contacts: what is asked of it, the form that writes a condition, saved views, actions for all found."""
