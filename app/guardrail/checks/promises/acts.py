"""Check `act`: nothing is said to be done that a writing machine did not or cannot do, and nothing is promised.

Offers («могу передать вопрос»), questions, negations, what others do («кассир отправил») and conditions pass.
"""

import re
from functools import lru_cache

from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.checks.promises.act_patterns import (
    ALREADY,
    BOOKED,
    DONE,
    DONE_HARMLESS,
    DONE_STEMS,
    ENGLISH,
    GIVE,
    HUMAN,
    KAZAKH,
    KAZAKH_OK,
    MAY_GIVE,
    NOT,
    OFFER,
    OTHERS,
    PROMISE,
    PROMISE_PURE,
    SELF,
    STATE,
    STATE_NOUNS,
    STATE_OK,
    STATES,
    WILL,
)
from app.guardrail.text.folding import fold
from app.guardrail.text.words import key


def acts(case: Case) -> list[Problem]:
    """Acts, states and promises that nobody but a person could vouch for."""
    problems: list[Problem] = []
    folded = case.text.folded
    said: set[int] = set()
    for t in case.text.tokens:
        said |= _triggers(t.text)
    few = Few(problems)
    rules = [rule for n, rule in enumerate(_RULES) if n in said and rule[0].search(folded)]
    for number, (a, b) in enumerate(case.text.sentences if rules else ()):
        piece = folded[a:b]
        for pattern, judge, detail in rules:
            for m in few(pattern, piece, a):
                start, end = a + m.start(), a + m.end()
                if case.is_own(start, end) or _quoted(case, start) or not judge(piece, m):
                    continue
                if any(p.start < end and start < p.end for p in problems):
                    continue
                if pattern in (STATE, GIVE) and any(m.group() in page for page in case.knowledge.folded):
                    continue
                if pattern in (PROMISE, PROMISE_PURE, WILL, DONE) and _supported(case, m.group(), number):
                    continue
                problems.append(Problem("act", f"{case.text.raw[start:end]!r}: {detail}", start, end))
    problems += _never(case)
    return problems


def _quoted(case: Case, start: int) -> bool:
    """Inside a quotation of the customer's own words."""
    token = case.token_at(start)
    if token is None or not token.quote:
        return False
    words = [
        t for t in case.text.inside(token.sentence) if t.quote == token.quote
    ]  # a quotation ends with its sentence
    return case.text.folded[words[0].start : words[-1].end] in case.customer


def _clause_around(piece: str, m: re.Match[str]) -> tuple[str, str]:
    """The words of the match's clause before and behind it."""
    before = re.split(r"[,;:—–()]", piece[: m.start()])[-1]
    behind = re.split(r"[,;:—–()]", piece[m.end() :])[0]
    return before, behind


def _denied(piece: str, m: re.Match[str]) -> bool:
    """A negation within the two words before."""
    words = re.findall(r"\S+", _clause_around(piece, m)[0])[-2:]
    return bool(words) and any(NOT.search(w) for w in words[-2:])


def _done(piece: str, m: re.Match[str]) -> bool:
    before, behind = _clause_around(piece, m)
    if _denied(piece, m) or ("?" in piece[-2:] and not SELF.search(before)):
        return False
    if OFFER.search(before):
        return False
    head = piece[: m.start()]
    if re.search(
        r"\b(?:если|когда|как только|после того как|чтобы|с момента|что именно|кто|бы)\b", head.split(".")[-1]
    ) and not re.search(r"\bя\b", before):
        return False
    mine = re.search(r"\b(?:я|мы)\b", before) or re.search(r"\b(?:я|мы)\b", behind[:12])
    if OTHERS.search(before) and not mine:
        return False
    word = m.group()
    if (
        not mine
        and OTHERS.search(behind)
        and re.search(r"\b(?:менеджер|кассир|покупатель|клиент|владелец|специалист)\b", behind)
    ):
        return re.search(r"менеджер|специалист", behind) is not None and "уже" in piece
    if DONE_HARMLESS.fullmatch(word) and not mine and not re.search(r"\b(?:уже|вам|вас|ваш\w*)\b", before + behind):
        return False
    last = re.findall(r"[^\W\d_]+", before)[-1:]
    if last and not mine and re.fullmatch(STATE_NOUNS, last[0]) and word.endswith(("л", "ла", "ли")):
        return True  # «заявку создал»
    # A subject in the nominative before a third person's past («товар поступил», «менеджер отправил») is judged by «уже».
    subject = re.findall(r"[^\W\d_]+", before)
    if (
        not mine
        and subject
        and word.endswith(("л", "ла"))
        and re.search(r"\b(?:менеджер|специалист|коллег\w*|администратор|бухгалтерия|отдел)\b", before)
    ):
        return True
    return not (
        not mine
        and subject
        and subject[-1] not in _LIGHT
        and not re.search(r"\b(?:уже|вам|вас|ваш\w*|все|только что|сейчас|готово)\b", before + behind)
    )


_LIGHT = frozenset(
    "да хорошо отлично конечно готово и уже все вас вам это ваш вашу ваше ваши спасибо сразу сейчас супер так также понятно принято".split()
)


def _state(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    if _denied(piece, m) or piece.endswith("?"):
        return False
    if re.search(r"\b(?:подготов(?!лен)\w*|готов(?:ы|а|о)? (?:ответ|помочь|подсказ|рассказ)\w*)", piece[m.start() :]):
        return False
    state = re.search(r"уже (?:подключен|открыт|включен|внесен|создан|добавлен|готов)", m.group())
    if m.group().startswith(("уже ", "успешно ")) and state and not re.search(r"\b(?:вам|вас|ваш\w*)\b", before):
        return False
    return not STATE_OK.search(before + " " + m.group())


def _any_positive(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    return (
        not _denied(piece, m)
        and not OFFER.search(before)
        and not re.search(r"\b(?:если|кассир\w*|покупател\w*|вы|сами)\b", before)
    )


def _promise(piece: str, m: re.Match[str]) -> bool:
    before, behind = _clause_around(piece, m)
    if _denied(piece, m):
        return False
    if re.search(r"\b(?:не|нельзя|никто|ни)\b(?:\s\S+){0,4}\s*$", before) or re.match(
        r"\s*(?:не |никто|нельзя)", behind
    ):
        return False
    if re.search(r"\bне\b", behind[:30]) and m.group().startswith(("окуп", "100", "сто", "обеща")):
        return False
    return not re.search(r"\b(?:если|чтобы|надеемся)\b", before)


def _positive(piece: str, m: re.Match[str]) -> bool:
    return not _denied(piece, m)


def _already(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    return (
        not _denied(piece, m)
        and not piece.endswith("?")
        and not re.search(r"\b(?:вы|если|когда|если бы|кассир\w*|покупател\w*|программа|система|dukenta)\b", before)
    )


def _kazakh(piece: str, m: re.Match[str]) -> bool:
    return not KAZAKH_OK.search(piece[: m.end()]) and not piece.endswith("?")


def _english(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    return not re.search(r"\b(?:if|when|once|until|after|before|so that)\b[^,]*$", before) and not _denied(piece, m)


_RULES = (
    (DONE, _done, "says that something was done, which cannot be known"),
    (STATE, _state, "says that something has happened, which cannot be known"),
    (ALREADY, _already, "says that something is under way, which cannot be known"),
    (BOOKED, _positive, "says that the customer is booked or registered"),
    (WILL, _any_positive, "promises an act that the machine cannot do"),
    (GIVE, _any_positive, "promises a discount or a gift"),
    (MAY_GIVE, _positive, "offers a discount or a gift"),
    (PROMISE, _promise, "is a promise or a guarantee"),
    (PROMISE_PURE, _promise, "is a guarantee of results"),
    (HUMAN, lambda piece, m: True, "claims to be a person"),
    (KAZAKH, _kazakh, "says that something was done or promises it"),
    (ENGLISH, _english, "says that something was done or promises it"),
)


_TRIGGERS = tuple(
    re.compile(pattern if pattern.endswith("$") else rf"\A(?:{pattern})")
    for pattern in (
        rf"(?:{DONE_STEMS})",
        STATES,
        r"уже|сейчас|менеджер|специалист|коллег|курьер|бухгалтери|вижу|ваш|твой|нашел|нашл|нашим|судя|зафиксировано",
        r"записан|зарегистр|заброни|подключен|списк|внесен|добавлен|участв|выигр|получил|ждем|жду|подтвержд",
        r"запиш|забронир|бронир|зарезерв|резерв|перезвон|позвон|наберу|записыва|оформ|отправ|высыл|скид|скин|звоню|провер|вышл|пришл|выстав|подключ|активир|отлож|закреп|"
        r"верн|подтвержда|начисл|внес|добав|назнач|отмен|перенес|перевед|договор|зачисл|спиш|продл|организ|постав|свяжусь|подар",
        r"скид|цен|дешевл|бонус|подар|промокод|сверху|процент|отсроч|рассроч|снизи|сниж|скин|уступ|опуст|услови|персональн|индивидуальн|специальн",
        r"скид|бонус|подар|промокод|цен|дешевл",
        r"гарант|обеща|клян|слово|руча|стопроц|100|сто|сомнени|несомн|точно|обязательно|непременно|всегда|никогда|пожале|прибыл|выручк|продаж|доход|оборот|увелич|подним|повыс|"
        r"удво|утро|лучш|самы|сама|само|дешевл|риск|окуп|кепилд|уаде|сендир|мидет|миндет|жуз|все|guarant|promis|definit|certain|without|no|best|risk",
        r"гаранти|guarantee|результат|рост|окупаем|успех|прибыл",
        r"бот|робот|программ|искусств|жив|человек|реальн|настоящ|сотрудник|менеджер|адаммын|емеспин|human|person|manager|real|обычн|общае|пишет|robot|bot",
        r"(?:д[ыи]м|т[ыи]м|д[ыи]к|т[ыи]к|н[ыи]з|[дт][ыи]|г[ае]н|м[ыи]н|м[ыи]з|йын)$",
        r"\A(?:i|we|you|your|order|booking|appointment|payment|invoice|request|reservation|account|discount|demo|visit|refund|link|contract|delivery)$",
    )
)


@lru_cache(maxsize=16384)
def _triggers(word: str) -> frozenset[int]:
    """The rules that a word can belong to: a text without any of them need not be searched."""
    return frozenset(n for n, pattern in enumerate(_TRIGGERS) if pattern.search(word))


def _supported(case: Case, phrase: str, sentence: int) -> bool:
    """The sections use the same word, without a negation, about the same thing."""
    stem = phrase.split(maxsplit=1)[0][:7]
    keys = case.sentence_keys[sentence]
    for page in case.knowledge.folded:
        place = page.find(stem)
        if place < 0 or page[max(0, place - 4) : place].endswith("не "):
            continue
        a = max(page.rfind(".", 0, place), page.rfind("!", 0, place)) + 1
        b = page.find(".", place)
        said = _page_keys(page[a : b if b > 0 else len(page)])
        if len(said & keys) >= 2 or (said and said <= keys):
            return True
    return False


def _page_keys(piece: str) -> frozenset[str]:
    return frozenset(k for k in (key(w) for w in re.findall(r"[^\W\d_]+", piece)) if k)


@lru_cache(maxsize=512)
def forbidden(phrase: str) -> re.Pattern[str] | None:
    """The pattern of a phrase of the policy: its words with anything but letters between them; None without words."""
    words = re.findall(r"[^\W_]+", fold(phrase))
    return re.compile(r"\b" + r"\W+".join(re.escape(word) for word in words)) if words else None


_FIRST = re.compile(r"[^\W_]*")
_NOT_BEFORE = re.compile(r"\b(?:не|not)\s+$")


def _never(case: Case) -> list[Problem]:
    """Phrases that the policy forbids, whatever the spacing and case."""
    problems: list[Problem] = []
    few = Few(problems)
    for phrase in case.context.never:
        pattern = forbidden(phrase)
        for m in few(pattern, case.text.folded) if pattern else ():
            negated = _NOT_BEFORE.search(case.text.folded, max(0, m.start() - 6), m.start())
            if negated and _FIRST.match(m.group())[0] not in ("не", "not"):  # type: ignore[index]
                continue
            if not case.is_own(*m.span()):
                problems.append(
                    Problem(
                        "act",
                        f"{case.text.raw[m.start() : m.end()]!r}: the policy forbids to say this",
                        m.start(),
                        m.end(),
                    )
                )
    return problems
