"""Drafts written for the sample knowledge base: honest ones must pass, wrong ones must not, for the right reason."""

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from app.guardrail import Context, check, explain
from app.knowledge import sections
from app.types import Passage, Section
from tests.guardrail.sample import in_shop

KB = Path(__file__).parents[2] / "kb"


@cache
def section(name: str) -> Section:
    return next(s for s in sections.load(KB).sections if s.id == name)


def context(ids: str, **more: object) -> Context:
    passages = tuple(Passage(section(name), 1.0) for name in ids.split())
    return in_shop(passages, **more)  # type: ignore[arg-type]


KK = {"language": "kk"}
EN = {"language": "en"}
PLANS = "pricing_overview pricing_plan_start pricing_plan_rost pricing_plan_set"
MODULES = "pricing_modules loyalty_module_price analytics_plus_module"

HONEST: list[tuple[str, str, dict[str, object]]] = [
    ("pricing_plan_rost", "«Рост» обойдётся примерно в 15 тыс. тенге.", {}),
    # prices as a seller says them
    ("pricing_plan_start", "Тариф «Старт» стоит 7 900 ₸ в месяц за магазин, в нём одна касса и 2 сотрудника.", {}),
    ("pricing_plan_start", "На «Старте» выходит 7900 тенге ежемесячно.", {}),
    ("pricing_plan_start", "Самый доступный вариант — «Старт», 7 900 тг/мес.", {}),
    ("pricing_plan_rost", "«Рост» обойдётся в 14 900 ₸ в месяц за один магазин. Внутри 3 кассы и 10 сотрудников.", {}),
    ("pricing_plan_rost", "Стоимость тарифа «Рост» — 14,9 тыс. тенге в месяц.", {}),
    ("pricing_plan_rost", "Тариф «Рост» стоит четырнадцать тысяч девятьсот тенге в месяц.", {}),
    (PLANS, "Есть три тарифа: «Старт» — 7 900 ₸, «Рост» — 14 900 ₸ и «Сеть» — 24 900 ₸ в месяц за магазин.", {}),
    (PLANS, "«Старт», «Рост» и «Сеть» стоят 7 900, 14 900 и 24 900 ₸ в месяц.", {}),
    (PLANS, "Цены от 7 900 до 24 900 ₸ в месяц за магазин, зависит от тарифа.", {}),
    (PLANS, "За 7 900 ₸ вы получаете «Старт», а за 14 900 ₸ — «Рост» с аналитикой.", {}),
    (PLANS, "Если касс несколько, подойдёт тариф «Рост». Он стоит 14 900 ₸ в месяц за магазин.", {}),
    (PLANS, "Разница между «Стартом» и «Ростом» — 7 000 ₸ в месяц.", {}),
    (PLANS, "Для двух магазинов на «Росте» получится 2 × 14 900 = 29 800 ₸ в месяц.", {}),
    (
        PLANS,
        "За три магазина на тарифе «Сеть» выйдет 74 700 ₸ в месяц.",
        {"customer": ("у нас три магазина, сколько будет сеть",)},
    ),
    (PLANS, "Вам подойдёт «Сеть»: 4 магазина по 24 900 ₸ — это 99 600 ₸ в месяц.", {"customer": ("4 магазина",)}),
    (
        "pricing_year pricing_plan_start",
        "За год «Старт» стоит 79 000 ₸, а при помесячной оплате вышло бы 94 800 ₸.",
        {},
    ),
    ("pricing_year pricing_plan_rost", "«Рост» — 14 900 ₸ в месяц или 149 000 ₸ в год, это цена 10 месяцев.", {}),
    ("pricing_year", "При оплате за год: «Старт» 79 000 ₸, «Рост» 149 000 ₸, «Сеть» 249 000 ₸ за магазин.", {}),
    ("pricing_year", "При годовой оплате «Росту» хватит 149 000 ₸, два месяца получаются без оплаты.", {}),
    (
        "pricing_year pricing_plan_rost",
        "Экономия за год на «Росте» — 29 800 ₸: 12 × 14 900 = 178 800 ₸ против 149 000 ₸.",
        {},
    ),
    ("pricing_extra_register", "Каждая касса сверх тарифа — 2 900 ₸ в месяц.", {}),
    ("pricing_extra_register", "Ещё две кассы к «Росту» добавят 5 800 ₸ в месяц.", {}),
    ("pricing_extra_employee", "Дополнительный сотрудник стоит 900 ₸ в месяц за человека.", {}),
    (
        "pricing_extra_employee pricing_plan_start",
        "На «Старте» 2 сотрудника уже включены, третий будет стоить 900 ₸ в месяц.",
        {"customer": ("нас трое",)},
    ),
    (MODULES, "Модуль «Лояльность» — 4 900 ₸ в месяц за магазин, «Аналитика Плюс» — 5 900 ₸.", {}),
    (MODULES, "Модули стоят от 3 500 ₸ в месяц, самый дорогой — «Склад Про» за 6 900 ₸.", {}),
    (MODULES, "«Лояльность» и «Аналитика Плюс» вместе — 10 800 ₸ в месяц за магазин.", {}),
    (
        "pricing_plan_rost loyalty_module_price",
        "«Рост» с модулем «Лояльность» — это 14 900 + 4 900 = 19 800 ₸ в месяц за магазин.",
        {},
    ),
    ("integrations_api pricing_plan_set", "Доступ к API — 9 900 ₸ в месяц за компанию, на «Сети» он уже включён.", {}),
    ("loyalty_sms_mailing", "Одно СМС стоит 18 ₸, платите только за отправленные.", {}),
    (
        "loyalty_sms_mailing",
        "Тысяча сообщений обойдётся в 18 000 ₸: 1 000 × 18 = 18 000 ₸.",
        {"customer": ("сколько за 1000 смс",)},
    ),
    ("onboarding_turnkey", "Запуск под ключ — 45 000 ₸ за магазин, один раз.", {}),
    (
        "migration_price migration_duration",
        "Перенос данных стоит 30 000 ₸ разово, занимает 2 рабочих дня, входит до 20 000 товаров.",
        {},
    ),
    ("onboarding_training", "Час обучения стоит 12 000 ₸, занятие по видеосвязи.", {}),
    ("onboarding_training", "Обучение стоит 12 000 ₸ в час, два часа — 24 000 ₸.", {}),
    ("regions_onsite_cities", "Выезд специалиста — 15 000 ₸ за приезд, возможен в Алматы, Астане и Шымкенте.", {}),
    (
        "support_priority support_first_answer",
        "Обычная поддержка отвечает в течение 15 минут, приоритетная — за 5 минут и круглосуточно.",
        {},
    ),
    ("support_priority", "Приоритетная поддержка стоит 9 900 ₸ в месяц на всю компанию и работает 24/7.", {}),
    ("analytics_custom_report", "Отчёт на заказ — 60 000 ₸, платёж разовый.", {}),
    ("hardware_kit_start", "Комплект «Касса Старт» стоит 189 000 ₸: терминал D-POS Mini, сканер, принтер и ящик.", {}),
    (
        "hardware_terminal_mini hardware_terminal_duo",
        "D-POS Mini — 129 000 ₸, D-POS Duo с двумя экранами — 219 000 ₸.",
        {},
    ),
    (
        "hardware_terminal_mini hardware_rent",
        "Терминал D-POS Mini можно купить за 129 000 ₸ или взять в аренду за 9 900 ₸ в месяц.",
        {},
    ),
    ("hardware_rent", "Да, терминал D-POS Mini сдаём в аренду: 9 900 ₸ в месяц.", {}),
    ("hardware_scanners", "Проводной сканер — 24 900 ₸, беспроводной — 39 900 ₸.", {}),
    ("hardware_scanners", "D-Scan 1 стоит 24 900 ₸, D-Scan 2 — 39 900 ₸.", {}),
    (
        "hardware_receipt_printers",
        "Для длинных чеков лучше D-Print 80, он стоит 54 900 ₸. D-Print 58 проще и дешевле: 29 900 ₸.",
        {},
    ),
    ("hardware_tsd hardware_scale", "D-Hand 5 149 000 ₸, весы D-Scale 15 — 89 900 ₸, взвешивают до 15 кг.", {}),
    (
        "hardware_instalments hardware_warranty",
        "Рассрочка на оборудование — 6 месяцев без переплаты при заказе от 100 000 ₸, гарантия 12 месяцев.",
        {},
    ),
    ("hardware_warranty", "На оборудование действует гарантия один год.", {}),
    ("hardware_instalments", "Оборудование можно оплатить в рассрочку на полгода, если заказ от 100 000 ₸.", {}),
    (
        "hardware_delivery",
        "Доставка стоит 3 000 ₸, при заказе от 150 000 ₸ она бесплатная. Привезём за 2–5 рабочих дней.",
        {},
    ),
    (
        "hardware_delivery hardware_kit_start",
        "Комплект «Касса Старт» за 189 000 ₸ доставим бесплатно, ведь заказ больше 150 000 ₸.",
        {},
    ),
    (
        "fiscal_connect fiscal_ofd",
        "Подключение онлайн-кассы — 8 000 ₸ один раз, услуги ОФД — 1 500 ₸ в месяц за кассу.",
        {},
    ),
    (
        "fiscal_connect fiscal_ofd",
        "Для двух касс ОФД обойдётся в 3 000 ₸ в месяц.",
        {"customer": ("у меня две кассы",)},
    ),
    ("mobile_app_free", "Приложение Dukenta Go бесплатное на любом тарифе.", {}),
    ("mobile_requirements", "Нужен телефон с Android 9 или iOS 15 и новее.", {}),
    ("products_requirements", "Подойдёт обычный компьютер с Windows 10.", {}),
    # terms
    ("faq_trial", "Попробовать можно бесплатно 14 дней, карту привязывать не нужно.", {}),
    ("faq_trial", "Пробный период — две недели, он бесплатный.", {}),
    ("faq_refund", "Если не подойдёт, деньги за подписку вернём в течение 30 дней.", {}),
    ("faq_refund faq_trial", "Сначала 14 дней пробного периода, а за подписку деньги можно вернуть 30 дней.", {}),
    ("onboarding_launch_time", "Стандартный запуск занимает 3 рабочих дня.", {}),
    ("products_offline", "Без интернета касса продаёт до 7 дней, потом данные сами уйдут в облако.", {}),
    ("products_offline", "Касса работает без интернета целую неделю.", {}),
    ("security_backups", "Резервные копии делаются каждый час и хранятся 30 дней.", {}),
    ("security_uptime", "Доступность сервиса — 99,5 % времени в месяц.", {}),
    ("support_hours", "Чат поддержки на связи каждый день с 9 до 21 по времени Алматы.", {}),
    ("support_hours", "Поддержка отвечает с 09:00 до 21:00, в том числе в выходные: субботу и воскресенье.", {}),
    # discounts, free
    ("pricing_shops_discount", "Скидка на тарифы — 5 % от 5 магазинов и 10 % от 10.", {}),
    ("pricing_shops_discount", "У вас 6 магазинов, значит скидка на тарифы 5 %.", {"customer": ("у нас 6 магазинов",)}),
    (
        "pricing_shops_discount pricing_plan_set",
        "Десять магазинов на «Сети» со скидкой 10 % — 224 100 ₸ в месяц.",
        {"customer": ("у нас 10 магазинов",)},
    ),
    (
        "pricing_plan_rost",
        "Скидку сделать не могу, но вопрос могу передать менеджеру.",
        {"customer": ("сделайте скидку 20%",)},
    ),
    (
        "pricing_plan_rost",
        "Скидку 20 % дать не можем. Тариф «Рост» стоит 14 900 ₸ в месяц.",
        {"customer": ("дайте скидку 20%",)},
    ),
    ("support_free", "Обычная поддержка входит в любой тариф, доплачивать за неё не нужно.", {}),
    ("faq_how_to_try", "Показ бесплатный: менеджер проведёт его по видеосвязи.", {}),
    ("pricing_hidden_fees", "Скрытых платежей нет: платите только за тариф и то, что добавили сами.", {}),
    # acts that are offers, negations, others' acts
    ("pricing_payment", "Да, по счёту оплатить можно. Пришлите БИН и название компании, и мы подготовим счёт.", {}),
    (
        "pricing_payment",
        "Проверить оплату сам не могу, но могу передать вопрос менеджеру.",
        {"customer": ("я оплатил, проверьте",)},
    ),
    ("faq_guarantee", "Рост продаж мы не гарантируем: он зависит от ассортимента и места.", {}),
    ("faq_contract", "Договор заключаем с ИП и ТОО. Менеджер подготовит документ и отправит на подпись.", {}),
    ("employees_action_log", "Каждое действие кассира записывается: кто удалил товар, кто оформил возврат.", {}),
    ("products_orders", "Когда покупатель внёс предоплату, она уже учтена в заказе.", {}),
    (
        "faq_office",
        "Офис в Алматы, приехать можно по договорённости. Записать вас сам не могу, но передам вопрос менеджеру.",
        {},
    ),
    (
        "pricing_plan_rost",
        "Понимаю, вы писали про бюджет 10 000 ₸. Тариф «Рост» стоит 14 900 ₸ в месяц.",
        {"customer": ("бюджет 10 000 тенге",)},
    ),
    ("pricing_plan_rost", "Нет, не 12 000, а 14 900 ₸ в месяц.", {"customer": ("рост же 12 000?",)}),
    # Kazakh
    ("pricing_plan_start_kk", "«Старт» тарифі бір дүкенге айына 7 900 ₸ тұрады.", KK),
    ("pricing_plan_rost_kk", "«Рост» тарифі айына 14 900 теңге, ішінде 3 касса мен 10 қызметкер бар.", KK),
    (
        "pricing_overview_kk",
        "Тарифтер: «Старт» 7 900 ₸, «Рост» 14 900 ₸, «Сеть» 24 900 ₸, бағасы бір дүкенге айына.",
        KK,
    ),
    ("pricing_year_kk", "Бір жылға «Рост» тарифі 149 000 ₸ болады.", KK),
    ("faq_trial_kk", "Сынақ кезеңі 14 күн, ол тегін.", KK),
    ("fiscal_ofd_kk", "ФДО қызметі бір касса үшін айына 1 500 ₸ тұрады.", KK),
    ("migration_price_kk", "Деректерді көшіру 30 000 теңге, бір рет төленеді.", KK),
    ("support_priority_kk", "Басым қолдау айына 9 900 ₸ тұрады, тәулік бойы жұмыс істейді.", KK),
    ("products_offline_kk", "Касса интернетсіз 7 күнге дейін жұмыс істейді.", KK),
    ("hardware_kit_start_kk", "«Касса Старт» жинағы жүз сексен тоғыз мың теңге тұрады.", KK),
    # English
    ("pricing_plan_rost", "The «Рост» plan is 14,900 ₸ per month for one shop.", EN),
    (PLANS, "Start is 7,900 ₸ a month, Rost is 14,900 ₸ a month.", EN),
    ("faq_trial", "You can try it free for 14 days, no card needed.", EN),
    ("hardware_delivery", "Delivery takes 2-5 working days and costs 3,000 ₸.", EN),
]

WRONG: list[tuple[str, str, str, dict[str, object]]] = [
    # another amount
    ("amount", "pricing_plan_start", "Тариф «Старт» стоит 8 900 ₸ в месяц.", {}),
    ("amount", "pricing_plan_start", "«Старт» — всего 5 тысяч тенге в месяц.", {}),
    ("amount", "pricing_plan_rost", "«Рост» обойдётся примерно в 13 тыс. тенге.", {}),
    ("amount", "pricing_plan_rost", "«Рост» обойдётся чуть больше 15 тыс. тенге.", {}),
    ("amount", "pricing_plan_rost", "Тариф «Рост» стоит пятнадцать тысяч тенге в месяц.", {}),
    ("amount", "pricing_plan_rost", "Тариф «Рост» — 14.500 тг.", {}),
    ("amount", "pricing_plan_rost", "Тариф «Рост» стоит 14к в месяц.", {}),
    ("amount", PLANS, "Тарифы начинаются от 5 000 ₸ в месяц.", {}),
    ("amount", "pricing_plan_rost", "Стоимость — 19900 в месяц за магазин.", {}),
    ("amount", "hardware_scanners", "Проводной сканер стоит 22 900 ₸.", {}),
    ("amount", "onboarding_turnkey", "Запуск под ключ — сорок тысяч тенге.", {}),
    ("amount", "hardware_delivery", "Доставка стоит полторы тысячи тенге.", {}),
    ("amount", "integrations_qr_payment", "Подключение QR стоит 10 000 ₸.", {}),
    ("amount", "faq_company", "Тариф у нас стоит 9 900 ₸ в месяц.", {}),
    # another product's amount
    ("amount", PLANS, "«Старт» — 14 900 ₸, «Рост» — 7 900 ₸ в месяц.", {}),
    ("amount", PLANS, "Тариф «Рост» стоит 24 900 ₸ в месяц.", {}),
    ("amount", PLANS, "Вам подойдёт «Рост». Он стоит 7 900 ₸ в месяц.", {}),
    ("amount", PLANS, "7 900 ₸ в месяц.", {"customer": ("сколько стоит тариф рост?",)}),
    ("amount", PLANS, "«Старт», «Рост» и «Сеть» стоят 7 900, 24 900 и 14 900 ₸ в месяц.", {}),
    ("amount", PLANS, "За 7 900 ₸ вы получаете «Рост», а за 14 900 ₸ — «Старт».", {}),
    ("amount", MODULES, "Модуль «Лояльность» стоит 5 900 ₸ в месяц.", {}),
    ("amount", MODULES, "«Аналитика Плюс» — 4 900 ₸, «Лояльность» — 5 900 ₸.", {}),
    (
        "amount",
        "pricing_plan_rost loyalty_module_price",
        "Модуль «Лояльность» для тарифа «Рост» стоит 14 900 ₸ в месяц.",
        {},
    ),
    ("amount", "hardware_scanners", "Беспроводной сканер стоит 24 900 ₸.", {}),
    ("amount", "hardware_scanners", "D-Scan 2 — 24 900 ₸.", {}),
    ("amount", "hardware_scanners", "D-Scan 3 стоит 39 900 ₸.", {}),
    ("amount", "hardware_terminal_mini hardware_terminal_duo", "D-POS Duo стоит 129 000 ₸.", {}),
    ("amount", "hardware_receipt_printers", "D-Print 80 стоит 29 900 ₸.", {}),
    ("amount", "migration_price onboarding_turnkey", "Перенос данных стоит 45 000 ₸ один раз.", {}),
    ("amount", "migration_price onboarding_turnkey", "Запуск под ключ обойдётся в 30 000 ₸.", {}),
    ("amount", "fiscal_connect fiscal_ofd", "Подключение онлайн-кассы стоит 1 500 ₸.", {}),
    ("amount", "pricing_plan_start", "Модуль «Доставка» стоит 7 900 ₸ в месяц.", {}),
    ("amount", "hardware_rent", "Терминал D-POS Mini стоит 9 900 ₸.", {}),
    ("amount", "hardware_delivery", "Доставка стоит 150 000 ₸.", {}),
    # period and unit
    ("amount", "pricing_year", "«Рост» стоит 149 000 ₸ в месяц.", {}),
    ("amount", "pricing_plan_rost", "«Рост» стоит 14 900 ₸ в год.", {}),
    ("amount", "pricing_plan_rost", "«Рост» — 14 900 ₸, платите один раз.", {}),
    ("amount", "onboarding_turnkey", "Запуск под ключ — 45 000 ₸ в месяц.", {}),
    ("amount", "fiscal_ofd", "Услуги ОФД — 1 500 ₸ в год за кассу.", {}),
    ("amount", "pricing_plan_rost", "«Рост» стоит 14 900 ₸ в месяц за каждую кассу.", {}),
    ("amount", "support_priority", "Приоритетная поддержка — 9 900 ₸ в месяц за магазин.", {}),
    ("amount", "pricing_extra_employee", "Дополнительный сотрудник — 900 ₸ в месяц за магазин.", {}),
    ("amount", "onboarding_training", "Обучение — 12 000 ₸ за сотрудника.", {}),
    ("amount", "fiscal_connect", "Подключение онлайн-кассы — 8 000 ₸ в месяц.", {}),
    ("amount", "loyalty_sms_mailing", "СМС-рассылка — 18 ₸ в месяц.", {}),
    # sums
    ("amount", PLANS, "2 магазина × 14 900 = 28 900 ₸ в месяц.", {}),
    ("amount", PLANS, "За три магазина на «Старте» выйдет 22 700 ₸ в месяц.", {"customer": ("у нас три магазина",)}),
    ("amount", PLANS, "За 3 магазина на «Старте» выйдет 14 900 ₸ в месяц.", {"customer": ("у нас 3 магазина",)}),
    ("amount", PLANS, "За 2 магазина на «Росте» заплатите 14 900 ₸ в месяц.", {"customer": ("2 магазина",)}),
    ("amount", "pricing_plan_rost loyalty_module_price", "«Рост» и «Лояльность» вместе — 18 800 ₸ в месяц.", {}),
    ("amount", "pricing_plan_rost", "За год на «Росте» выйдет 160 000 ₸.", {}),
    ("amount", PLANS, "3 магазина на «Росте» — 44 700 ₸ в год.", {"customer": ("3 магазина",)}),
    (
        "amount",
        "pricing_shops_discount pricing_plan_set",
        "Десять магазинов на «Сети» со скидкой 10 % — 200 000 ₸.",
        {"customer": ("10 магазинов",)},
    ),
    # currency
    ("currency", "pricing_plan_rost", "«Рост» стоит 14 900 рублей в месяц.", {}),
    ("currency", "pricing_plan_rost", "«Рост» — $30 в месяц.", {}),
    ("currency", "hardware_scanners", "Сканер D-Scan 1 — 24 900 ₽.", {}),
    # the customer's figure as our price
    ("amount", "pricing_plan_rost", "Да, «Рост» стоит 5 000 ₸ в месяц.", {"customer": ("мне сказали рост 5000",)}),
    # percentages
    ("percent", "pricing_plan_rost", "Сейчас действует скидка 15 % на тариф «Рост».", {}),
    ("percent", "pricing_shops_discount", "Скидка 10 % от 5 магазинов.", {}),
    ("percent", "pricing_shops_discount", "У вас 3 магазина, поэтому скидка 5 %.", {"customer": ("3 магазина",)}),
    ("percent", "pricing_shops_discount", "На оборудование скидка 5 %.", {}),
    ("percent", "pricing_shops_discount", "Скидка 5 % на модули и услуги.", {}),
    ("percent", "pricing_shops_discount", "При оплате за год скидка 10 %.", {}),
    ("percent", "security_uptime", "Доступность сервиса — 99,9 %.", {}),
    ("percent", "analytics_profit", "Прибыль магазинов растёт на 30 % за квартал.", {}),
    ("percent", "competitors_excel", "Dukenta в 3 раза дешевле других программ.", {}),
    (
        "percent",
        "pricing_plan_rost",
        "Хорошо, сделаем скидку двадцать процентов.",
        {"customer": ("сделайте 20 процентов",)},
    ),
    # free
    ("free", "migration_price", "Перенос данных для новых клиентов бесплатный.", {}),
    ("free", "hardware_kit_start", "К комплекту дарим весы в подарок.", {}),
    ("free", "hardware_delivery", "Доставка по Казахстану бесплатная.", {}),
    ("free", "onboarding_training", "Обучение сотрудников проводим даром.", {}),
    ("free", "faq_trial migration_price", "На пробном периоде перенос данных бесплатный.", {}),
    ("free", "pricing_plan_rost onboarding_turnkey", "Запуск под ключ входит в стоимость тарифа «Рост».", {}),
    ("free", "integrations_api pricing_plan_rost", "Доступ к API входит в тариф «Рост».", {}),
    ("free", "pricing_plan_rost", "Для новых клиентов у нас есть скидка.", {}),
    ("free", "fiscal_connect_kk", "Онлайн-кассаны қосу тегін.", KK),
    ("free", "hardware_terminal_mini", "The terminal is free of charge.", EN),
    # terms
    ("term", "faq_trial", "Пробный период — 30 дней.", {}),
    ("term", "faq_trial", "Попробовать можно бесплатно целый месяц.", {}),
    ("term", "faq_trial hardware_warranty", "Гарантия на оборудование — 14 дней.", {}),
    ("term", "faq_trial hardware_warranty", "Пробный период — 12 месяцев.", {}),
    ("term", "hardware_warranty", "Гарантия на терминал — два года.", {}),
    ("term", "hardware_warranty", "На всё даём двухлетнюю гарантию.", {}),
    ("term", "hardware_instalments", "Рассрочка на 12 месяцев без переплаты.", {}),
    ("term", "hardware_delivery", "Привезём за один день.", {}),
    ("term", "hardware_delivery", "Доставим завтра.", {}),
    ("term", "onboarding_launch_time", "Запустим магазин за час.", {}),
    ("term", "onboarding_launch_time migration_duration", "Стандартный запуск занимает 2 рабочих дня.", {}),
    ("term", "faq_refund faq_trial", "Деньги за подписку можно вернуть в течение 14 дней.", {}),
    ("term", "support_hours", "Поддержка работает круглосуточно.", {}),
    ("term", "support_hours support_priority", "Обычный чат поддержки отвечает круглосуточно.", {}),
    ("term", "support_hours", "Поддержка на связи с 8 до 22.", {}),
    ("term", "support_hours", "Чат работает по будням с 09:00 до 21:00.", {}),
    ("term", "support_first_answer support_priority", "Обычная поддержка отвечает в течение 5 минут.", {}),
    ("term", "products_offline", "Без интернета касса работает до 30 дней.", {}),
    ("term", "security_backups", "Резервные копии делаются раз в сутки.", {}),
    ("term", "security_backups products_offline", "Резервные копии хранятся 7 дней.", {}),
    ("term", "faq_trial_kk", "Сынақ кезеңі 30 күн.", KK),
    ("term", "hardware_delivery", "Delivery takes 1 day.", EN),
    ("term", "pricing_plan_rost", "Акция только до конца месяца, успейте.", {}),
    # counts
    ("count", "pricing_plan_start", "В тариф «Старт» входят 3 кассы.", {}),
    ("count", "pricing_plan_start pricing_plan_rost", "В «Старт» входит 10 сотрудников.", {}),
    ("count", "faq_company", "Нам доверяют 5 000 магазинов.", {}),
    ("count", "migration_price", "В цену переноса входит до 50 000 товаров.", {}),
    # acts and promises
    ("act", "faq_office", "Записала вас на завтра в 15:00.", {"customer": ("запишите на завтра в 15:00",)}),
    ("act", "pricing_payment", "Отправил счёт на почту.", {}),
    ("act", "pricing_payment", "Ваша оплата получена, спасибо.", {}),
    ("act", "hardware_kit_start", "Заказ оформлен, ждите курьера.", {}),
    ("act", "pricing_plan_rost", "Я уже передала ваш вопрос менеджеру.", {}),
    ("act", "pricing_plan_rost", "Менеджер уже позвонил вам.", {}),
    ("act", "hardware_kit_start", "Забронировал для вас комплект.", {}),
    ("act", "pricing_plan_rost", "Сделаем вам скидку, не переживайте.", {}),
    ("act", "pricing_payment", "Сейчас проверю оплату и вернусь.", {}),
    ("act", "analytics_profit", "Гарантируем рост прибыли.", {}),
    ("act", "analytics_profit", "Система точно поможет увеличить выручку.", {}),
    ("act", "analytics_profit", "Обещаю, вы останетесь довольны.", {}),
    ("act", "analytics_profit", "Программа окупится уже в первый месяц.", {}),
    ("act", "faq_office", "Вы записаны на показ.", {}),
    ("act", "hardware_kit_start_kk", "Тапсырысыңызды рәсімдедім.", KK),
    ("act", "pricing_payment_kk", "Шотты поштаңызға жібердім.", KK),
    ("act", "faq_office", "I have booked a demo for you.", EN),
    ("act", "pricing_payment", "Your payment has been received.", EN),
    ("act", "pricing_plan_rost", "Это лучшее решение на рынке.", {"never": ("лучшее решение",)}),
    # language
    ("language", "pricing_plan_rost", "Тариф «Рост» 很好 подойдёт вам.", {}),
    ("language", "pricing_plan_rost", "The plan costs 14,900 ₸ per month.", {}),
    ("language", "pricing_plan_rost_kk", "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин.", KK),
    ("language", "pricing_plan_rost", "«Рост» тарифі бір дүкенге айына 14 900 ₸ тұрады.", {}),
    ("language", "pricing_plan_rost", "Тариф «Рост» стоит 14 900 ₸ в месяц.", EN),
    # brand
    ("brand", "faq_company", "Дукента — это облачная CRM и касса.", {}),
    ("brand", "faq_company", "Dukeneta — это облачная касса.", {}),
    ("brand", "hardware_receipt_printers", "Ди-Принт 80 печатает широкие чеки.", {}),
    # leaks
    ("leak", "faq_company", "Как языковая модель, я не могу ответить.", {}),
    ("leak", "faq_company", '{"answer": "Dukenta — это касса"}', {}),
    ("leak", "faq_company", "Здравствуйте, {{name}}! Мы рады помочь.", {}),
    ("leak", "faq_company", "Согласно предоставленному контексту, офис в Алматы.", {}),
    ("leak", "faq_company", "⟦kvqzhd⟧ Dukenta — это облачная касса.", {}),
    ("leak", "faq_company", "Dukenta — это облачная касса.\n⟦/kvqzhd⟧", {"customer": ("повтори ⟦/kvqzhd⟧",)}),
    ("leak", "faq_company", "Dukenta ⟦kvqzhd: описание картинки⟧ работает без интернета.", {}),
    (
        "leak",
        "faq_company",
        "Отвечай коротко и только по фактам из раздела знаний, без выдумок.",
        {"system": "Ты продавец. Отвечай коротко и только по фактам из раздела знаний, без выдумок."},
    ),
    # repeats and nothing
    (
        "repeat",
        "pricing_plan_rost",
        "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин.",
        {
            "earlier": ("Тариф «Рост» стоит 14 900 ₸ в месяц за магазин.",),
            "customer": ("сколько стоит рост", "а касс сколько?"),
        },
    ),
    ("empty", "faq_company", "<think>надо подумать", {}),
]


@pytest.mark.parametrize(("ids", "draft", "more"), HONEST, ids=[draft[:40] for _, draft, _ in HONEST])
def test_an_honest_draft_passes(ids: str, draft: str, more: dict[str, object]) -> None:
    verdict = check(draft, context(ids, **more))

    assert verdict.ok, explain(verdict, draft)


@pytest.mark.parametrize(("name", "ids", "draft", "more"), WRONG, ids=[draft[:40] for _, _, draft, _ in WRONG])
def test_a_wrong_draft_is_refused_for_its_reason(name: str, ids: str, draft: str, more: dict[str, object]) -> None:
    verdict = check(draft, context(ids, **more))

    assert not verdict.fit
    assert name in {finding.check for finding in verdict.faults}, explain(verdict, draft)


def test_there_are_enough_drafts_of_both_kinds() -> None:
    assert len(HONEST) >= 80
    assert len(WRONG) >= 80


def test_the_policys_discounts_may_be_said_without_a_fact() -> None:
    allowed = context("pricing_plan_rost", discounts=(Decimal(5),))

    assert check("Скидка 5 % на тариф возможна.", allowed).ok
    assert not check("Скидка 7 % на тариф возможна.", allowed).ok
