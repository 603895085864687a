"""Drafts with verdicts: what the guardrail makes of them, and where to draw its lines."""
