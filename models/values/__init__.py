"""Values that come in from outside or stand in the playbook, and what makes them valid."""
