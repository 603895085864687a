"""What any text in a customer's language has: letters, numbers, sentences. No trade, no shop, no dialogue."""
