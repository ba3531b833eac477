"""Flows that operate Tend: deliver email, perform activities, remind, assign and import leads, apply the playbook."""
