"""A raw message read: the customer's own words apart from all else, in clauses. Words are data (`words/`)."""
