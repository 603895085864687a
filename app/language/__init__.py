"""How people write: letters, scripts, sentences, the language of a text, and its figures. Words are data."""
