"""Harmless repairs of a draft."""
