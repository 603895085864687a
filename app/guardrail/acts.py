"""Check `act`: nothing is said to be done that a writing machine did not or cannot do, and nothing is promised.

Offers («могу передать вопрос»), questions, negations, what others do («кассир отправил») and conditions pass.
"""

import re
from functools import lru_cache

from app.guardrail.case import Case, Problem
from app.guardrail.words import fold, key

_DONE_STEMS = (
    "записал|забронировал|зарезервировал|отправил|выслал|переслал|прислал|скинул|оформил|передал|позвонил|перезвонил|дозвонил|созвонил|проверил|"
    "перепроверил|подключил|активировал|начислил|зачислил|получил|создал|выставил|внес|занес|добавил|назначил|согласовал|договорил|связал|"
    "применил|открыл|поставил|закрепил|отменил|перенес|вернул|уточнил|узнал|сообщил|зафиксировал|продлил|отложил|заказал|подготовил|"
    "посмотрел|спросил|подтвердил|зарегистрировал|завел|настроил|запустил|обновил|удалил|списал|оплатил|поговорил|обсудил|внедрил|выделил|одобрил|сделал|дал|"
    "заблокировал|разблокировал|увеличил|снизил|пересчитал|включил|предоставил|организовал|запланировал|напомнил|написал|поменял|изменил|исправил|принял|собрал|перевел|переключил|сменил|повысил|понизил|обзвонил|удержал|выбил|уговорил|выписал|выделил|разместил|опубликовал|пополнил|погасил|закрыл"
)
_DONE = re.compile(rf"\b(?:{_DONE_STEMS})(?:а|и|о)?(?:сь|ся)?\b")
_DONE_HARMLESS = re.compile(
    r"\b(?:дали|дал|дала|включили|написали|написал|сделали|приняли|собрали|создали|поставили|внедрили|открыли|добавили|получили|узнали|посмотрели|подключили|настроили|запустили|обновили|спросили|изменили|исправили|учли)\b"
)
_SELF = re.compile(r"\b(?:я|мы|нами|мной|мною|уже|только что|все готово|готово)\b")
_OTHERS = re.compile(
    r"\b(?:вы|вами|кассир\w*|покупател\w*|клиент\w*|продав\w*|сотрудник\w*|владел\w*|получател\w*|отправител\w*|поставщик\w*|человек|кто|если|когда|как только|"
    r"после того|чтобы|программа|система|система\w*|dukenta|касса|пользовател\w*|бухгалтер\w*|магазин\w*|он|она|они|которы\w+|что-то|бы|ли|пока)\b"
)
_STATE_NOUNS = (
    r"(?:заказ\w*|чек|счет|счёт|счета|заявк\w+|запис[ьи]|брон[ьи]|бронировани\w+|оплат\w+|платеж\w*|ссылк\w+|договор\w*|доступ\w*|письм\w+|предложени\w+|скидк\w+|промокод\w*|"
    r"терминал\w*|товар\w*|мест\w+|визит\w*|выезд\w*|показ\w*|встреч\w+|презентац\w+|демонстрац\w+|инструкц\w+|документ\w*|данны\w+|номер\w*|контакт\w*|аккаунт\w*|кабинет\w*|тариф\w*|деньги|средств\w*|перевод\w*|возврат\w*|вопрос\w*|обращени\w+|звонок|доставк\w+|подписк\w+|бонус\w*|касс\w+|коммерческ\w+|менеджер\w*)"
)
_STATES = (
    r"(?:оформлен|подготовлен|отправлен|выслан|выставлен|создан|принят|подтвержден|получен|забронирован|зарезервирован|активирован|передан|применен|записан|поступил|прошл|прошел|"
    r"зачислен|начислен|зарегистрирован|назначен|согласован|отменен|перенесен|продлен|закреплен|подключен|открыт|одобрен|внесен|добавлен|отложен|возвращен|запланирован|готов|проверен|уведомлен|предупрежден|оплачен|сохранен|доставлен|отгружен)"
)
_STATE = re.compile(
    rf"\b{_STATE_NOUNS}(?:\s+[^\s.,!?;:]+){{0,4}}?\s+(?:уже\s+|успешно\s+|вам\s+|на\s+\S+\s+){{0,3}}{_STATES}[аоыи]?\b|\b(?:уже |успешно ){_STATES}[аоыи]?\b|\b{_STATES}[аоыи]?\s+(?:ваш[аеи]?\s+)?{_STATE_NOUNS}\b"
)
_STATE_OK = re.compile(
    r"\b(?:если|когда|как только|после того|чтобы|будет|будут|должн\w+|может быть|бывает|можно|кабинет\w* откр|включен\w*|доступен|пока не|не|нет|ли|покупател\w*|кассир\w*|заранее|касса|сохранен|поставщик\w*)\b"
)
_BOOKED = re.compile(
    r"\bвы (?:уже |успешно )?(?:записаны|зарегистрированы|забронированы|подключены|в списке|внесены|добавлены|участвуете|выиграли|получили (?:скидк|подар|бонус))\w*|\bждем вас (?:в|завтра|сегодня|\d)|\bжду вас (?:в|завтра|сегодня|\d)|\bзапись подтвержд\w*"
)
_WILL = re.compile(
    r"\b(?:запишу|запишем|забронирую|забронируем|бронирую|бронируем|зарезервирую|зарезервируем|резервирую|резервируем|перезвоню|перезвоним|позвоню|позвоним|наберу вас|"
    r"записываю|подтверждаю|подтверждаем|записываем вас|оформляю|оформляем вам|отправляю|отправляем вам|высылаю|высылаем вам|скидываю|звоню|проверяю (?:оплат|плат|поступ|баз|склад|налич)\w*|сейчас проверю|проверю (?:оплат|плат|поступ|налич|склад|статус)\w*|"
    r"оформлю|отправлю|вышлю|пришлю|скину|выставлю|подключу|активирую|отложу|закреплю за вами|верну вам|начислю|начислим вам|внесу вас|внесем вас|добавлю вас|добавим вас|назначу|назначим вам|"
    r"(?:сейчас|сегодня|уже|прямо сейчас) (?:же )?(?:отправим|вышлем|пришлем|оформим|выставим|подключим|активируем|запишем|переведем|вернем)|отменю|отменим вашу?|перенесу вашу?|перенесем вашу?|договорюсь|"
    r"зачислю|зачислим|спишу|спишем|продлю|продлим вам|организую|организуем вам|поставлю вас|поставим вас|свяжусь с вами|подарим|подарю)\b"
)
_GIVE = re.compile(
    r"\b(?:сделаю|сделаем|делаю|делаем|дам|дадим|даю|даем|оформим|предоставим|предоставлю|предоставляем|выбью|выбьем|договоримся|согласую|согласуем|добавлю|добавим|накину|накинем|скину|скинем|уступлю|уступим|применю|применим)\b"
    r"(?:\s+[^\s.!?]+){0,5}?\s+(?:скидк\w*|скидочк\w*|цену|дешевле|бонус\w*|подар\w*|промокод\w*|сверху|процент\w*|отсрочк\w*|рассрочк\w*)|\b(?:снизим|снижу|скинем|скину|уступим|уступлю|опустим) (?:\w+ )?(?:цен|вам|до|стоимост|на)\w*|"
    r"\bсо скидкой (?:для вас|специально|лично|только)|\bскидк\w+ (?:лично |специально |только )?(?:для вас|вам) (?:сдела|дад|одобр|соглас|уже)\w*|\bпо (?:цене|стоимости) «|\bпо (?:старой|прежней|специальной|сниженной|акционной|особой|низкой) цене|\b(?:персональн|индивидуальн|специальн)\w+ (?:скидк|цен|услови)\w*"
)
_MAY_GIVE = re.compile(
    r"\b(?:могу|можем|готов\w*|получится|попробу\w+) (?:\w+ ){0,2}?(?:дать|сделать|предложить|предоставить|оформить|договориться|добавить|подарить|снизить|уступить|выбить)(?:\s+[^\s.!?]+){0,4}?\s*\b(?:скидк|бонус|подар|промокод|цену|дешевле)\w*"
)
_PROMISE = re.compile(
    r"\b(?:гарантируем|гарантирую|гарантирует|гарантированн\w*|гарантировано|обещаем|обещаю|клянусь|клянемся|даю слово|даем слово|ручаюсь|ручаемся|стопроцентн\w*|100 ?%-?\w*|сто процентов|на все сто|"
    r"без сомнени\w*|несомненно|точно (?:помо|окуп|увелич|вырас|раст|подним|сниз|понрав|подойд|реш|сэконом|будет|смож|получ|не пожал|зараб|приведет|хватит)\w*|обязательно (?:окуп|вырас|помо|увелич|получ|поднимут|сниз|сэконом|зараб)\w*|"
    r"непременно (?:\w+)|всегда сможете|никогда не (?:слома|подвед|теря|виса|зависа|отказ|упад|пожалее|потеря)\w*|не пожалеете|(?:прибыл|выручк|продаж|доход|оборот)\w* (?:точно |обязательно |гарантированно |сразу |быстро |заметно |сильно )?(?:вырастут|вырастет|увеличатся|увеличится|поднимутся|удвоится|удвоятся)|"
    r"(?:увелич|подним|повыс|удвои|утрои)\w*(?:им|ем|ит|ите)? (?:вам |вашу? |ваши )?(?:прибыл|выручк|продаж|доход|оборот)\w*|лучш\w+ (?:на рынке|в казахстане|цена|цену|в стране|в мире)|сам\w+ низк\w+ цен\w*|дешевле (?:всех|не найдете|чем у (?:всех|конкурентов))|"
    r"без (?:всякого )?риск\w*|никаких рисков|окупится|окупаются|окупаемост\w+ (?:за|через|в)|окупит себя|"
    r"кепилдик (?:беремиз|беремин|береміз)|уаде (?:беремиз|беремин)|сендиремиз|мидетти турде|миндетти турде (?:\w+)|жуз пайыз|"
    r"guarantee[sd]?|we promise|i promise|promise you|definitely|100% (?:sure|safe|guaranteed)|will certainly|without fail|no risk|risk[- ]free|best (?:price|on the market))\b"
)
_PROMISE_PURE = re.compile(
    r"\bгаранти\w+ (?:результат|рост|окупаемост|прибыл|продаж|успех|увелич|того|что)\w*|\bguarantee (?:of )?(?:results?|growth|profit|sales)|\b(?:результат|рост|окупаемость|успех|прибыль)\w* (?:(?!не\b)\w+ )?гарантир\w*"
)
_ALREADY = re.compile(
    r"\b(?:уже|сейчас) (?:у вас|на почте|в пути|ед[еу]т|выехал\w*|вы[еи]зжа\w*|готовит\w*|ждет вас|собира(?:ет|ют|ем)\w*|занима(?:ет|ют|ем)\w*|работа(?:ет|ют|ем) над|в курсе|звон\w+|набира(?:ет|ю)\w*|отправля(?:ет|ют|ем|ю)\w*|"
    r"оформля(?:ет|ют|ем|ю)\w*|связыва\w*|печата\w*|подбира(?:ет|ют|ем)|везут|везет|вез[её]м)|\b(?:менеджер|специалист|коллег\w+|курьер|бухгалтерия) (?:уже |сейчас )?(?:в курсе|в пути|едет|выехал\w*|вас ждет|готовит|набирает)|"
    r"\bвижу (?:ваш\w*|что|в системе|в базе|по базе|оплат\w*|заказ\w*|плат\w*)|\b(?:ваш|твой) (?:заказ|курьер|терминал|счет|договор) (?:уже )?(?:в пути|едет|готов|на почте|у вас|собира\w*|ждет)|"
    r"\b(?:нашел|нашла|нашли) ваш\w* (?:заказ|оплат|плат|счет|запис|аккаунт|номер)\w*|\bпо нашим данным\b|\bсудя по (?:нашей )?(?:базе|системе)\b|\bзафиксировано\b"
)
_HUMAN = re.compile(
    r"\bя (?:—|-|–)? ?(?:не (?:бот|робот|программа|искусств)|живой|живая|человек|реальн\w+|обычн\w+ (?:человек|менеджер)|настоящ\w+|сотрудник|менеджер)\b|\b(?:вам пишет|с вами общается|вы общаетесь с) (?:живой|живым|реальн|настоящ|человек)\w*|\bмен (?:\w+ )?(?:адаммын|бот емеспин|менеджермин)|\bi(?:'m| am) (?:a |not a )?(?:real |human|person|robot|bot|manager)"
)
_KAZAKH = re.compile(
    r"\b(?:жаз|жазып кой|жазып ал|жибер|жиберип кой|бронда|брондап кой|тапсыр|расимде|текser|тексер|кос|косып кой|белсендир|жаса|бер|шыгар|хабарлас|сойлес|тирке|тагайында|растa|раста|кайтар|"
    r"толе|аудар|сура|аныкта|бекит|откиз|енгиз|даярла|дайында|коя салд|шалд|кой|ал)(?:дым|дим|тым|тим|дык|дик|тык|тик)\b|\b(?:жазылдыныз|тиркелдиниз|брондалды|брондалган|расимделди|расимделген|жиберилди|кабылданды|жасалды|"
    r"толем\w* (?:сатти |)(?:тусти|отти|келди|кабылданды)|белсендирилди|беркитилди|тагайындалды|растaлды|расталды|косылдыныз|тапсырылды)\b|\b(?:жазып коямын|жазып кояйын|жиберемин|жибере саламын|брондаймын|брондап коямын|хабарласамын|конырау шаламын|жениллик жасаймыз|"
    r"женилдик (?:жасаймыз|жасаймын|беремиз|беремин|жасап беремиз|жасап беремин)|арзандатып беремиз|арзандатамыз|сыйлаймыз|сыйга беремиз|расимдеймин|тексеремин|тиркеймин|тиркеп коямын|жазып коямыз|брондап коямыз)\b"
)
_KAZAKH_OK = re.compile(
    r"\b(?:егер|сатып алушы\w*|кассир\w*|клиент\w*|тусиндик|кабылдадык|таппадык|кешириниз)\b|\b\w+(?:са|се)ныз\b"
)
_ENGLISH = re.compile(
    r"\b(?:i|we)(?:'ve| have|'d| had)? (?:already |just |now )?(?:booked|sent|reserved|placed|scheduled|passed|forwarded|called|checked|applied|issued|created|activated|confirmed|processed|emailed|"
    r"registered|added|arranged|notified|informed|contacted|signed|ordered|refunded|cancelled|canceled|put you|spoken|talked|verified|received|updated|set up|prepared|transferred|submitted|moved|extended)\b"
    r"|\b(?:your )?(?:order|booking|appointment|payment|invoice|request|reservation|account|discount|demo|visit|refund|link|contract|delivery)(?: has been| have been| is| was|'s been)(?: already| now| successfully)? "
    r"(?:placed|confirmed|sent|received|booked|processed|created|issued|scheduled|activated|applied|approved|registered|reserved|made|accepted|passed|forwarded|on its way)"
    r"|\byou(?:'re| are) (?:now |already |all )?(?:booked|registered|signed up|scheduled|set\b|enrolled)|\b(?:i|we)(?:'ll| will| am going to|'m going to) (?:now |just |also |gladly )?(?:book|send|call|reserve|give you|apply|refund|arrange|schedule|order|email|issue|check|make you|sign you|register|activate|place|cancel)\b|\b(?:i|we) can (?:give|offer|make|get) you (?:[\w%]+ ){0,3}(?:discount|deal|better price|bonus|gift)"
    r"|\b(?:i'm|i am|we're|we are) (?:now |just )?(?:booking|sending|reserving|calling|placing|issuing|checking|processing)\b"
)
_OFFER = re.compile(
    r"\b(?:могу|можем|могли|могла|смогу|сможем|готов\w*|хотите|давайте|нужно ли|аламын|аламыз|алам|can|could|may|would you|shall|if you (?:like|want|wish)|қаласаңыз|каласаныз)\b|\?\s*$"
)
_NOT = re.compile(r"\b(?:не|нет|ни|нельзя|никто не|не могу|cannot|can't|never|not|won't|without|жок|емес)\b|n't\b")


def acts(case: Case) -> list[Problem]:
    """Acts, states and promises that nobody but a person could vouch for."""
    problems: list[Problem] = []
    folded = case.text.folded
    said: set[int] = set()
    for t in case.text.tokens:
        said |= _triggers(t.text)
    rules = [rule for n, rule in enumerate(_RULES) if n in said and rule[0].search(folded)]
    for number, (a, b) in enumerate(case.text.sentences if rules else ()):
        piece = folded[a:b]
        for pattern, judge, detail in rules:
            for m in pattern.finditer(piece):
                start, end = a + m.start(), a + m.end()
                if case.is_own(start, end) or _quoted(case, start) or not judge(piece, m):
                    continue
                if any(p.start < end and start < p.end for p in problems):
                    continue
                if pattern in (_STATE, _GIVE) and any(m.group() in page for page in case.knowledge.folded):
                    continue
                if pattern in (_PROMISE, _PROMISE_PURE, _WILL, _DONE) and _supported(case, m.group(), number):
                    continue
                problems.append(Problem("act", f"{case.text.raw[start:end]!r}: {detail}", start, end))
    problems += _never(case)
    return problems


def _quoted(case: Case, start: int) -> bool:
    """Inside a quotation of the customer's own words."""
    token = next((t for t in case.text.tokens if t.end > start), None)
    if token is None or not token.quote:
        return False
    words = [t for t in case.text.tokens if t.quote == token.quote]
    return case.text.folded[words[0].start : words[-1].end] in case.customer


def _clause_around(piece: str, m: re.Match[str]) -> tuple[str, str]:
    """The words of the match's clause before and behind it."""
    before = re.split(r"[,;:—–()]", piece[: m.start()])[-1]
    behind = re.split(r"[,;:—–()]", piece[m.end() :])[0]
    return before, behind


def _denied(piece: str, m: re.Match[str]) -> bool:
    """A negation within the two words before."""
    words = re.findall(r"\S+", _clause_around(piece, m)[0])[-2:]
    return bool(words) and any(_NOT.search(w) for w in words[-2:])


def _done(piece: str, m: re.Match[str]) -> bool:
    before, behind = _clause_around(piece, m)
    if _denied(piece, m) or ("?" in piece[-2:] and not _SELF.search(before)):
        return False
    if _OFFER.search(before):
        return False
    head = piece[: m.start()]
    if re.search(
        r"\b(?:если|когда|как только|после того как|чтобы|с момента|что именно|кто|бы)\b", head.split(".")[-1]
    ) and not re.search(r"\bя\b", before):
        return False
    mine = re.search(r"\b(?:я|мы)\b", before) or re.search(r"\b(?:я|мы)\b", behind[:12])
    if _OTHERS.search(before) and not mine:
        return False
    word = m.group()
    if (
        not mine
        and _OTHERS.search(behind)
        and re.search(r"\b(?:менеджер|кассир|покупатель|клиент|владелец|специалист)\b", behind)
    ):
        return re.search(r"менеджер|специалист", behind) is not None and "уже" in piece
    if _DONE_HARMLESS.fullmatch(word) and not mine and not re.search(r"\b(?:уже|вам|вас|ваш\w*)\b", before + behind):
        return False
    last = re.findall(r"[^\W\d_]+", before)[-1:]
    if last and not mine and re.fullmatch(_STATE_NOUNS, last[0]) and word.endswith(("л", "ла", "ли")):
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
    return not _STATE_OK.search(before + " " + m.group())


def _any_positive(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    return (
        not _denied(piece, m)
        and not _OFFER.search(before)
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
    return not _KAZAKH_OK.search(piece[: m.end()]) and not piece.endswith("?")


def _english(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    return not re.search(r"\b(?:if|when|once|until|after|before|so that)\b[^,]*$", before) and not _denied(piece, m)


_RULES = (
    (_DONE, _done, "says that something was done, which cannot be known"),
    (_STATE, _state, "says that something has happened, which cannot be known"),
    (_ALREADY, _already, "says that something is under way, which cannot be known"),
    (_BOOKED, _positive, "says that the customer is booked or registered"),
    (_WILL, _any_positive, "promises an act that the machine cannot do"),
    (_GIVE, _any_positive, "promises a discount or a gift"),
    (_MAY_GIVE, _positive, "offers a discount or a gift"),
    (_PROMISE, _promise, "is a promise or a guarantee"),
    (_PROMISE_PURE, _promise, "is a guarantee of results"),
    (_HUMAN, lambda piece, m: True, "claims to be a person"),
    (_KAZAKH, _kazakh, "says that something was done or promises it"),
    (_ENGLISH, _english, "says that something was done or promises it"),
)


_TRIGGERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:{_DONE_STEMS})",
        _STATES,
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
        r".*(?:д[ыи]м|т[ыи]м|д[ыи]к|т[ыи]к|н[ыи]з|[дт][ыи]|г[ае]н|м[ыи]н|м[ыи]з|йын)$",
        r"(?:i|we|you|your|order|booking|appointment|payment|invoice|request|reservation|account|discount|demo|visit|refund|link|contract|delivery)$",
    )
)


@lru_cache(maxsize=16384)
def _triggers(word: str) -> frozenset[int]:
    """The rules that a word can belong to: a text without any of them need not be searched."""
    return frozenset(n for n, pattern in enumerate(_TRIGGERS) if pattern.match(word))


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


def _never(case: Case) -> list[Problem]:
    """Phrases that the policy forbids, whatever the spacing and case."""
    problems = []
    for phrase in case.context.never:
        words = re.findall(r"[^\W_]+", fold(phrase))
        if not words:
            continue
        pattern = r"\b" + r"\W+".join(re.escape(w) for w in words)
        for m in re.finditer(pattern, case.text.folded):
            if re.search(r"\b(?:не|not)\s+$", case.text.folded[: m.start()][-6:]) and words[0] not in ("не", "not"):
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
