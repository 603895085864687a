"""What one message says: its words, its intents, its language and tone. Nothing of the conversation before it."""
