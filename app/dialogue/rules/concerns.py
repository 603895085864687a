"""What a word about money is: a question for the price, a wish for less than the rules say, a doubt whether it is worth it."""

from app.dialogue.rules.scene import Scene

_HAGGLES = 0.3
"""Probability from which what the lists took for haggling is answered as that."""
_SURELY = 0.5
"""Probability from which it is what the examples say."""


def haggles(s: Scene) -> bool:
    """Whether he asks for a concession: not which discounts there are, for a year's price or the cheapest thing."""
    if not s.u.word("haggles") or s.u.word("discount_rule") or not s.u.has("discount_request") or names_others(s):
        return False
    return s.u.acts.get("discount_request", 1.0) >= _HAGGLES


def priced(s: Scene) -> bool:
    """Whether he asks what something costs, whatever he says of discounts."""
    return s.u.acts.get("price", 0.0) >= _SURELY


def names_others(s: Scene) -> bool:
    """Whether he holds the lower price of others against ours."""
    number = any(token.text.isdecimal() for token in s.u.message.tokens)
    return bool(s.u.word("others")) and (number or bool(s.u.word("dearer")) or s.u.has("objection_price"))


def of_worth(s: Scene) -> bool:
    """Whether he doubts that it is worth its price: met with what is in it, and with no list of prices."""
    compares, asks = (s.u.acts.get(act, 0.0) >= _SURELY for act in ("comparison", "price"))
    if s.heard.answered or compares or asks:
        return False
    others = names_others(s)
    if not others and s.u.has("discount_request") and s.u.acts.get("discount_request", 0.0) >= _SURELY:
        return False
    said = others or bool(s.u.word("worth"))
    doubts = s.u.has("objection_price") and not s.u.has("price", "payment", "feature")
    return said or (doubts and s.u.acts.get("objection_price", 0.0) >= _SURELY)
