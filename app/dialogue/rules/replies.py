"""What a message calls for: the shell that all sales flows share. The most pressing need wins."""

from app.dialogue.rules import (
    acknowledging,
    boundaries,
    concerns,
    control,
    declining,
    handing,
    lanes,
    ordering,
    recalled,
    strangers,
    support,
    topics,
)
from app.dialogue.rules.scene import COURTESIES, OBJECTIONS, QUESTIONS, SORRY, Decision, Scene, has_requisites

_TOLD = frozenset({"name", "contact", "company_size", "shops"})
"""Said outright, unlike a word in passing: «касса для аптеки» names a business, yet looks for a register."""
_REOPENS = ("info", "purchase", "booking", "payment", "discount_request", "human_wanted", "off_topic")
_SURELY = 0.7
"""Probability from which a word alone is a question for the price."""
_BARE = 2
"""Words of a price question that names nothing, a greeting among them."""
_A_QUESTION = 2
"""Words beside a greeting from which it is no bare one."""
_COMPLAINS = 0.4
"""Probability from which what the lists took for a complaint of us is answered with an apology."""


def decided(scene: Scene) -> Decision:
    """The plan for one message: the first need that is there, from the most pressing on."""
    for rule in (
        lanes.unheard,
        boundaries.injection,
        boundaries.opt_out,
        handing.angry_wish,
        handing.contact,
        handing.reached,
        recalled.passed_on,
        support.over,
        support.fed_up,
        topics.by_topic,
        strangers.mistaken,
        strangers.no_buyer,
        lanes.wordless,
        lanes.auto_reply,
        _still_closed,
        support.again,
        lanes.hours,
        lanes.callback,
        lanes.known_contact,
        handing.human,
        lanes.language_wish,
        lanes.noted,
        lanes.same_lane,
        _requisites,
        lanes.company,
        _wish,
        _question,
        control.steer,
        boundaries.off_topic,
        _refusal,
        _upset,
        boundaries.spam,
        _chosen,
        lanes.small_talk,
        _who,
        concerns.objection,
        _purchase,
        declining.dropped,
        _told,
        _courtesy,
        _opening,
        lanes.told,
        lanes.withheld,
        _rest,
    ):
        plan = rule(scene)
        if plan is not None:
            return plan
    raise AssertionError("the last rule always answers")


def _still_closed(s: Scene) -> Decision | None:
    """A refusal repeated, thanks or a goodbye after the end: a word of courtesy, and the end stays."""
    if not s.state.closed or s.u.has(*QUESTIONS, *_REOPENS) or s.heard.values:
        return None
    if not (COURTESIES & set(s.u.intents) or s.u.denies):
        return None
    name = "goodbye" if s.u.has("goodbye") else "closed_thanks" if s.u.has("thanks") else "refusal_again"
    return Decision(
        "close",
        "refusal" if name == "refusal_again" else name.removeprefix("closed_"),
        s.say(name),
        greet=False,
        closes=True,
    )


def _requisites(s: Scene) -> Decision | None:
    """The details of an invoice: taken, and never asked for again; what is missing is a contact."""
    if not has_requisites(s.u.message.text) or s.u.has("price", "comparison"):
        return None
    if "contact" in s.slots and not s.reorders:
        return handing.handover(s, "invoice", "human")
    return Decision("answer", "invoice", s.say("requisites"), prefer="contact", asks=True)


def _wish(s: Scene) -> Decision | None:
    """Who wants to be shown it, or an invoice, is on his way: told what is known of it, and asked how to reach him."""
    name = next((name for name in ("invoice", "demo") if s.u.has(name)), None)
    if name is None or s.u.has("price", "comparison", "refusal"):
        return None
    if "contact" in s.slots and not s.reorders:
        return handing.handover(s, name, "human")
    # What was sent is not asked for again.
    what = ordering.taken(s)
    query = None if name == "invoice" and s.sent_requisites else (ordering.beside(s) if what else "") or s.query
    # Who asks whether there is such a thing is answered by what is known of it, and has asked for nothing yet.
    statement = what or (None if query is not None and s.u.asking else s.say(name))
    return Decision("answer", name, statement, query, s.not_found, prefer="contact", asks=True)


def _question(s: Scene) -> Decision | None:
    """A question is answered on this very turn, whatever else stands beside it."""
    name = next((name for name in (*QUESTIONS, "payment") if s.u.has(name)), None)
    haggles, concession = s.u.has("discount_request"), concerns.haggles(s)
    if (name is None and not haggles) or concerns.of_worth(s):
        return None
    statement, mark = None, ""
    objection = next((objection for objection in OBJECTIONS if s.u.has(objection)), None)
    if haggles and (concession or not concerns.priced(s)):
        name = "discount_request"
        statement = s.say("discount") if concession else None
    elif s.u.has("frustration"):
        # Said once, and only to who complains of us.
        if _told_us(s):
            statement = s.say("asked_again")
        elif SORRY not in s.state.said and s.u.acts.get("frustration", 1.0) >= _COMPLAINS:
            statement, mark = s.say("frustration_short"), SORRY
    elif objection:
        statement = s.say(objection)
    elif s.u.has("purchase") and (what := ordering.taken(s)):
        statement = what
    elif (s.heard.values or s.heard.answered) and _tells(s):
        statement = acknowledging.taken(s)
    statement = acknowledging.with_strange(s, statement)
    calm = not s.u.has("refusal", "frustration", "objection_think", "objection_trust", "goodbye")
    # A word on discounts answers by itself, whatever the search finds.
    fallback = None if concession else s.not_found
    # A sum that he offers says nothing to search for: what there is of discounts does.
    offers = concession and any(token.text.isdecimal() for token in s.u.message.tokens)
    asked = ordering.beside(s) if statement and s.u.has("purchase") and not s.said.questions else ""
    query = s.texts.data["query_discount_request"] if offers else asked or s.query
    if name == "price" and len(s.u.content) <= 1 and len(s.u.message.tokens) <= _BARE and _prices_alone(s):
        query = s.texts.data["query_price"]  # «почём?»: one word of many that ask for it
    # Who has decided, or wants to see it, is asked how to reach him, whatever else he asks.
    wants = s.u.has("purchase", "demo", "invoice") and "contact" not in s.slots and "quantity" not in s.flow.slots
    asks = wants or (calm and s.may_ask)
    return Decision(
        "answer", name or "feature", statement, query, fallback,
        asks=asks, prefer="contact" if wants else "", mark=mark,
        queries=concerns.cheaper(s) if query == s.query else (),
    )  # fmt: skip


def _tells(s: Scene) -> bool:
    """Whether some of the message tells: «how much for 3 shops» only asks."""
    return any(s.u.message.tokens[place].clause not in s.u.asking for place in s.u.content)


def _prices_alone(s: Scene) -> bool:
    """Whether the examples, too, hear nothing but the wish for a price."""
    return not s.heard.values and s.u.acts.get("price", 0.0) >= _SURELY


def _refusal(s: Scene) -> Decision | None:
    if not s.u.has("refusal"):
        return None
    return Decision("close", "refusal", s.say("refusal"), greet=False, closes=True)


def _upset(s: Scene) -> Decision | None:
    if _told_us(s):
        return Decision("answer", "slot_question", s.say("asked_again"), greet=False)
    if not s.u.has("frustration"):
        return None
    name = "person_offer" if SORRY in s.state.said else "frustration"
    return Decision("answer", "frustration", s.say(name), greet=False, mark=SORRY)


def _told_us(s: Scene) -> bool:
    """Whether he says that he has told already what we asked for."""
    elsewhere = s.u.has("correction", "purchase") or not s.state.asked.keys() - {"contact"}
    return bool(s.u.word("told_already")) and not elsewhere


def _who(s: Scene) -> Decision | None:
    return Decision("answer", "bot_question", s.say("bot")) if s.u.has("bot_question") else None


def _purchase(s: Scene) -> Decision | None:
    """Who wants to buy or to come is asked what is still missing; with a contact at hand a person takes over."""
    name = next((name for name in ("purchase", "booking") if s.u.has(name)), None)
    return _ordered(s, name) if name is not None else None


def _chosen(s: Scene) -> Decision | None:
    """An «ok» to one of the things that we have just named is an order of it."""
    return _ordered(s, "purchase") if ordering.chosen(s) and not s.state.closed else None


def _ordered(s: Scene, name: str) -> Decision:
    if "contact" in s.slots and not s.reorders:
        return handing.handover(s, name, "human")
    if name == "booking":
        return Decision("ask", name, acknowledging.agree(s), asks=True)
    # An order of goods has its own questions, and the contact behind them.
    prefer = "" if "quantity" in s.flow.slots else "contact"
    what = ordering.taken(s)
    # Who takes what he has heard of is not told of it again.
    heard = bool(s.u.word("takes")) and bool(s.state.turns) and not s.u.message.asking and not s.u.has("price")
    return Decision(
        "answer", "purchase", what or acknowledging.agree(s), None if heard else s.query, prefer=prefer, asks=True
    )


def _told(s: Scene) -> Decision | None:
    """The customer told something, or answered our question: thank him and go on."""
    pending = s.state.pending
    if pending and s.heard.values.get(pending.slot) == "no":
        spec = s.flow.slots.get(pending.slot)
        return Decision("answer", "declined", s.say(spec.parting if spec else "declined"), asks=True)
    # Few words while our question is open, or «у нас …», tell; more words may only mention what they look for.
    outright = s.u.word("own") or s.heard.values.keys() & _TOLD or (pending and s.u.short)
    if s.heard.forgotten or s.heard.answered or (s.heard.values and outright):
        if lanes.asks_beside(s):
            said = acknowledging.taken(s)
            # Who only says what he looks for has asked nothing that could go unanswered.
            fallback = s.not_found if s.u.message.asking else None
            said = said if s.u.message.asking else said or acknowledging.acknowledge(s)
            return Decision("answer", "feature", said, s.query, fallback, asks=s.may_ask)
        return Decision("ask", "slot_question", acknowledging.acknowledge(s), asks=s.may_ask)
    return None


def _courtesy(s: Scene) -> Decision | None:
    """Thanks, a goodbye, an «ок»: short words call for short ones."""
    if s.u.has("info") and not s.u.short:
        return None
    if s.u.has("goodbye"):
        return Decision("close", "goodbye", s.say("goodbye"), greet=False, closes=True)
    if s.u.has("thanks"):
        return Decision("answer", "thanks", s.say("thanks"), greet="greeting" not in s.state.said)
    if s.u.has("agreement") and not s.u.has("info"):
        if s.state.closed:
            return Decision("answer", "agreement", s.say("soft_close"))
        # No dead end: who says ok to an answer hears the next question, though he let the last one pass.
        return Decision("ask", "agreement", acknowledging.agree(s), asks=True)
    return None


def _opening(s: Scene) -> Decision | None:
    """A bare greeting, or a message that says nothing yet."""
    if s.u.has("greeting") and len(set(s.u.content) - s.u.greeting) >= _A_QUESTION and not s.u.has("denial", "info"):
        return None
    if s.u.has("info", "denial"):
        return _denial(s) if s.u.has("denial") and not s.u.has("info") else None
    new = "greeting" not in s.state.said
    if new:
        return Decision("ask", "greeting", s.value, asks=True)
    if s.u.has("greeting"):
        return Decision("ask", "greeting", None if s.greeting else s.say("here"), asks=s.may_ask)
    if s.u.message.tokens:
        return Decision("answer", "listening", s.say("listening"))
    return Decision("answer", "unclear", s.say("unclear"))


def _denial(s: Scene) -> Decision:
    """A «нет» to nothing of ours (a human may have asked): no refusal of the talk."""
    return Decision("ask", "denial", s.say("declined"), asks=s.may_ask)


def _rest(s: Scene) -> Decision | None:
    """Words that answer nothing of ours are a question without its mark: look them up."""
    if not any(character.isalpha() for character in s.query):
        return Decision("answer", "unclear", s.say("unclear"))
    if s.u.short and s.u.word("unknown") and not s.u.message.asking and not s.heard.values:
        return _denial(s)  # «не знаю» to a question that no longer waits
    statement = acknowledging.with_strange(s, acknowledging.taken(s) if s.heard.values else None)
    return Decision("answer", "feature", statement, s.query, s.not_found, asks=s.may_ask)


def completed(s: Scene) -> Decision:
    """A customer whose contact we have has answered the last question of another order."""
    return handing.handover(s, "purchase", "human")
