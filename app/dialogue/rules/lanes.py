"""Messages that sell nothing: away notices, small talk, waiting for a call, a wish for a language."""

from app.dialogue.rules import beside
from app.dialogue.rules.scene import QUESTIONS, RULED, Decision, Scene, has_requisites
from app.understanding.doubt import SURE

_OUT_OF_LANE = ("thanks", "goodbye", "greeting", "agreement", "denial", "small_talk", "bot_question", "demo", "payment")
_TELLING = frozenset({"info", "told", "small_talk", "greeting", "feature"})
_NO_BUYER = ("medical", "legal", "supplier", "applicant")
"""Lanes in which a question that nothing else explains is one more of the same."""
WAITS = ("when_answered", "waited_long")
"""Lists of words of who asks when he is answered."""
_QUIET = ("small_talk", "agreement", "thanks", "goodbye")
"""Acts that ask and tell nothing: which of them it is need not be sure."""
_PLAINLY = 0.9
"""The same for a price of who is no buyer: he may mean his own."""
_SURE_OF_CONTACT = 0.7
_A_QUESTION = 2
"""Words that say something, of what is asked beside what is told."""
_ASKS = 0.5
"""Probability from which it is a question about something else, in whatever trouble he is."""
_SAME = 0.3
"""Probability from which a message stays in the lane of the one before, whatever else it may be."""
_PLAIN_TALK = ("price", "comparison", "purchase", "human_wanted", "contact_given", "refusal", "opt_out")


def unheard(s: Scene) -> Decision | None:
    """A voice message in which nothing was said, or a file that could not be read: said so."""
    return Decision("answer", "unheard", s.say("unheard"), greet=False) if s.said.unheard else None


def wordless(s: Scene) -> Decision | None:
    """A sticker or a picture without a word of his: what a recogniser saw there is no question."""
    if not s.said.silent:
        return None
    if s.said.heard == "photo":
        return Decision("answer", "photo", s.say("photo"), greet="greeting" not in s.state.said)
    return Decision("answer", "small_talk", s.say("small_talk"), greet=False)


def auto_reply(s: Scene) -> Decision | None:
    """Another account's away notice: a courtesy, and nothing that makes it answer again."""
    return Decision("answer", "auto_reply", s.say("auto_reply"), greet=False) if s.u.has("auto_reply") else None


def language_wish(s: Scene) -> Decision | None:
    """A wish for a language and nothing else: said yes in it."""
    asks = s.u.has("feature") and s.u.acts.get("feature", 0.0) >= _ASKS
    if not s.u.has("language_wish") or asks or s.u.has(*_PLAIN_TALK, "demo", "payment", "invoice"):
        return None
    return Decision("answer", "language_wish", s.say("language_wish"), greet="greeting" not in s.state.said)


def callback(s: Scene) -> Decision | None:
    """Who asks when he will be called, once a person has the talk: it is passed on, and no time is promised."""
    if not s.u.has("callback_time") or not (s.state.handed_over or "contact" in s.state.slots):
        return None
    asked = beside.asked(s, WAITS)
    fallback = s.not_found if asked else None
    return Decision("answer", "callback_time", s.say("callback"), asked or None, fallback, greet=False)


def hours(s: Scene) -> Decision | None:
    """Who asks until when people of ours can be called or answer hears their hours, and gets nobody called for him."""
    if (
        not s.u.word("reach_hours")
        or s.heard.values
        or s.u.has("trouble", "complaint", "demo", "booking", "reschedule")
    ):
        return None
    asked = str(s.texts.data["query_hours"])
    queries = _beside_hours(s, asked)
    reason = "price" if queries and s.u.has("price") else "feature"
    return Decision("answer", reason, None, asked, s.not_found, asks=s.may_ask, queries=queries)


def _beside_hours(s: Scene, asked: str) -> tuple[str, ...]:
    """The hours and what else a message asks, each by itself."""
    others = tuple(question for question in s.said.questions if not beside.of_hours(question))
    return (asked, *others) if others and len(others) < len(s.said.questions) else ()


def known_contact(s: Scene) -> Decision | None:
    """Who asks whether we have his number is told whether it is in this talk."""
    figures = any(token.text.isdecimal() for token in s.u.message.tokens)
    asks = s.u.asking and not figures and s.u.acts.get("contact_given", 0.0) >= _SURE_OF_CONTACT
    if not asks or s.heard.values or s.u.contacts:
        return None
    name = "contact_known" if "contact" in s.slots else "contact_unknown"
    return Decision("answer", name, s.say(name), greet="greeting" not in s.state.said)


def small_talk(s: Scene) -> Decision | None:
    """Words that ask and tell nothing: a short answer, no section of the knowledge and no question of ours."""
    quiet = sum(s.u.acts.get(act, 0.0) for act in _QUIET)
    doubted = quiet < SURE or s.u.message.asking or s.heard.values or s.terms
    if not s.u.has("small_talk") and (doubted or s.u.has("thanks", "goodbye", "greeting")):
        return None
    agrees = s.u.has("agreement") and not s.u.has("info")
    if agrees or s.u.has(*QUESTIONS, *_PLAIN_TALK, "denial") or s.heard.answered:
        return None
    return Decision("answer", "small_talk", s.say("small_talk"), greet="greeting" not in s.state.said)


def noted(s: Scene) -> Decision | None:
    """What is told once a person has the talk: passed on, and nothing is searched for it."""
    handed = s.state.handed_over or "contact" in s.state.slots
    others = set(s.u.intents) - _TELLING
    busy = s.u.message.asking or s.reorders or s.u.steers or s.state.pending or "contact" in s.heard.values
    if not handed or others or busy or beside.still_wanted(s):
        return None
    if not s.u.has("told", "info", "small_talk") or (s.u.has("feature") and not s.u.has("told")):
        return None
    named = s.say("ack_name").replace("{name}", s.heard.values["name"]) if "name" in s.heard.values else ""
    return Decision("answer", "noted", f"{named} {s.say('noted')}".strip(), greet=False)


def asks_beside(s: Scene) -> bool:
    """Whether he asks for something beside what he tells; before we have asked, a wish without its mark asks too."""
    tokens = s.u.message.tokens
    asked = [place for place in s.u.content if tokens[place].clause in s.u.message.asking]
    first = not s.state.turns and not s.state.pending
    return len(asked) >= _A_QUESTION or (first and s.said.wishes and s.u.has("feature", "purchase"))


def told(s: Scene) -> Decision | None:
    """Who only tells of himself is thanked and asked on: nothing of it is looked up."""
    if not s.u.has("told") or s.u.has(*QUESTIONS, *_PLAIN_TALK) or s.u.message.asking or s.state.closed:
        return None
    return Decision("ask", "told", s.say("ack"), asks=s.may_ask)


def same_lane(s: Scene) -> Decision | None:
    """A message that says nothing sure behind one that went to a person for what it was about: it is about that too."""
    lane = "" if s.u.word("a_buyer") and s.state.lane in _NO_BUYER else s.state.lane
    same = s.u.acts.get(lane, 0.0) >= _SAME
    looked = sum(s.u.acts.get(act, 0.0) for act in beside.LOOKED_UP - {"sum"})  # a price's holds it
    asks = lane not in _NO_BUYER and s.u.has(*QUESTIONS) and looked >= _ASKS
    # «A queue stands» has the word that asks what a thing costs.
    least = _PLAINLY if lane in _NO_BUYER else _SAME
    plain = [name for name in _PLAIN_TALK if name != "price" or s.u.acts.get("price", 0.0) >= least]
    other = (asks or s.u.has(*plain, *_OUT_OF_LANE)) and not same
    if not lane or not s.state.handed_over or other or s.heard.values or beside.still_wanted(s):
        return None
    topic = next((topic for topic in s.policy.topics if topic.name == lane), None)
    if topic is None:
        return None
    asked = s.query if lane == RULED and s.u.message.asking else None  # «and the scanner, can that be given back?»
    return Decision("answer", lane, s.say("noted"), asked, topic=lane, greet=False)


def company(s: Scene) -> Decision | None:
    """Who asks for our own taxes and numbers means us: what the program does for taxes is no answer. Who sells no
    programs says of taxes what is true of himself: that is looked up as any other question."""
    if s.flow.elsewhere or not s.u.word("company_papers") or has_requisites(s.u.message.text):
        return None
    asked = beside.asked(s, ("company_papers",))
    # «What does it cost, with VAT or without?» asks for a price too, and that answer comes first.
    if s.u.has("price", "comparison") and not _of_papers(s):
        return None
    return Decision("answer", "about_us", s.say("company_papers"), asked or None, asks=False)


def _of_papers(s: Scene) -> bool:
    """Whether no other clause asks for a price than the one that asks for our papers."""
    tokens = s.u.message.tokens
    papers = {tokens[match.start].clause for match in s.u.word("company_papers")}
    costs = [m for m in s.u.matches if m.label[0] == "intent" and m.label[1].startswith(("price", "comparison"))]
    return all(tokens[match.start].clause in papers for match in costs) and not s.u.word("how_much")


def withheld(s: Scene) -> Decision | None:
    """Who would rather not leave his number, and asks nothing: that is all right."""
    if "contact" not in s.heard.hinted or s.u.message.asking or s.u.has(*QUESTIONS):
        return None
    return Decision("answer", "declined", s.say("declined"), asks=s.may_ask)
