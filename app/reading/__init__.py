"""A raw message read: the customer's own words apart from all else, and those words in clauses. Words are data (`words/`)."""
