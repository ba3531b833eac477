"""The one search box: people, work, mails, journeys, the team, sources, pages, reports and documentation."""
