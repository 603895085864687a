"""Every behaviour that the page promises, as data: what arrives, what goes wrong, what must come of it."""

import json
from dataclasses import dataclass, field
from typing import Literal

from tests.n8n.shapes import Body, cloud, cloud_message, hidden, instagram, waha
from tests.n8n.standins import CUT, LOST, RESET, SLOW, Canned, Fault, refusal

Flow = Literal["sales", "closed", "wrongkey", "noredis", "badredis"]
QUESTION = "Сколько стоит тариф Рост?"
LONG = (
    "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин. В него входят учёт остатков, касса и отчёты по прибыли! 😊 "
    "Подключение занимает один день, обучение кассиров бесплатно. Если магазинов несколько, на каждый следующий действует "
    "скидка 10 %, то есть второй магазин обойдётся в 13 410 ₸ в месяц, а третий — ещё дешевле, об этом договоримся отдельно. "
    "Подскажите, сколько у вас торговых точек?"
)
PERSON = "Позовите, пожалуйста, менеджера <старшего> & поскорее_*"
FALLBACK = "Секунду, уточню и вернусь к вам с ответом."


@dataclass(frozen=True)
class Send:
    """One webhook. `after`: seconds from the scenario's start."""

    hook: Literal["waha", "meta"]
    body: Body = field(hash=False)
    after: float = 0


@dataclass(frozen=True)
class Scenario:
    """`asked`: calls of /process that arrive; `speaks`: whose text the customer gets, if any; `told`: whether the machine's
    memory holds the fallback's text afterwards; `observe_faults`: like `faults`,
    of /observe; `refused_once`: the channel refuses the first delivery; `words`: of the machine's answer; `people`: how many messages
    tell of it to people; `flow`: which copy of the workflow (sales: the file as it is)."""

    name: str
    title: str
    title_ru: str
    user: str
    sends: tuple[Send, ...]
    asked: int
    speaks: Literal["machine", "fallback", "nobody"]
    told: bool = False
    faults: tuple[Fault, ...] = ()
    observe_faults: tuple[Fault, ...] = ()
    refused_once: bool = False
    words: str = "14 900 ₸"
    people: int = 0
    flow: Flow = "sales"


def one(user: str, text: str = QUESTION) -> tuple[Send, ...]:
    return (Send("waha", waha(user, text, f"false_{user}@c.us_3EB0{user}")),)


def burst(user: str) -> tuple[Send, ...]:
    texts = ["Здравствуйте", 'у меня магазин "Дос" \\ 2 кассы', "хочу понять", "сколько стоит", "тариф Рост?"]
    return tuple(
        Send("waha", waha(user, text, f"false_{user}@c.us_{number}"), number * 0.8) for number, text in enumerate(texts)
    )


def fault(
    name: str, user: str, title: str, title_ru: str, *faults: Fault, asked: int = 1, speaks: str = "fallback"
) -> Scenario:
    falls = speaks == "fallback"
    return Scenario(
        name, title, title_ru, user, one(user), asked, "fallback" if falls else "machine", told=falls, faults=faults
    )


_BROKEN = Canned(200, '{"answer": "Тариф')
_PAGE = Canned(502, "<html><body>502 Bad Gateway</body></html>", media_type="text/html")
_LONG = Canned(200, json.dumps({"answer": LONG, "meta": {"model": "m", "processing_ms": 1, "kb_used": True}}))
_EMPTY = Canned(200, json.dumps({"answer": " "}))
_ERROR = Canned(200, json.dumps({"error": {"code": "INTERNAL", "message": "no"}}))

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("plain", "a question", "вопрос", "77010000101", one("77010000101"), 1, "machine"),
    Scenario(
        "burst", "five messages within 4 s", "пять сообщений за 4 с", "77010000102", burst("77010000102"), 1, "machine"
    ),
    Scenario(
        "redelivered",
        "the channel delivers one message twice",
        "канал доставил одно сообщение дважды",
        "77010000103",
        (*one("77010000103"), Send("waha", one("77010000103")[0].body, 8)),
        1,
        "machine",
    ),
    Scenario(
        "image",
        "a picture with a caption",
        "картинка с подписью",
        "77010000104",
        (
            Send(
                "waha",
                waha(
                    "77010000104",
                    QUESTION,
                    "img1",
                    hasMedia=True,
                    media={"url": "http://waha/f.jpg", "mimetype": "image/jpeg"},
                ),
            ),
        ),
        1,
        "machine",
    ),
    Scenario(
        "voice",
        "a voice message (WhatsApp Cloud)",
        "голосовое сообщение (WhatsApp Cloud)",
        "77010000105",
        (
            Send(
                "meta",
                cloud(
                    cloud_message("77010000105", "wamid.voice", "audio", id="media1", mime_type="audio/ogg", voice=True)
                ),
            ),
        ),
        1,
        "machine",
    ),
    Scenario(
        "file",
        "a file, and the media service fails",
        "файл, а сервис распознавания не отвечает",
        "77010000106",
        (Send("meta", cloud(cloud_message("77010000106", "wamid.file", "document", id="media2", caption=QUESTION))),),
        1,
        "machine",
    ),
    Scenario(
        "instagram",
        "a question from Instagram",
        "вопрос из Instagram",
        "9001000107",
        (Send("meta", instagram("9001000107", {"mid": "m" * 190, "text": QUESTION})),),
        1,
        "machine",
    ),
    Scenario(
        "hidden",
        "a question from somebody who hides the number (WhatsApp Cloud)",
        "вопрос от клиента, который скрыл номер (WhatsApp Cloud)",
        "KZ.1502576394655843",
        (Send("meta", cloud(hidden("KZ.1502576394655843", "wamid.hidden", QUESTION))),),
        1,
        "machine",
    ),
    fault("long", "77010000108", "an answer of 400 characters", "ответ в 400 символов", _LONG, speaks="machine"),
    Scenario(
        "delivery",
        "the channel refuses a delivery once",
        "канал один раз отказался доставить",
        "77010000109",
        one("77010000109"),
        1,
        "machine",
        refused_once=True,
    ),
    Scenario(
        "401",
        "401: the key is not valid",
        "401: ключ недействителен",
        "77010000110",
        one("77010000110"),
        1,
        "fallback",
        flow="wrongkey",
    ),
    fault(
        "429-long",
        "77010000111",
        "429, Retry-After: 30",
        "429, Retry-After: 30",
        refusal(429, "RATE_LIMIT", retry_after="30"),
    ),
    fault(
        "429-short",
        "77010000112",
        "429, Retry-After: 2, then free",
        "429, Retry-After: 2, затем место есть",
        refusal(429, "RATE_LIMIT", retry_after="2"),
        asked=2,
        speaks="machine",
    ),
    fault("500", "77010000113", "500", "500", refusal(500, "INTERNAL")),
    Scenario(
        "observe",
        "500, and `observe` fails once",
        "500, и `observe` один раз не проходит",
        "77010000127",
        one("77010000127"),
        1,
        "fallback",
        told=True,
        faults=(refusal(500, "INTERNAL"),),
        observe_faults=(refusal(503, "INTERNAL"),),
    ),
    fault("503", "77010000114", "503 without Retry-After", "503 без Retry-After", refusal(503, "INTERNAL")),
    fault("timeout", "77010000115", "no answer within 40 s", "нет ответа за 40 с", SLOW),
    fault(
        "broken",
        "77010000116",
        "200 with broken JSON, three times",
        "200 с испорченным JSON, три раза",
        *[_BROKEN] * 3,
        asked=3,
    ),
    fault(
        "page",
        "77010000117",
        "502 with an HTML page, three times",
        "502 со страницей HTML, три раза",
        *[_PAGE] * 3,
        asked=3,
    ),
    fault("error", "77010000118", "200 with `error`", "200 с полем `error`", _ERROR),
    fault("empty", "77010000119", "200 with an empty `answer`", "200 с пустым `answer`", _EMPTY),
    fault("204", "77010000120", "204", "204", Canned(204)),
    Scenario(
        "refused",
        "nothing listens (connection refused)",
        "никто не слушает (соединение отклонено)",
        "77010000121",
        one("77010000121"),
        0,
        "fallback",
        flow="closed",
    ),
    fault(
        "reset",
        "77010000122",
        "the connection breaks once, before the answer",
        "связь один раз рвётся до ответа",
        RESET,
        asked=2,
        speaks="machine",
    ),
    fault(
        "lost",
        "77010000123",
        "the answer is lost once on its way",
        "ответ один раз потерялся в пути",
        LOST,
        asked=2,
        speaks="machine",
    ),
    fault(
        "cut",
        "77010000124",
        "half of the answer arrives once",
        "один раз дошла половина ответа",
        CUT,
        asked=2,
        speaks="machine",
    ),
    Scenario(
        "handover",
        "a customer asks for a person",
        "клиент просит человека",
        "77010000128",
        one("77010000128", PERSON),
        1,
        "machine",
        words="ответит",
        people=2,
    ),
    Scenario(
        "handover-away",
        "the same, and Telegram does not take it at first",
        "то же, а Telegram сначала не принимает",
        "77010000129",
        one("77010000129", PERSON),
        1,
        "machine",
        words="ответит",
        people=2,
    ),
    Scenario(
        "handover-hidden",
        "the same from somebody who hides the number",
        "то же от клиента, который скрыл номер",
        "KZ.1502576394655844",
        (Send("meta", cloud(hidden("KZ.1502576394655844", "wamid.person", PERSON))),),
        1,
        "machine",
        words="ответит",
        people=2,
    ),
    Scenario(
        "handover-nobody",
        "the same, and `Settings` names nobody: the run is red",
        "то же, а в `Settings` никто не назван: запуск красный",
        "77010000130",
        one("77010000130", PERSON),
        1,
        "machine",
        words="ответит",
        flow="badredis",
    ),
    Scenario(
        "noredis",
        "Redis is down (connection refused)",
        "Redis не работает (соединение отклонено)",
        "77010000125",
        one("77010000125"),
        0,
        "nobody",
        flow="noredis",
    ),
    Scenario(
        "badredis",
        "Redis gives an error (password)",
        "Redis отвечает ошибкой (пароль)",
        "77010000126",
        one("77010000126"),
        1,
        "machine",
        flow="badredis",
    ),
)

# Nobody wrote anything in these, or nobody proved to be Meta: no run may come of them. The names are the users'.
SILENT: tuple[Send, ...] = (
    Send("waha", waha("77010000201", "я сам", "own1", fromMe=True)),
    Send("waha", waha("77010000202", "в группе", "group1", **{"from": "120363000000000000@g.us"})),
    Send("waha", waha("77010000203", "", "ack1", event="message.ack")),
    Send("meta", instagram("9001000204", {"mid": "echo1", "text": "эхо", "is_echo": True})),
    Send("meta", cloud(cloud_message("77010000207", "wamid.group", body="в группе") | {"group_id": "Y2FwaV9ncm91cA"})),
    Send("waha", waha("77010000208", "/9j/4AAQSkZJRgABAQAAAQABAAD", "place1", location={"latitude": "43.2"})),
    Send("waha", waha("77010000209", "BEGIN:VCARD\nFN:A\nEND:VCARD", "card1", vCards=["BEGIN:VCARD\nFN:A\nEND:VCARD"])),
)
