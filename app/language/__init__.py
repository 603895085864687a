"""How people write: letters, scripts, folds, sentences, and the language of a text. Words are data (`words/`)."""
