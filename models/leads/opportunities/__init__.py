"""Files of deals: the export of a CRM, with its lists of accounts, products and teams, becomes history."""
