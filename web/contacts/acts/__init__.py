"""What people of ops do on a contact's page: forms that say who did it, and act once however often they are sent."""
