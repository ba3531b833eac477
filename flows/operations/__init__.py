"""Flows that keep house: reacting, delivering, reminding, importing, applying the playbook."""
