"""What runs Tend on a machine: the command line, the local stack, the demo, the fake SendGrid and the playbook."""
