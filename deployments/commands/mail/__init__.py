"""Commands about mails and their sender."""
