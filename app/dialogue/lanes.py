"""Messages that sell nothing: away notices, small talk, waiting for a call, a wish for a language."""

from app.dialogue.scene import QUESTIONS, Decision, Scene

_PLAIN_TALK = ("price", "comparison", "purchase", "human_wanted", "contact_given", "refusal", "opt_out")


def auto_reply(s: Scene) -> Decision | None:
    """Another account's away notice: a courtesy, and nothing that makes it answer again."""
    return Decision("answer", "auto_reply", s.say("auto_reply"), greet=False) if s.u.has("auto_reply") else None


def language_wish(s: Scene) -> Decision | None:
    """A wish for a language and nothing else: said yes in it."""
    if not s.u.has("language_wish") or s.u.has(*_PLAIN_TALK, "demo", "payment", "invoice"):
        return None
    return Decision("answer", "language_wish", s.say("language_wish"), greet="greeting" not in s.state.said)


def callback(s: Scene) -> Decision | None:
    """Who asks when he will be called, once a person has the talk: it is passed on, and no time is promised."""
    if not s.u.has("callback_time") or not (s.state.handed_over or "contact" in s.state.slots):
        return None
    return Decision("answer", "callback_time", s.say("callback"), greet=False)


def small_talk(s: Scene) -> Decision | None:
    """Words that ask and tell nothing: a short answer, no section of the knowledge and no question of ours."""
    if not s.u.has("small_talk") or s.u.has(*QUESTIONS, *_PLAIN_TALK, "agreement", "denial") or s.heard.answered:
        return None
    return Decision("answer", "small_talk", s.say("small_talk"), greet="greeting" not in s.state.said)
