"""A word on what was told: thanks that suit it, a correction heard, and nothing that sounds like a yes to money."""

from app.dialogue.policy.terms import Terms
from app.dialogue.rules.scene import Scene

_SURELY = 0.8
"""Probability from which he asks for a sum."""
_DICTATED = 7
"""Words that say something, of a message that dictates terms."""


def agree(s: Scene) -> str:
    """A word on an «ок» or a wish to buy. Where money was named just now, that is no yes to it."""
    return _on_money(s, s.terms or s.before) or s.say("ack_agreement")


def _on_money(s: Scene, named: Terms) -> str:
    """Nothing that sounds like a yes; who tells a story or asks has dictated no terms, and is not told of ours."""
    if not named:
        return ""
    brief = len(s.u.content) <= _DICTATED and not s.u.message.asking
    return s.say(f"ack_{named}" if brief else "ack_figure")


def taken(s: Scene) -> str | None:
    """A word on what was told beside a question: that a correction or a name was heard, and no agreement to terms.

    Other words of thanks stand before an answer for nothing.
    """
    if s.terms == "terms":
        # Who asks in many words is answered: that we have read it stands before an answer for nothing.
        asks = s.u.message.asking or s.u.acts.get("sum", 0.0) >= _SURELY  # «count it with the discount» dictates none
        return _on_money(s, s.terms) if len(s.u.content) <= _DICTATED and not asks else None
    if s.u.word("whatif") and s.u.message.asking:
        return None  # «if it were ten, and not seven?» puts nothing right
    told = s.heard.corrected or s.heard.forgotten or set(s.heard.values) == {"name"}
    return acknowledge(s) if told else None


def acknowledge(s: Scene) -> str:
    pending = s.state.pending
    if on_money := _on_money(s, s.terms):
        return on_money
    if s.heard.corrected or s.heard.forgotten:
        return s.say("ack_correction")
    if s.heard.declined:
        return s.say("no_problem" if s.heard.none and pending and pending.slot == "pain_point" else "declined")
    name = _warm(s) or "ack"
    return agree(s) if name == "ack_agreement" else s.say(name).replace("{name}", s.slots.get("name", ""))


def _warm(s: Scene) -> str:
    """The name of the acknowledgement that suits what was told; empty: any."""
    pending = s.state.pending
    if pending and pending.slot in s.heard.values:
        spec = s.flow.slots.get(pending.slot)  # another flow may have been taken up since
        if spec and spec.kind == "yes_no":
            return "ack_agreement"
        name = f"ack_{spec.ack if spec and spec.ack else pending.slot}"
        if s.texts.has(name):
            return name
    if "pain_point" in s.heard.values:
        return "ack_pain_point"  # told instead of what was asked, or unasked
    return "ack_name" if set(s.heard.values) == {"name"} else ""


def with_strange(s: Scene, statement: str | None) -> str | None:
    """What is said, and that something else is beside it which no shop is asked."""
    return f"{statement or ''} {s.say('off_topic_beside')}".strip() if s.said.strange else statement
