"""The steps from a raw text to a meant one, each by itself: signs, look-alikes, held letters, keyboards, scripts."""
