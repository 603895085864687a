"""The customer steers the talk himself: a step back, leave it, go on."""

from app.dialogue.rules.scene import Decision, Scene


def steer(s: Scene) -> Decision | None:
    """«назад», «неважно, забудьте», «продолжим»: only where nothing else is said."""
    steers = s.u.steers
    if not steers or s.heard.values:
        return None
    waiting = s.state.pending.slot if s.state.pending else ""
    if steers == "cancel":
        if s.state.closed:
            return Decision("close", "cancel", s.say("refusal_again"), greet=False, closes=True)
        text = "soft_close" if s.state.handed_over else "paused"
        return Decision("answer", "cancel", s.say(text), greet="greeting" not in s.state.said)
    if s.state.handed_over:
        return Decision("answer", steers, s.say("here"))  # a human goes on
    if steers == "resume":
        return Decision("ask", "resume", s.say("resume"), prefer=waiting, asks=True)
    slot = _last_told(s)
    return Decision("ask", "back", s.say("back"), prefer=slot or waiting, forgets=slot, asks=True)


def _last_told(s: Scene) -> str:
    """The slot that was asked for and answered last; empty when there is none to go back to."""
    asked = (
        slot for slot in reversed(list(s.state.slots))
        if s.state.asked.get(slot) and any(slot in stage.slots for stage in s.flow.stages.values())
    )  # fmt: skip
    return next(asked, "")
