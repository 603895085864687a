"""python -m tests.prove.forms [--gguf FILE]: references, the fact first, or as today: the form a model writes its answer in.

Twenty situations (forms.yaml), each with what a good seller would write in the three forms: tokens read and written, and
the time of a card by the emulator's figures for the GEX44. With `--gguf` a real model is asked in each form instead, and
what it writes is judged as a turn would: once, without a correction.
"""

import argparse
import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from app.composing.completing import completed
from app.llm.writing import schema
from app.turn.bots import Bot
from app.turn.chain import Plan, judge
from app.types import Ask, Draft, Key, Prompt, Snapshot
from loadtests.emulators.harness import OllamaEmulator
from loadtests.emulators.profiles import PROFILES
from loadtests.emulators.prompt import render
from loadtests.emulators.tokens import tokenise
from tests.prompt.situations import default_bot, written
from tests.thrift import parsed

Form = Literal["today", "refs", "fact first"]
FORMS: tuple[Form, ...] = ("today", "refs", "fact first")
FILE = Path(__file__).with_suffix(".yaml")
_ASIDE = ', "slots": {}, "human": false}'
_FIGURE = re.compile(r"\d[\d\u00a0 ]*(?:[.,-]\d+)*(?: ?(?:₸|%))?")
_REF = re.compile(r"\{(\d{1,2})\}")
_TOLD = "\n\nЦифр не пиши: вместо каждого числа поставь его номер в фигурных скобках, как он стоит перед ним в фактах: {1}, {2}."
_GOES_ON = "\n\nНачало ответа уже написано. Продолжи его: добавь важное и задай вопрос. Ничего не повторяй."


@dataclass(frozen=True, slots=True)
class Situation:
    """A row of the file, with the plan of its turn."""

    text: str
    answer: str
    refs: str
    figures: tuple[str, ...]
    rest: str
    plan: Plan

    @property
    def deciding(self) -> str:
        """What the machine would have written already; empty where nothing decides, and the form is that of today."""
        prompt = self.plan.prompt
        said = " ".join(each.said for each in prompt.deciding[:1])
        return completed("", said, None) if not prompt.step.greeting or not said else f"{prompt.step.greeting} {said}"


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens of one answer; those read anew are beside a system text that the cache holds."""

    read: int
    written: int

    @property
    def seconds(self) -> float:
        """On the card alone, until the answer is whole."""
        card = PROFILES["gex44"]
        return card.front_s + card.prefill_s(self.read) + self.written * card.token_s(1)


async def situations(bot: Bot) -> list[Situation]:
    rows: list[dict[str, Any]] = parsed(FILE.read_text("utf-8"))
    return [
        Situation(
            row["text"], row["answer"], row["refs"], tuple(row["figures"]), row.get("rest", ""),
            await written((*row.get("before", ()), row["text"]), bot, f"f{number}"),
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip


def messages(situation: Situation, form: Form) -> list[dict[str, str]]:
    """What the server is asked: `refs` with a number before each figure; `fact first` with the machine's sentence last."""
    prompt = situation.plan.prompt
    said = [{"role": message.role, "content": message.content} for message in prompt.messages]
    if form == "refs":
        said[-1]["content"] = numbered(said[-1]["content"])[0] + _TOLD
    if form == "fact first" and situation.deciding:
        said[-1]["content"] += _GOES_ON
        said.append({"role": "assistant", "content": situation.deciding + " "})
    return [{"role": "system", "content": prompt.system}, *said]


def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """A last message with {n} before each of its figures, the customer's words and the clock aside; and the figures."""
    facts, rest = text.partition("# Ход")[0], text.partition("# Ход")[1:]
    found: list[str] = []

    def number(match: re.Match[str]) -> str:
        found.append(match.group().strip())
        return f"{{{len(found)}}} {match.group()}"

    return _FIGURE.sub(number, facts) + "".join(rest), tuple(found)


def cost(situation: Situation, form: Form) -> Cost:
    """Of the good seller's answer in this form."""
    asked = messages(situation, form)
    whole = len(render(asked, think=False, num_ctx=100_000, num_keep=4, cut=False, tokenise=tokenise).tokens)
    system = len(tokenise(asked[0]["content"]))
    said = {"today": situation.answer, "refs": situation.refs, "fact first": situation.rest}[form]
    if form == "fact first" and situation.deciding:
        return Cost(whole - system, len(tokenise(said)))
    said = situation.answer if form == "fact first" else said
    return Cost(whole - system, len(tokenise('{"answer": "' + said + '"')))


async def outcome(situation: Situation, said: str, bot: Bot) -> str:
    """What a turn makes of a text that a model wrote, without a second try."""
    plan = situation.plan
    ask, snapshot = Ask(Key("SITUATIONS", "f"), situation.text, "r"), Snapshot(Key("SITUATIONS", "f"))
    return judge(plan, [Draft(said, "model", plan.passages)], ask, snapshot, bot).how


def filled(said: str, figures: Sequence[str]) -> tuple[str, bool]:
    """A text with its references put in, and whether each was one and no other digit stood there."""
    good = not re.search(r"\d", _REF.sub("", said))
    for number in _REF.findall(said):
        good = good and 0 < int(number) <= len(figures)
    return _REF.sub(lambda match: figures[int(match[1]) - 1] if 0 < int(match[1]) <= len(figures) else "", said), good


def whole(situation: Situation, form: Form) -> str:
    """The good seller's answer as it would reach the customer."""
    if form == "refs":
        return filled(situation.refs, situation.figures)[0]
    if form == "fact first" and situation.deciding:
        return f"{situation.deciding} {situation.rest}"
    return situation.answer


def asked(url: str, situation: Situation, form: Form) -> str:
    """What a real model writes in this form."""
    prompt: Prompt = situation.plan.prompt
    free = form == "fact first" and situation.deciding
    body = {
        "model": "qwen3:14b", "messages": messages(situation, form), "think": False, "stream": False, "truncate": False,
        "options": {"num_ctx": 8192, "num_predict": 120, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "seed": 1},
    } | ({} if free else {"format": schema(prompt.wanted)})  # fmt: skip
    reply = httpx.post(f"{url}/api/chat", json=body, timeout=600, trust_env=False).raise_for_status()
    content: str = reply.json()["message"]["content"]
    if free:
        return content.strip()
    found = re.search(r'"answer"\s*:\s*"((?:[^"\\]|\\.)*)', content)
    return found[1].strip() if found else ""


async def by_a_model(found: Sequence[Situation], bot: Bot, url: str, show: bool) -> None:
    for form in FORMS:
        ways: Counter[str] = Counter()
        good = 0
        for situation in found:
            said = await asyncio.to_thread(asked, url, situation, form)
            text = said
            if form == "refs":
                text, fine = filled(said, numbered(situation.plan.prompt.messages[-1].content)[1])
                good += fine and bool(_REF.search(said))
            if form == "fact first" and situation.deciding:
                text = f"{situation.deciding} {said}".strip()
            ways[await outcome(situation, text, bot) if text else "replaced"] += 1
            if show:
                print(f"    {form} | {situation.text} | {said}")
        with_refs = f"; {good} with right references and no other digit" if form == "refs" else ""
        print(f"{form}: {dict(ways)} of {len(found)}{with_refs}", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description="Three forms of an answer.")
    parser.add_argument("--gguf", type=Path, help="a real model, in place of the good seller")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth situation")
    parser.add_argument("--show", action="store_true", help="what was written")
    wanted = parser.parse_args()
    bot = default_bot()
    found = (await situations(bot))[:: wanted.every]
    if wanted.gguf:
        with OllamaEmulator("--gguf", str(wanted.gguf), "--context-length", "8192", "--num-parallel", "1") as emulator:
            await by_a_model(found, bot, emulator.url, wanted.show)
        return
    decided = [situation for situation in found if situation.deciding]
    print(f"{len(found)} situations, in {len(decided)} of them a sentence decides")
    for name, some in (("all", found), ("decided", decided)):
        for form in FORMS:
            costs = [cost(situation, form) for situation in some]
            ways = Counter([await outcome(situation, whole(situation, form), bot) for situation in some])
            mean = [
                sum(values) / len(costs)
                for values in zip(*((c.read, c.written, c.seconds) for c in costs), strict=True)
            ]
            print(f"{name}, {form}: {mean[0]:.0f} tokens read, {mean[1]:.0f} written, {mean[2]:.2f} s; {dict(ways)}")
    if wanted.show:
        for situation in found:
            print("\n".join(f"  {form}: {whole(situation, form)}" for form in FORMS) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
