"""A text as the checks read it: one spelling, sentences, tokens with what they mean, turns of speech."""
