"""One draft of the model, whatever its server's vocabulary makes of the prompt's length."""

from app.cpu import stretch
from app.deadline import Deadline
from app.errors import PromptTooLong
from app.prompt import shorter
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.types import Draft, Prompt


async def answered(prompt: Prompt, bot: Bot, machine: Machine, deadline: Deadline) -> Draft:
    """The draft; of a prompt that the server refuses as too long, once more within the same deadline, shorter.

    Raises what Backend.answer raises.
    """
    try:
        return await machine.llm.answer(prompt, deadline)
    except PromptTooLong as refused:
        tokens, room = refused.tokens, refused.room
        bot.prompts.refused(prompt, tokens)
        found = await stretch(lambda: shorter(prompt, tokens, room))
        machine.telemetry.model_overlong.labels(found.left_out).inc()
        if found.prompt is None:
            raise
        less = found.prompt
    return await machine.llm.answer(less, deadline)
