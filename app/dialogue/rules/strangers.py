"""Who is no customer: a wrong number, somebody with an offer to us, an applicant. Nothing is sold to them."""

from app.dialogue.rules import beside
from app.dialogue.rules.scene import QUESTIONS, Decision, Scene

LEAVES = "leave_number"
"""The mark of a conversation in which he was told that he may leave a number."""
STRANGER = "stranger"
"""The lane of who took us for somebody else."""
NO_BUYER = ("supplier", "applicant")
"""Lanes of who wants something of us and buys nothing."""
_AMIDST = 0.9
"""Probability that words for somebody else need in the middle of a talk about our things."""
_SURELY = 0.6
"""Probability from which he who took us for another asks something of us after all."""
_BUYS = 0.8
"""Probability from which who is no buyer asks or wants something as one."""
_BUYERS = ("price", "sum", "purchase", "demo", "invoice", "trouble", "order_status", "paid")
_ELSEWHERE = ("refusal", "opt_out", "human_wanted", "bot_question", "contact_given", "callback_time", "complaint")
_COURTESIES = ("thanks", "goodbye", "greeting")
_FEW = 3
_MORE = 6
"""Words that say something, of who only asks with whom he talks."""


def mistaken(s: Scene) -> Decision | None:
    """Who writes to a friend, or says that he has the wrong number: told where he is, and asked nothing."""
    lane = s.state.lane == STRANGER
    few = len(s.u.content) <= (_MORE if s.u.acts.get("about_us", 0.0) >= _SURELY else _FEW)
    if s.u.word("who_writes") and few and not s.heard.values:
        return _who(s, lane=lane)
    if s.u.has(STRANGER):
        by_mistake = bool(s.u.word("mistaken"))
        amidst = s.state.turns > 0 and not lane and not by_mistake
        if amidst and (s.slots or s.u.acts.get(STRANGER, 0.0) < _AMIDST):
            return None
        return _to_him(s, "stranger_bye" if by_mistake else "stranger")
    wants = s.u.has(*_ELSEWHERE, *_COURTESIES, "payment") or s.u.contacts
    if not lane or wants or any(s.u.acts.get(act, 0.0) >= _SURELY for act in (*_BUYERS, *QUESTIONS, "info")):
        return None
    return _to_him(s, "stranger_bye" if s.u.has("agreement", "small_talk") else "stranger")


def no_buyer(s: Scene) -> Decision | None:
    """One more word of a supplier or an applicant: passed on like the first one. What he asks of our things is looked
    up first, and a price is told to whoever asks for it.
    """
    lane = s.state.lane
    if s.u.word("a_buyer"):
        return None
    if lane not in NO_BUYER or not s.state.handed_over or "contact" in s.heard.values or s.u.has(*_ELSEWHERE):
        return None
    if s.u.message.asking and s.u.acts.get("price", 0.0) >= _SURELY:
        return Decision("answer", "price", None, s.query, s.say("noted_question"), greet=False)
    if any(s.u.acts.get(act, 0.0) >= _BUYS for act in _BUYERS):
        return None
    asks = bool(s.u.message.asking) or s.u.has(*QUESTIONS)
    if not asks and s.u.has(*_COURTESIES, "agreement"):
        return None
    return _passed_on(s, lane, asks=asks)


def _passed_on(s: Scene, lane: str, *, asks: bool) -> Decision:
    """What he says goes to the person who has his offer; a question of ours is looked up."""
    reachable = "contact" in s.slots or LEAVES in s.state.said
    said = s.say("noted_question" if asks else "noted")
    said, mark = (said, "") if reachable else (f"{said} {s.say('leave_number')}", LEAVES)
    if not asks or max(s.u.acts.get(act, 0.0) for act in beside.LOOKED_UP) < _SURELY:
        return Decision("answer", lane, said, topic=lane, greet=False, mark=mark)
    return Decision("answer", lane, None, s.query, said, topic=lane, greet=False, mark=mark)


def _to_him(s: Scene, text: str) -> Decision:
    return Decision("answer", STRANGER, s.say(text), topic=STRANGER, greet="greeting" not in s.state.said)


def _who(s: Scene, *, lane: bool) -> Decision:
    """With whom he talks: what the knowledge says of the company, else the line of what we do."""
    query = str(s.texts.data["query_who"])
    asks = not lane and not s.state.handed_over and s.may_ask
    return Decision("answer", "about_us", None, query, s.value, topic=STRANGER if lane else None, asks=asks)
