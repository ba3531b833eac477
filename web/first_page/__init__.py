"""Parts of the first page: what needs a person, how today goes, and how it went."""
