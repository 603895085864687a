"""Prefix reuse of the model server: what each slot still holds, and prompts kept in host RAM."""

from collections import OrderedDict
from dataclasses import dataclass, field

from loadtests.emulators.tokens import Tokens, common_prefix

_SIMILAR = 0.1  # share of the prompt from which on a slot counts as holding it
_LOSS = 0.5  # a slot that would keep less than this share is saved to RAM first


@dataclass(slots=True)
class Slot:
    """One place of the running batch. `tokens` are those of its last prompt and output."""

    number: int
    tokens: Tokens = ()
    used: int = 0
    busy: bool = False


@dataclass(slots=True)
class PromptCache:
    """`width` slots, and at most `capacity` tokens in host RAM, the least recently used prompts going first."""

    width: int
    capacity: int
    slots: list[Slot] = field(default_factory=list)
    _ram: OrderedDict[int, Tokens] = field(default_factory=OrderedDict)
    _clock: int = 0

    def __post_init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forgets everything, as unloading the model does. Slots in use stay in use."""
        busy = {slot.number for slot in self.slots if slot.busy}
        self.slots[:] = [Slot(number, busy=number in busy) for number in range(self.width)]
        self._ram.clear()

    @property
    def ram_tokens(self) -> int:
        return sum(map(len, self._ram.values()))

    def take(self, prompt: Tokens) -> tuple[Slot, int]:
        """A free slot for `prompt`, and how many of its tokens need no prefill. IndexError when none is free."""
        free = [slot for slot in self.slots if not slot.busy]
        shared = {slot.number: common_prefix(slot.tokens, prompt) for slot in free}
        slot = sorted(free, key=lambda slot: (-shared[slot.number], slot.used))[0]
        cached = shared[slot.number]
        if cached < _SIMILAR * len(prompt):
            slot = min(free, key=lambda slot: slot.used)
            cached = shared[slot.number]
        lost = slot.tokens if cached < _LOSS * len(slot.tokens) else ()
        cached = max(cached, self._restore(prompt, cached))  # first: the save may push out what is looked for
        self._save(lost)
        self._clock += 1
        slot.busy, slot.used, slot.tokens = True, self._clock, prompt[:cached]
        # The last token is always evaluated: its logits are where the answer begins.
        return slot, max(0, min(cached, len(prompt) - 1))

    def release(self, slot: Slot, tokens: Tokens) -> None:
        """Frees a slot, which keeps `tokens`: the evaluated part of the prompt and what was generated."""
        current = self.slots[slot.number]
        current.busy = False
        if current is slot:  # else the model was unloaded meanwhile and nothing is kept
            current.tokens = tokens

    def _save(self, tokens: Tokens) -> None:
        if not tokens or any(common_prefix(kept, tokens) == len(tokens) for kept in self._ram.values()):
            return
        self._clock += 1
        self._ram[self._clock] = tokens
        while self.ram_tokens > self.capacity:
            self._ram.popitem(last=False)

    def _restore(self, prompt: Tokens, at_least: int) -> int:
        """Moves the RAM entry that begins most like `prompt` into the slot, if it beats the slot's own."""
        shared = {key: common_prefix(tokens, prompt) for key, tokens in self._ram.items()}
        best = max(shared, key=shared.__getitem__, default=None)
        if best is None or shared[best] <= at_least:
            return 0
        tokens = self._ram.pop(best)
        if shared[best] < _LOSS * len(tokens):  # most of it belongs to another dialogue, which may come back
            self._ram[best] = tokens
        return shared[best]
