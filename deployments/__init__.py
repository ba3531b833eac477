"""What runs Tend on a machine: the command line, the local stack, the demo, the fake SendGrid and the playbook."""

from blocks.own_folder import keep_to_own_folder

keep_to_own_folder()
