"""The kinds of what is learnt from a customer: what an answer to the question for it looks like."""

from typing import Literal

Kind = Literal["number", "choice", "text", "timing", "authority", "money", "criteria", "yes_no", "contact", "name"]

FREE: frozenset[Kind] = frozenset({"text", "timing", "authority", "money", "criteria"})
"""Kinds that are answered in the customer's own words: any, or about when, who, how much and by what to choose."""
