"""What a message tells about the customer: numbers, names, contacts, trades, tools, troubles, our answers."""

from collections.abc import Callable, Collection, Mapping

from app.dialogue.flow.model import SlotSpec
from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.text import without
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.slots.counts import counts
from app.dialogue.slots.hints import hints
from app.dialogue.slots.names import names
from app.dialogue.slots.pending import late_number, pending, withheld
from app.dialogue.slots.reader import NOTHING, Heard, SlotReader, places
from app.dialogue.slots.values import values

_OBJECT = 4
"""Words of a thing to buy, at most."""


def contacts(r: SlotReader) -> Heard:
    """`phone`, `email`, and as `contact` the one to reach him by."""
    found: dict[str, str] = {}
    for contact in r.u.contacts:
        found.setdefault(contact.kind, contact.value)
    first = found.get("phone") or found.get("email")
    if not first:
        return Heard(found)
    return Heard({**found, "contact": first}, corrected=r.known.get("contact") not in (None, first))


PARTS: tuple[Callable[[SlotReader], Heard], ...] = (
    contacts,
    names,
    counts,
    values,
    late_number,
    withheld,
    pending,
    hints,
)
"""In this order: each knows what those before it found, and the answer to our question is what is left."""


def extract(
    u: Understanding,
    vocabulary: Vocabulary,
    slots: Mapping[str, SlotSpec],
    known: Mapping[str, str],
    pending: str | None,
    *,
    options: tuple[str, ...] = (),
    late: Collection[str] = (),
    things: frozenset[str] = frozenset(),
) -> Heard:
    """The slots of one message. A known slot is replaced only by something said outright, never by a guess.

    `options`: what the question that waits for an answer listed. `late`: slots whose question went by unanswered;
    a reply that fits nothing else is theirs. `things`: the words, folded, of what the shop sells.
    """
    if u.steers or u.has("injection"):
        return NOTHING
    lists = {match.label[1] for match in u.matches if match.label[0] == "word"}
    reader = SlotReader(
        u,
        vocabulary,
        slots,
        known,
        pending if pending in slots else None,
        options,
        tuple(slot for slot in late if slot not in known and slot != pending),
        words={name: places(u.word(name)) for name in lists},
        valued=places([match for match in u.matches if match.label[0] == "value"]),
        things=things,
    )
    for part in PARTS:
        reader = reader.after(part(reader))
    return reader.heard


def object_of(u: Understanding) -> str:
    """What a wish to buy names: «хочу купить сканер штрихкодов» -> «сканер штрихкодов»; empty where nothing is."""
    if not u.has("purchase") or u.message.asking or u.steers or u.denies:
        return ""
    wish = [m for m in u.word("wish") if not any(place in u.content for place in range(m.start))]
    if not wish:
        return ""
    verbs = frozenset(p for m in u.matches if m.label[1] == "purchase" for p in range(m.start, m.end))
    end = max(m.end for m in wish)
    while end < len(u.message.tokens) and end not in u.content:
        end += 1  # «ещё»
    named = [p for p in u.content if p >= end and p not in verbs and not u.message.tokens[p].text.isdecimal()]
    text = without(u.message, frozenset(range(end)) | verbs)
    return text if 1 <= len(named) <= _OBJECT and not u.contacts else ""
