"""What a prompt must know of the dialogue's own words: what a text is there for, and what a slot means."""

from typing import TYPE_CHECKING

from app.dialogue.rules.packet import slot_name
from app.dialogue.slots.aside import reportable
from app.types import Language, Step

if TYPE_CHECKING:
    from app.dialogue.engine import Dialogue

_COURTESIES = (
    "ack", "ack_name", "ack_pain_point", "ack_pain_impact", "ack_desired_outcome", "ack_correction", "ack_agreement",
)  # fmt: skip
"""Texts that only answer what was told."""


def fields(dialogue: "Dialogue", flow: str, language: Language = "ru") -> dict[str, str]:
    """All slots that a model may report in a flow, and what each means, in a language."""
    return {slot: slot_name(slot, language) for slot in reportable(dialogue.flows[flow].slots)}


def aim(dialogue: "Dialogue", step: Step) -> str:
    """The stage's goal; empty where it is to find something out and nothing is asked."""
    stage = dialogue.flows[step.state.flow].stages.get(step.state.stage)
    return stage.goal if stage is not None and (step.question or stage.final) else ""


def courteous(dialogue: "Dialogue", step: Step) -> bool:
    """Whether the statement is only a word on what was told, which a wrong hearing would make a wrong one."""
    name, said = step.state.slots.get("name", ""), dialogue.texts[step.language].data
    variants = [said[key] for key in _COURTESIES if key in said]
    flat = [text for texts in variants for text in ([texts] if isinstance(texts, str) else texts)]
    return step.statement is not None and any(step.statement == text.replace("{name}", name) for text in flat)
