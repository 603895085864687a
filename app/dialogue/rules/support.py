"""Somebody whose thing does not work: what the knowledge says of it, who answers, and never the same line twice."""

from dataclasses import replace

from app.dialogue.hearing.lexicon import Match
from app.dialogue.hearing.text import read, without
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.policy.model import Topic
from app.dialogue.rules import beside
from app.dialogue.rules.scene import Decision, Scene
from app.understanding.acts import Classifier

LANE = "trouble"
_WAITS = ("callback_time", "human_wanted", "bot_question", "frustration", "about_us")
"""What it sounds like when he asks for the specialist whom he was promised."""
_WAITING = ("when_answered", "waited_long", "what_to_do")
_ASKS = 0.5
"""Probability from which he asks something else."""
_LIKELY = 0.3
"""Probability from which the message is one more of the same trouble, or asks how a thing is done."""
_BARE = 5
"""Words that say something, of who asks what to do and not with what."""
_LOOKED_BACK = 12
WAITED = "waited"
"""The mark of a conversation in which we have said how fast help comes."""
_FEW = 20
"""Words of a message that is looked up as a whole."""
_ELSEWHERE = ("price", "comparison", "demo", "invoice", "payment", "refund", "complaint", "language_wish")
_OF_GOODS = frozenset({"price", "sum", "feature", "comparison"})
"""What is asked beside a trouble, and not of it."""
_OF_IT = frozenset({"trouble", "frustration", "complaint", "medical", "emergency"})
"""What is asked of the trouble itself."""
_COURTESIES = ("thanks", "goodbye")
_A_CASE = ("refund", "legal", "medical", "emergency", "abuse", "order_status", "paid", "human_wanted")
"""What another person than the specialist is called for."""


def has_it(s: Scene) -> bool:
    """Whether a specialist has his trouble already."""
    return s.state.lane == LANE and s.state.handed_over


def lines(s: Scene, topic: Topic) -> tuple[str, ...]:
    """What is said of a trouble: once a specialist has it, that he has."""
    if topic.name == LANE and has_it(s) and s.texts.has("trouble_again"):
        return (_say(s, "trouble_again"),)
    return s.policy.text(topic.text, s.texts.language)


def _say(s: Scene, name: str) -> str:
    """A line that none of our last answers held, if there is one."""
    return s.texts.pick(name, s.state.turns, "\n".join(s.answers))


def first_aid(s: Scene, topic: Topic) -> str | None:
    """What is looked up beside the specialist, where he asks how a thing is done, and not only for help."""
    if topic.name == LANE and (apart := asked_apart(s)):
        return " ".join(apart)
    if has_it(s) and s.u.word("when_answered"):
        return None
    sure = s.u.message.asking and has_it(s)  # who has said what is broken asks what to do meanwhile
    asks = s.u.has("feature") and (sure or s.u.acts.get("feature", 0.0) >= _LIKELY)
    if topic.name != LANE or not asks:
        return None
    if has_it(s):
        return _of_trouble(s) if len(s.u.message.tokens) <= _FEW else s.query
    return beside.asked(s, _WAITING) or s.query


def asked_apart(s: Scene) -> tuple[str, ...]:
    """The questions beside a trouble that have an answer of their own: «a red light. How long is the warranty?»."""
    if several := beside.others(s, _OF_IT, _WAITING, skips_this=True):
        return several
    marked = [clause for clause in s.said.clauses if clause.endswith("?")]
    return tuple(clause for clause in marked if beside.looks_up(clause, _WAITING, _OF_GOODS))


def asked_too(s: Scene) -> str:
    """That the specialist has a question as well."""
    return _say(s, "trouble_asked")


def broken(s: Scene) -> str | None:
    """What the knowledge says of a device that broke, for who has told of one and wants his money back."""
    asks = s.u.has("refund") and has_it(s) and s.u.message.asking and _device(_told_before(s))
    return str(s.texts.data["query_broken"]) if asks else None


def _of_trouble(s: Scene) -> str:
    """«An error of the link, may I sell on?» is asked of what is told beside it, and not of the device it names."""
    tokens = s.u.message.tokens
    named = () if s.u.language == "en" else (place for place, token in enumerate(tokens) if token.text.isascii())
    dropped = frozenset(place for place in named if tokens[place].text.isalpha())
    return without(s.u.message, dropped | s.u.greeting).strip() or s.query


def over(s: Scene) -> Decision | None:
    """Who writes that it works again: good news, told to the specialist; what he asks beside it is answered."""
    fixed = [match for match in s.u.word("fixed") if s.u.message.tokens[match.start].clause not in s.u.message.asking]
    waits = s.u.has("human_wanted") or s.u.acts.get("callback_time", 0.0) >= _ASKS
    if not fixed or waits or not _had_it(s) or _negated(s, fixed):
        return None
    asks = bool(s.u.message.asking) and s.u.has("price", "comparison", "feature", "payment")
    reason = "feature" if asks else "trouble_over"
    query, fallback = (s.query, s.not_found) if asks else (None, None)
    ended = "" if has_it(s) else None  # what else a person has of his stays with him
    return Decision("answer", reason, s.say("trouble_over"), query, fallback, topic=ended, greet=False)


def _had_it(s: Scene) -> bool:
    """Whether a specialist has his trouble, though another case may have followed it."""
    if has_it(s) or not s.state.handed_over:
        return has_it(s)
    classifier = Classifier.load()
    return any(classifier.scored(text).best == LANE for text in s.written[1:_LOOKED_BACK])


def _negated(s: Scene, found: list[Match]) -> bool:
    """Whether every word that it works stands behind a no: «так и не заработал»."""
    no = {place for match in s.u.word("negation_before") for place in range(match.start, match.end)}
    no |= {place for match in s.u.word("negation_after") for place in range(match.start - 2, match.start)}
    return all(not no.isdisjoint(range(max(0, m.start - 2), m.end)) for m in found)


def fed_up(s: Scene) -> Decision | None:
    """Who has waited long enough, or is angry about it, hears sorry, and that it was passed on as urgent."""
    if not has_it(s) or "contact" in s.heard.values or s.u.has(*_A_CASE) or s.u.word("fixed"):
        return None
    waited = bool(s.u.word("waited_long")) and not (s.u.message.asking and s.u.has("callback_time"))
    angry = s.u.has("frustration", "complaint") or s.u.acts.get("complaint", 0.0) >= _ASKS
    if not (waited or angry) or s.u.has("price", "comparison") or (_meanwhile(s) and not waited):
        return None
    return _in_time(s, _say(s, "trouble_sorry"), "frustration")


def again(s: Scene) -> Decision | None:
    """Another word on a trouble that a specialist has: that he has it, and who answers."""
    if not has_it(s) or "contact" in s.heard.values:
        return None
    if s.u.word("where_to_call"):
        told = _passed_on("feature", None, str(s.texts.data["query_contacts"]))
        return replace(told, fallback=_say(s, "trouble_call"))
    if s.u.word("when_answered"):
        return _waits(s)
    if _what_to_do(s) or _meanwhile(s):
        return _going_on(s)
    return None if s.u.has(*_ELSEWHERE) else _more_of_it(s)


def _what_to_do(s: Scene) -> bool:
    """Whether a clause asks what to do, and not with what."""
    tokens = s.u.message.tokens
    clauses = {tokens[match.start].clause for match in s.u.word("what_to_do")}
    said = [[place for place in s.u.content if tokens[place].clause == clause] for clause in clauses]
    return any(len(places) <= _BARE for places in said)


def _meanwhile(s: Scene) -> bool:
    """Whether he asks how to go on without what is broken."""
    return bool(s.u.word("meanwhile")) and (bool(s.u.message.asking) or s.u.has("feature"))


def _more_of_it(s: Scene) -> Decision | None:
    """What is said to a message that names nothing else than what may be of the trouble."""
    same, asks = s.u.acts.get(LANE, 0.0) >= _LIKELY, _asks_on(s)
    if _asks_after(s) and not (asks and s.u.acts.get("callback_time", 0.0) < _LIKELY):
        return _waits(s)
    if (asks and not same) or s.u.has(*_COURTESIES, "purchase") or (s.u.has("agreement") and s.u.affirms):
        return None
    if beside.still_wanted(s) or (not same and not s.u.has("denial", "info")):
        return None
    if asks or (s.u.has("feature") and s.u.message.asking):
        return _first_answered(s, s.query)
    return _passed_on(LANE, _say(s, "trouble_again"))


def _asks_after(s: Scene) -> bool:
    """Whether he asks for the specialist whom he was promised, or has had enough of waiting."""
    return s.u.has(*_WAITS) or s.u.acts.get("callback_time", 0.0) >= _LIKELY


def _asks_on(s: Scene) -> bool:
    """Whether he asks how a thing is done, or what there is."""
    return s.u.has("feature") and s.u.acts.get("feature", 0.0) >= _ASKS


def _first_answered(s: Scene, query: str) -> Decision:
    """What the knowledge says of his question helps at once; who has the trouble is said behind it."""
    return answered_first(s, _passed_on("feature", None, query))


def _going_on(s: Scene) -> Decision:
    """«How do I sell meanwhile?», asked of his own words, or of what he has told is broken."""
    told = _told_before(s)
    device = "" if _device(s.u.message.text) else _device(told)
    if not device and not _says_more(s):
        return _first_answered(s, told)
    if device and _says_more(s):  # «without a receipt» says more than what is broken does
        whole = f"{told.rstrip('.!?')}. {s.query}"
        return replace(_first_answered(s, whole), queries=(whole,))
    asked = str(s.texts.data["query_without"]).replace("{device}", device) if device else s.query
    return replace(_first_answered(s, asked), queries=(asked,))


def _says_more(s: Scene) -> bool:
    """Whether he names something beside the wish to go on."""
    lists = ("meanwhile", "what_to_do", "filler", "idle", "asks_word", "affirm")
    small = {place for name in lists for match in s.u.word(name) for place in range(match.start, match.end)}
    return any(place not in small for place in s.u.content)


def _device(text: str) -> str:
    """The words of a text that name what may break."""
    message = read(text)
    found = [match for match in Vocabulary.load().find(message) if match.label[:2] == ("word", "device")]
    if not found:
        return ""
    longest = max(found, key=lambda match: match.end - match.start)
    return message.text[message.tokens[longest.start].start : message.tokens[longest.end - 1].end]


def _told_before(s: Scene) -> str:
    """What «what am I to do?» is asked of: the newest of his messages that told of a trouble."""
    classifier = Classifier.load()
    told = (text for text in s.written[1:_LOOKED_BACK] if classifier.scored(text).best == LANE)
    return next(told, s.query)


def answered_first(s: Scene, plan: Decision) -> Decision:
    """`plan` with that the specialist has the question too, once he has the trouble, behind what is looked up."""
    return replace(plan, statement=None, fallback=None, question=_say(s, "trouble_asked")) if has_it(s) else plan


def _waits(s: Scene) -> Decision:
    """Nobody is told an hour that the hours do not name; what else he asks is looked up."""
    plan = _in_time(s, _say(s, "trouble_waits"), "callback_time")
    asked = beside.asked(s, _WAITING)
    return replace(plan, query=asked, mark="", fallback=_say(s, "trouble_asked")) if asked else plan


def _in_time(s: Scene, said: str, reason: str) -> Decision:
    """What is `said`, and from when or how fast somebody answers."""
    later = s.say("later").replace("{time}", s.opening) if s.tells_when else ""
    statement = f"{said} {later}".strip()
    # How fast help comes is said where the knowledge says it, and once.
    query = None if WAITED in s.state.said or later else str(s.texts.data["query_support_time"])
    return replace(_passed_on(reason, statement, query), mark=WAITED)


def _passed_on(reason: str, statement: str | None, query: str | None = None) -> Decision:
    """What is said to be passed on is: the specialist gets the conversation anew."""
    return Decision("handover", reason, statement, query, topic=LANE, greet=False, hands_over=True)
