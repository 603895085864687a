"""What a knowledge base and a draft state: clauses with the words that they affirm and those that they deny."""
