"""A bot's own rules: its topics, texts and hours, and what a message names of money."""
