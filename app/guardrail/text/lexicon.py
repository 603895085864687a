"""What words mean, in Russian, Kazakh and English at once: concepts that sales texts share, units, and words without
content. All entries are folded (see `words.fold`): «ё» is «е», Kazakh letters are their plain look-alikes.
"""

_GROUPS: dict[str, str] = {
    # things that prices are counted by
    "@shop": "магазин торговойточк точек точк бутик филиал дукен shop store outlet",
    "@register": "касс register till checkout",
    "@cashier": "кассир cashier",
    "@employee": "сотрудни работник человек пользовател персонал кызметкер employee staff user person",
    "@company": "компани организаци юрлиц company",
    "@piece": "штук единиц экземпляр устройств piece",
    "@order": "заказ тапсырыс order",
    "@message": "сообщени хабарлама message",
    "@goods": "товар позици наименован тауар goods sku",
    # what a price list is made of
    "@plan": "тариф plan tariff",
    "@module": "модул module",
    "@kit": "комплект набор жинак kit bundle",
    "@service": "услуг кызмет service",
    "@equipment": "оборудован техник железо курылгы жабдык equipment hardware",
    "@subscription": "подписк подписок абонплат абонент абонемент жазылым subscription",
    "@app": "приложен косымшас app",
    "@migration": "перенос перенес мигра переезд кошир migrat transfer",
    "@launch": "запуск запуст запущ внедр ключ иске launch setup turnkey onboarding",
    "@training": "обуч тренинг окыт training",
    "@delivery": "достав привез привоз жеткиз deliver shipping",
    "@warranty": "гаранти кепилдик warrant",
    "@trial": "пробн пробов попробов опробов тестов тестир протестир испыта триал сынак байкап trial",
    "@refund": "возврат возвращ верну верне кайтар refund",
    "@instalment": "рассроч кредит частями болип instalment installment",
    "@support": "поддерж саппорт техподдерж колдау support helpdesk",
    "@priority": "приоритет басым priority",
    "@answer": "ответ отвеч жауап answer reply repl respond",
    "@backup": "копи бэкап бекап коширме backup",
    "@offline": "офлайн оффлайн автоном интернет offline internet",
    "@uptime": "доступност аптайм бесперебойн uptime availab",
    "@discount": "скидк скидок скидоч скидоньк дисконт промокод купон распродаж женилдик discount promo",
    "@rent": "аренд прокат напрокат жалга жалда rent lease",
    "@scanner": "сканер scanner",
    "@wired": "проводн сымды wired",
    "@wireless": "беспровод сымсыз wireless",
    "@printer": "принтер printer",
    "@label": "этикет наклейк label",
    "@drawer": "ящик жашик drawer",
    "@scale": "весы весов таразы scales",
    "@terminal": "терминал моноблок terminal",
    "@api": "апи",
    "@sms": "смс рассылк рассылок mailing",
    "@ofd": "офд фдо",
    "@connect": "подключ косу косамыз connect",
    "@online": "онлайн online",
    "@extra": "дополнит допол допка сверх лишн следующ extra addition",
    "@visit": "выезд визит приезд visit",
    "@specialist": "специалист маман specialist technician",
    "@report": "отчет report",
    "@data": "данн дерек data",
    "@keep": "хран сактал",
    "@contract": "договор контракт шарт contract",
    "@payback": "окуп payback",
    "@first": "перв алгашк first",
    "@manager": "менеджер manager",
    "@price": "цен стоим стоит стоят прайс баг price cost",
    # words that begin like another one
    "@platform": "платформ",
    "@tablet": "планшет",
    "@centre": "центр ценно ценност",
    "@keyword": "ключев",
    "@pay": "оплат плат плач толе pay",
    "@free": "бесплатн тегин free",
}

CONCEPTS: dict[str, str] = {prefix: concept for concept, row in _GROUPS.items() for prefix in row.split()}
"""Word beginning -> concept; the longest beginning that fits wins."""

EXACT: dict[str, str] = {
    "шт": "@piece",
    "дана": "@piece",
    "данасы": "@piece",
    "данасына": "@piece",
    "люди": "@employee",
    "людей": "@employee",
    "адам": "@employee",
    "адамга": "@employee",
    "адамнан": "@employee",
    "продавца": "@employee",
    "продавцов": "@employee",
    "продавец": "@employee",
    "еще": "@extra",
    "доп": "@extra",
    "вторая": "@extra",
    "вторую": "@extra",
    "второй": "@extra",
    "третья": "@extra",
    "третий": "@extra",
    "третьего": "@extra",
    "четвертый": "@extra",
    "четвертого": "@extra",
    "третью": "@extra",
    "четвертая": "@extra",
    "четвертую": "@extra",
    "косымша": "@extra",
    "api": "@api",
    "sms": "@sms",
    "ofd": "@ofd",
    "try": "@trial",
    "test": "@trial",
    "тест": "@trial",
    "теста": "@trial",
    "коширме": "@backup",
    "коширмелер": "@backup",
    "кассаны": "@register",
    "ценник": "@label",
    "ценники": "@label",
    "ценников": "@label",
    "кундиз": "",
    "куни": "",
    "кунге": "",
    "кунде": "",
    "кун": "",
    "куннен": "",
    "план": "@plan",
    "плана": "@plan",
    "плане": "@plan",
    "планы": "@plan",
    "связь": "@offline",
    "связи": "@offline",
    "plan": "@plan",
    "сколько": "",
    "returns": "@refund",
}

STOP: frozenset[str] = frozenset(
    (
        "и а но или да нет не ни же ли бы то это эта этот эти этого этой так также тоже как что чтобы если когда где "
        "в во на за с со к ко от до по из у о об при для под над без через между про около примерно всего только уже "
        "он она оно они его ее их ему ей им нем них вы вас вам ваш ваша ваше ваши вашего вашей вашу ваших мы нас нам "
        "наш наша наше наши я мне меня есть быть будет будут был была было были можно нужно надо может могут можем "
        "могу еще все весь вся всю всех всем который которая которое которые тогда сейчас сразу очень самый сам себя "
        "каждый каждая каждую каждое каждые каждого каждой один одна одну одного одной этом этим того том тем там тут "
        "здесь больше меньше более менее чем хватает подойдет подходит входит входят включает включено стоимость год "
        "года году лет годовая годовой годовую месяц месяца месяцев месячная мес день дня дней сутки суток неделя недели "
        "недель неделю час часа часов минут минуты минута рабочих рабочие рабочий тенге тг kzt тысяч тыс руб срок сумма "
        "суммы сумму итого вместе занимает занимают займет займут длится длительность "
        "мен бен пен жане де да та те ма ме ба бе па пе бир ар ол бул осы сол уш ушин дейин кейин бар жок болады "
        "екен гой емес сиз сизге сиздин сизди биз бизге бизде бизди айына айы айга ай жылына жыл жылга жылдык апта "
        "куны турады тенге тенгеден бастап барлык кез келген "
        "the a an of to in on at for per and or is are be it its this that you your we our us i my with by from as "
        "month monthly year yearly day days week weeks hours minutes costs will can has have"
    ).split()
)

GENERIC: frozenset[str] = frozenset(
    "@shop @register @employee @company @piece @order @goods @plan @module @service @equipment @subscription @data "
    "@price @pay @connect @specialist @first @manager @free @cashier @message доступ".split()
)
"""Keys that do not tell one product from another."""

HEADS: frozenset[str] = frozenset({"@plan", "@module"})
"""Kinds of products: «модули» means every one of them."""

TOPICS: frozenset[str] = frozenset(
    "@trial @warranty @delivery @refund @instalment @launch @migration @support @answer @backup @offline @uptime "
    "@training @visit @rent @contract @payback @keep @discount @connect @report @priority @sms @terminal".split()
)
"""What a term can be about."""

QUALIFIERS: frozenset[str] = frozenset({"@priority", "@rent"})
"""Without these words a figure that has them would be said of something else."""

PREPOSITIONS: frozenset[str] = frozenset(
    "для к ко на в во с со по из от у при под без до кроме через ушин for on to with in".split()
)

PRICE_WORDS = frozenset(
    "стоит стоят стоить стоимость цена цены ценник обойдется обходится обойдутся выйдет выходит будет составит составляет "
    "это за по от до ровно всего вам вас тебе сейчас тариф тарифы плата оплата платеж абонплата у нас в месяц год "
    "месяцев мес мы разово ежемесячно примерно около почти турады болады багасы куны айына жылына бир дукенге costs is at "
    "cost price the for a just only per month year и same магазин один одну разовая платите платит руб уже еще тоже также "
    "лишь одинаково одинаковую как раз здесь она он оно они его ее их теперь тарифи модули бойынша ушин будут доступен доступна доступно".split()
)
HEAD_WORDS = ("тариф", "модул", "комплект", "пакет", "план", "plan", "module", "подписк", "опци")
