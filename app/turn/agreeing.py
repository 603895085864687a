"""The packet for a human says as many shops as the sum counts, where several plans are for some of them each."""

from dataclasses import replace

from app.dialogue.rules.packet import slot_name
from app.figures.shop.facts import plain
from app.figures.talk.basket import heard
from app.figures.talk.plans import place_of_main
from app.turn.bots import Bot
from app.turn.deciding import his_words
from app.turn.recalled import LONGEST, as_heard, in_its_words, parser, recalled
from app.types import Ask, Snapshot, Step


def agreeing(step: Step, ask: Ask, snapshot: Snapshot, bot: Bot) -> Step:
    """«Two shops on Rost and one on Start» are three: the dialogue has heard the first number. Linear in the talk."""
    packet, found = step.handover, bot.knowledge.current
    unit = place_of_main(found.catalogue)
    if packet is None or unit is None:
        return step
    counted = bot.dialogue.counted(step.state)
    name = next((each for each in counted if found.catalogue.units.key(each) == unit), None)
    if name is None:
        return step
    text = in_its_words(his_words(step, ask)[:LONGEST], found)
    before = as_heard(recalled(snapshot, found, counted), text, counted, found)
    after = heard(text, before, found.catalogue, parser(found)).after
    told = dict(after.told).get(unit)
    if not after.split or told is None:
        return step
    language = bot.dialogue.policy.languages[0]
    number = plain(told, language)
    slots = {slot: number if slot_name(slot, language) == name else value for slot, value in packet.slots.items()}
    summary = packet.summary.replace(f"{name}: {counted[name]}", f"{name}: {number}", 1)
    return replace(step, handover=replace(packet, slots=slots, summary=summary))
