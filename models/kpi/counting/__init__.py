"""From facts to the tables that reports read: daily counts, cohorts, stages; and which contacts a run looks at."""
