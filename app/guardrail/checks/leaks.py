"""Checks `leak`, `repeat` and `empty`: what the machine is made of stays inside, and nothing is said twice."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.text.words import plain

_WORD = re.compile(r"[^\W_]+")
_RUN = 8
"""Words of the system prompt in a row that are a leak."""
_SELF = re.compile(
    r"\bas an? (?:ai|artificial|language model|llm)\b|\b(?:large )?language model\b|\b(?:i am|i'm) an? (?:ai|llm)\b|\bкак (?:искусственный интеллект|языковая модель|ии|большая языковая|нейросеть|ai)\b|"
    r"\bязыков\w+ модел\w+|\bя (?:—|-|–)?\s?(?:это )?(?:нейросет\w*|искусственный интеллект|большая модель|модель)\b|\bсистемн\w+ (?:промпт|инструкц|сообщен|подсказк|запрос|указан|роль)\w*|\bsystem (?:prompt|message|instruction)s?\b|"
    r"\b(?:мои|моим|моих|моей|мне|наших|данные мне|в моих|полученн\w+) (?:\w+ )?инструкци\w*|\bпромпт\w*|\bmy (?:instructions|guidelines|training|prompt)\b|\b(?:предоставленн|приведенн|данн|указанн)\w* (?:контекст|фрагмент|отрывк|пассаж)\w*|"
    r"\bв контексте (?:не|нет|указан|сказан)\w*|\bсогласно (?:контексту|инструкци\w+|промпту|документу|фрагмент\w*|правилам системы)|\b(?:provided|given) (?:context|passages?|information|documents?|facts)\b|\baccording to (?:the )?(?:context|passage|instructions|prompt)\b|"
    r"\bпользователь (?:спрашивает|хочет|просит|интересуется|задал|написал|пишет|спросил)\w*|\bклиент (?:спрашивает|задал вопрос)\b|\bthe (?:user|customer) (?:is asking|asks|wants|asked|said)\b|\blet me think\b|\bмне (?:запрещено|велено|приказано|поручено)\b|"
    r"\bжуйелик (?:нускау|промпт)\w*|\bтилдик модел\w*|\bжасанды интеллект(?:пин| ретинде)|\bмоих? (?:обучающ|тренировочн)\w*|\bдат\w+ (?:отсечения|обучения)|\bknowledge cutoff\b"
)
_MAKERS = re.compile(
    r"\b(?:qwen|alibaba|ollama|chat[ -]?gpt|openai|gpt[ -]?\d|claude|anthropic|deepseek|llama|mistral|gemini|gigachat|yandexgpt|hugging ?face|квен|алибаба|чат[ -]?g[pр][tт])\b"
)
_SHAPE = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{[a-zа-я_][\w.]*\}|\[(?:[^\]\d\n]{0,6}(?:имя|name|phone|телефон|дата|date|вставь\w*|insert|your|ваш\w*|адрес|ссылка|link|сумма|цена|price|компани|company|город|номер)[^\]\n]{0,40})\]|"
    r"<(?:имя|name|phone|дата|адрес|ссылка|сумма|цена|телефон|company|link)[^>\n]{0,30}>|[\"'](?:answer|text|response|role|content|slots|reply|message|intent|action|ответ)[\"']\s*:|^\s*[\[{][\s\S]*[\]}]\s*$|[\]}]\s*$|^\s*\{|\\n|\\u[0-9a-f]{4}|\\\"|"
    r"</?[a-z_]+>|\b[a-z]+(?:_[a-z0-9]+){1,6}\b|\bjson\b|\bnull\b|\bundefined\b|\bnan\b|<\||\|>|\[/?inst\]|/no_think|/think|\bplaceholder\b|\blorem ipsum\b|\btodo\b|xxx+|\bsection_?id\b|```",
)
_FRAME = re.compile(r"[⟦⟧]")
"""Of the frames that a customer's words stand in (app/prompt/frame.py): no answer has them, whoever wrote them first."""
_SHAPE_SIGNS = frozenset("{}[]<>|\\_`\"'")
_SHAPE_WORDS = ("json", "null", "undefined", "nan", "placeholder", "lorem", "todo", "xxx", "think")
_NEGATED = re.compile(r"\b(?:не|not|емес)\s*(?:\w+\s*){0,1}$")
_AGAIN = re.compile(
    r"\b(?:повтор\w*|еще раз|ещё раз|напомни\w*|не понял\w*|не увидел\w*|снова|заново|кайтала\w*|тагы да|тусинбедим|again|repeat|remind|once more)\b"
)


def leak(case: Case) -> list[Problem]:
    """Words of the system prompt, talk about being a model, remains of formats and templates."""
    problems: list[Problem] = []
    few = Few(problems)
    for pattern, detail in (
        (_SELF, "talks about its own making"),
        (_SHAPE, "is left over from a format or a template"),
    ):
        if (
            pattern is _SHAPE
            and _SHAPE_SIGNS.isdisjoint(case.text.folded)
            and not any(w in case.text.folded for w in _SHAPE_WORDS)
        ):
            continue
        for m in few(pattern, case.text.folded):
            if case.is_own(*m.span()) or (pattern is _SELF and _negated(case, m.start())):
                continue
            if pattern is _SHAPE and (
                m.group() in case.customer or any(m.group() in page for page in case.knowledge.folded)
            ):
                continue
            problems.append(Problem("leak", f"{case.text.raw[m.start() : m.end()][:40]!r}: {detail}", *m.span()))
            break
    for m in few(_MAKERS, case.text.folded):
        if (
            not any(m.group() in page for page in case.knowledge.folded)
            and not _negated(case, m.start())
            and not case.is_own(*m.span())
        ):
            problems.append(Problem("leak", f"{m.group()!r}: names what the machine is made of", *m.span()))
            break
    frame = _FRAME.search(case.text.folded)
    span = frame.span() if frame else _mark(case)
    if span and not case.is_own(*span):
        problems.append(Problem("leak", "a mark of the prompt", *span))
    problem = _system(case)
    if problem:
        problems.append(problem)
    return problems


def _mark(case: Case) -> tuple[int, int] | None:
    """Where the letters of one of the prompt's marks stand, whatever stands between them."""
    places = [place for place, sign in enumerate(case.text.raw) if sign.isalpha()]
    letters = "".join(case.text.raw[place].lower()[0] for place in places)
    for mark in case.context.marks:
        if (start := letters.find(mark)) >= 0:
            return places[start], places[start + len(mark) - 1] + 1
    return None


def _negated(case: Case, place: int) -> bool:
    return _NEGATED.search(case.text.folded[max(0, place - 12) : place]) is not None


@lru_cache(maxsize=64)
def _runs(system: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Every run of words of a prompt, and the pairs that runs begin with."""
    words = plain(system).split()
    places = range(len(words) - _RUN + 1)
    return frozenset(" ".join(words[i : i + _RUN]) for i in places), frozenset((words[i], words[i + 1]) for i in places)


def _system(case: Case) -> Problem | None:
    runs, pairs = _runs(case.context.system)
    if not runs:
        return None
    found = list(_WORD.finditer(case.text.folded))
    words = [m.group() for m in found]
    pages = None
    for i in range(len(found) - _RUN + 1):
        if (words[i], words[i + 1]) not in pairs:
            continue
        run = " ".join(words[i : i + _RUN])
        if run not in runs:
            continue
        start, end = found[i].start(), found[i + _RUN - 1].end()
        if case.is_own(start, end):
            continue
        if pages is None:  # what a section says may be said, even if the prompt quotes it
            pages = [plain(passage.section.text) for passage in case.context.passages]
        if not any(run in page for page in pages):
            return Problem(
                "leak", f"{case.text.raw[start:end][:60]!r}: these are words of the instructions", start, end
            )
    return None


def repeat(case: Case) -> list[Problem]:
    """The same answer as one of the last three, when the customer did not ask for the same again."""
    said = plain(case.text.raw)
    if len(said.split()) < 4 or (case.context.own and said in {plain(own) for own in case.context.own}):
        return []
    for earlier in case.context.earlier[-3:]:
        other = plain(earlier)
        if fuzz.ratio(said, other, score_cutoff=90) >= 90 and not _asked_again(case):
            if _digits(said) != _digits(other):
                continue
            return [Problem("repeat", "this answer was just given", 0, len(case.text.raw))]
    return []


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _asked_again(case: Case) -> bool:
    customer = case.told
    if not customer:
        return False
    newest = plain(customer[-1])
    if _AGAIN.search(newest):
        return True
    return any(fuzz.token_set_ratio(newest, plain(before), score_cutoff=80) >= 80 for before in customer[-4:-1])


def empty(case: Case) -> list[Problem]:
    """Nothing that can be read is left."""
    if re.search(r"[^\W_]", case.text.raw):
        return []
    return [Problem("empty", "nothing is left to say", 0, len(case.text.raw))]
