"""What a word about money is: a question for the price, a wish for less, a doubt whether it is worth it."""

from app.dialogue.rules.scene import OBJECTIONS, Decision, Scene

_HAGGLES = 0.3
"""Probability from which what the lists took for haggling is answered as that."""
_BARE_OBJECTION = 3
"""An objection of no more words than this says nothing to search for."""
_A_PRICE = 3
"""Figures of a number that may be what somebody pays."""
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
    if not s.u.word("others"):
        return False
    # A number of goods, years or shops is no price.
    priced = bool(s.terms) or (bool(s.u.word("spans")) and _long_number(s))
    return priced or bool(s.u.word("dearer")) or s.u.has("objection_price")


def _long_number(s: Scene) -> bool:
    return any(token.text.isdecimal() and len(token.text) >= _A_PRICE for token in s.u.message.tokens)


def of_worth(s: Scene) -> bool:
    """Whether he doubts that it is worth its price: met with what is in it, and with no list of prices."""
    if s.heard.answered or s.u.acts.get("price", 0.0) >= _SURELY:
        return False
    if names_others(s):
        return True
    if any(s.u.has(act) and s.u.acts.get(act, 0.0) >= _SURELY for act in ("comparison", "discount_request")):
        return False
    said = bool(s.u.word("worth"))
    doubts = s.u.has("objection_price") and not s.u.has("price", "payment", "feature")
    return said or (doubts and s.u.acts.get("objection_price", 0.0) >= _SURELY)


def cheaper(s: Scene) -> tuple[str, ...]:
    """Beside a rule on discounts, for who finds it dear: what is cheaper all the same."""
    asks = s.u.has("discount_request") and s.u.has("objection_price") and not s.said.questions
    return (s.query, str(s.texts.data["query_objection_beside"][0])) if asks else ()


def objection(s: Scene) -> Decision | None:
    """Empathy, then facts. Who wants to think or does not trust us is not questioned."""
    worth = of_worth(s)
    name = "objection_price" if worth else next((name for name in OBJECTIONS if s.u.has(name)), None)
    if name is None:
        return None
    if s.u.has("goodbye") and not s.u.message.asking:
        return Decision("close", "goodbye", s.say(name), greet=False, closes=True)  # he is told nothing more
    about = s.texts.data["query_objection_cheaper" if names_others(s) else f"query_{name}"]
    bare = worth or len(s.u.content) <= _BARE_OBJECTION
    query = about if bare else f"{s.query} {about}"
    asks = name in ("objection_price", "objection_have") and s.may_ask
    # Who finds it dear hears what makes it cheaper, and how to try it for nothing.
    dear = name == "objection_price" and not names_others(s) and not s.u.word("worth")
    beside = tuple(s.texts.data["query_objection_beside"]) if dear else ()
    return Decision("answer", name, s.say(name), query, asks=asks, queries=beside)
