"""Whether a draft answers: what decides is said, by a seller, in the customer's language and in more than a word."""
