"""A salon's structured facts and question files -> sections of a knowledge base.

Nothing of a salon's own words stands here or in phrases.yaml: only the names of its fields, and how customers ask
about such a field.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.knowledge.importer import read
from app.types import Fact, Language, Section

Tree = Mapping[str, Any]

_TYPICAL = {"hygiene.instrument_processing": "hygiene", "salon.amenities.gift_certificates": "gift"}
_FEW = 4


def money(item: Tree) -> str:
    """`от 25 000 ₸` or `5 000 ₸`, with what the price is for."""
    amount = item.get("price", item.get("price_from"))
    start = "от " if "price_from" in item else ""
    note = f" ({item['note']})" if item.get("note") else ""
    return f"{start}{amount:,} ₸{note}".replace(",", " ")


def facts(items: Iterable[Tree]) -> tuple[Fact, ...]:
    return tuple(Fact(i["name"], Decimal(str(i.get("price", i.get("price_from")))), "KZT") for i in items)


class Knowledge:
    """The sections of a folder with `truth.yaml` and Markdown files, by category."""

    def __init__(self, folder: Path, truth: Tree, phrases: Tree) -> None:
        self.truth = truth
        self.fields_asked: Mapping[str, list[str]] = phrases["fields"]
        self.forms: Mapping[str, list[str]] = phrases["forms"]
        self.items = {item["name"]: item for group in truth["price_list"] for item in group["items"]}
        self.areas = {area["id"]: area for area in truth["domain_pack"]["service_taxonomy"]["categories"]}
        self.typical: Tree = truth["domain_pack"]["typical_questions"]
        self.written = [
            section for name in ("faq", "objections", "services") for section in read(folder / f"{name}.md")
        ]
        self.files: dict[str, list[Section]] = {
            "prices": list(self.prices()),
            "durations": list(self.durations()),
            "salon": [*self.about(), *self.fields("salon", "booking", "guest_policy", "hygiene", "quality", "pricing")],
            "offers": list(self.offers()),
            "advice": [*self.advice(), *self.fields("preparation", "style_reference")],
            "clarify": list(self.clarify()),
            "faq": list(self.faq()),
        }

    def all_asked(self, topic: str, *own: str) -> tuple[str, ...]:
        """Questions of ours, then the typical ones of the folder in both languages."""
        typical = [q for questions in self.typical.get(topic, {}).values() for q in questions]
        return tuple(dict.fromkeys([*own, *typical]))

    def prices(self) -> Iterator[Section]:
        """A section per line of the price list, per service of the catalogue, and per group of lines."""
        aliases = {service["name"]: list(service["aliases"]) for service in self.truth["services_catalog"]["services"]}
        named: dict[str, list[str]] = {name: [] for name in self.items}
        for words in aliases.values():
            for alias in list(words):
                if same := [name for name in self.items if _same_words(alias, name)]:
                    named[same[0]].append(alias)
                    words.remove(alias)
        groups = self._groups()
        for number, (name, item) in enumerate(self.items.items(), 1):
            group = groups.get(name, "")
            lead = f"{group}: {_lower(name)}" if group and not _shares_stem(group, name) else name
            called = [_spoken(name), *(alias for alias in named[name] if _spoken(alias) != _spoken(name))]
            asked = [
                form.format(word)
                for word in called
                for form in (self.forms["price"] if word == called[0] else self.forms["alias"])
            ]
            yield Section(
                f"prices_item_{number:02}",
                f"{lead} — {money(item)}.",
                "prices",
                lead,
                tuple(dict.fromkeys(asked)),
                (*called, group) if group else tuple(called),
                facts=facts([item]),
            )
        for number, service in enumerate(self.truth["services_catalog"]["services"], 1):
            yield from self._service(number, service, aliases[service["name"]])
        known = {_spoken(service["name"]) for service in self.truth["services_catalog"]["services"]}
        for number, section in enumerate(self._written("services"), 1):
            if section.facts and _spoken(section.title) not in known:
                title = re.sub(r"\s*\(.*?\)", "", section.title)
                asked = [form.format(_spoken(title)) for form in self.forms["price"]]
                lines = [line for line in section.text.splitlines() if re.match(r"[-•*] ", line)]
                yield replace(section, id=f"prices_group_{number:02}", category="prices", questions=tuple(asked),
                              text="\n".join((f"{section.title}:", *lines)))  # fmt: skip

    def _service(self, number: int, service: Tree, aliases: list[str]) -> Iterator[Section]:
        """What a customer calls by one word and the price list by several: «педикюр»."""
        items = [self.items[name] for name in service.get("price_items", ()) if name in self.items]
        quick = self.truth["price_quick_answers"].get(service.get("quick_price_key", ""))
        if not (quick or len(items) > 1):
            return
        if quick:
            items = [item for name, item in self.items.items() if _shares_stem(service["name"], name)]
        text = quick or f"{service['name']}: " + "; ".join(f"{_lower(i['name'])} — {money(i)}" for i in items) + "."
        called = [_spoken(service["name"]), *(a for a in aliases if _spoken(a) != _spoken(service["name"]))]
        asked = [
            form.format(word)
            for word in called
            for form in (self.forms["price"] if word == called[0] else self.forms["alias"])
        ]
        asked += [form.format(word) for word in self._kazakh(called) for form in self.forms["kazakh"]]
        yield Section(f"prices_service_{number:02}", text, "prices", service["name"], tuple(dict.fromkeys(asked)),
                      tuple(called), priority=7, facts=facts(items))  # fmt: skip

    def _kazakh(self, called: Iterable[str]) -> list[str]:
        """What the taxonomy calls these services in Kazakh, where it lists both languages side by side."""
        pairs = [
            pair for area in self.areas.values() for pair in zip(area["includes_ru"], area["includes_kk"], strict=False)
        ]
        return [
            kazakh for russian, kazakh in pairs if any(set(_stems(russian)) == set(_stems(name)) for name in called)
        ]

    def _groups(self) -> dict[str, str]:
        """Price line -> the heading it stands under in the services file."""
        found: dict[str, str] = {}
        for section in self._written("services"):
            title = re.sub(r"\s*\(.*?\)", "", section.title)
            for fact in section.facts:
                if "(" not in section.title or section.keywords:  # «Прайс (популярное)» groups nothing
                    found.setdefault(fact.name, title)
        return found

    def _written(self, name: str) -> list[Section]:
        return [section for section in self.written if section.source.startswith(f"{name}.md")]

    def durations(self) -> Iterator[Section]:
        for number, service in enumerate(self.truth["services_catalog"]["services"], 1):
            if text := service.get("duration_text"):
                called = [_spoken(service["name"]), *service["aliases"]]
                asked = [
                    form.format(w)
                    for w in called
                    for form in (self.forms["time"] if w == called[0] else self.forms["time"][:2])
                ]
                yield Section(f"durations_{number:02}", f"{service['name']}: {_lower(text)}", "durations",
                              f"Сколько длится: {_lower(service['name'])}", tuple(dict.fromkeys(asked)),
                              tuple(called))  # fmt: skip
        units = {"мин": "минут", "час": "часа"}
        for number, (key, value) in enumerate(self.truth["service_duration_estimates"].items(), 1):
            *name, unit = key.split("_")
            called = " ".join(name)
            text = f"{called.capitalize()} — {value} {units.get(unit, unit)}."
            asked = [form.format(called) for form in self.forms["time"]]
            yield Section(
                f"durations_estimate_{number:02}", text, "durations", f"Сколько длится {called}", tuple(asked)
            )

    def about(self) -> Iterator[Section]:
        """Where, when, what, who and with what."""
        salon = self.truth["salon"]
        address, hours = salon["address"], salon["hours"]
        where = f"Мы находимся: {address['full']}. {address['entrance']}, {address['signage']}."
        yield Section(
            "salon_address",
            where,
            "salon",
            "Адрес",
            self.all_asked("location", *self.forms["address"]),
            ("адрес", "локация"),
        )
        yield Section("salon_address_kk", f"Мекенжайымыз: {address['full']}.", "salon", "Мекенжай",
                      tuple(self.typical["location"]["kk"]), language="kk")  # fmt: skip
        span = f"{hours['open']}–{hours['close']}"
        yield Section("salon_hours", f"Работаем {hours['days']}: {span}.", "salon", "График работы",
                      self.all_asked("hours", *self.forms["hours"]), ("график", "часы работы"), priority=8)  # fmt: skip
        yield Section("salon_hours_kk", f"Күн сайын жұмыс істейміз: {span}.", "salon", "Жұмыс уақыты",
                      tuple(self.typical["hours"]["kk"]), language="kk")  # fmt: skip
        yield Section(
            "salon_parking",
            salon["parking"]["details"] + ".",
            "salon",
            "Парковка",
            tuple(self.fields_asked["salon.parking"]),
        )
        yield Section(
            "salon_services", salon["services_summary"], "salon", "Услуги", tuple(self.forms["overview"]), priority=8
        )
        for name, area in self.areas.items():
            for language, brings in (("ru", "Делаем"), ("kk", "Қызметтеріміз")):
                label, includes = area[f"label_{language}"], area[f"includes_{language}"]
                called = [_spoken(label), *area[f"synonyms_{language}"]]
                asked = (
                    [form.format(word) for word in called for form in self.forms["area"]]
                    if language == "ru"
                    else [*called, *includes]
                )
                yield Section(
                    f"salon_area_{name}_{language}",
                    f"{label}. {brings}: {', '.join(includes)}.",
                    "salon",
                    label,
                    tuple(dict.fromkeys(asked)),
                    language=_language(language),
                )
        for name, text in self.truth["team"].items():
            area = self._area(name)
            called = [_spoken(area["label_ru"]), *area["includes_ru"]]
            asked = [
                form.format(word) for word in called for form in self.forms["masters"][: 4 if word == called[0] else 1]
            ]
            yield Section(
                f"salon_team_{name}",
                text,
                "salon",
                f"Мастера: {_lower(area['label_ru'])}",
                tuple(asked),
                ("мастер", "опыт"),
            )
        labels = [(self._area(name)["label_ru"], names) for name, names in self.truth["brands"].items()]
        whole = "; ".join(f"{_lower(label)} — {', '.join(names)}" for label, names in labels)
        yield Section("salon_brands", f"Бренды: {whole}.", "salon", "Бренды", tuple(self.forms["brands"]),
                      tuple(name for _, names in labels for name in names))  # fmt: skip

    def _area(self, name: str) -> Tree:
        return next(area for key, area in self.areas.items() if key.startswith(name[:3]))

    def fields(self, *roots: str) -> Iterator[Section]:
        """The fields of `self.fields_asked` below these roots, each as a section."""
        for path, asked in self.fields_asked.items():
            root, *rest = path.split(".")
            if root not in roots or path in ("salon.parking",):
                continue
            value: Any = self.truth[root]
            for key in rest:
                value = value[key]
            text = " ".join(_texts(value))
            if notice := value.get("notice") if isinstance(value, Mapping) else None:
                usual, long = notice["standard_services_min_hours"], notice["long_services_min_hours"]
                text = f"Отменить можно не позднее чем за {usual} часа, длительную услугу — за {long} часа."
                text = f"{text} {notice['notes']}"
            name = path.replace(".", "_")
            yield Section(name, _sentence(text), root, "", self.all_asked(_TYPICAL.get(path, ""), *asked))

    def offers(self) -> Iterator[Section]:
        promotions = self.truth["promotions"]
        said = []
        for number, item in enumerate(promotions["items"], 1):
            name, percent = item["name"], item["discount_percent"]
            details = [item[key] for key in ("eligibility", "requirements", "notes") if item.get(key)]
            said.append(f"{_lower(name)} — {percent}%")
            words = re.split(r"[/ ]", name.lower())
            asked = [
                f"скидка {name.lower()}",
                *(f"есть скидка {word}" for word in words),
                *(f"{word} скидка" for word in words),
            ]
            yield Section(f"offers_{number}", f"{name}: скидка {percent}% {', '.join(details)}.", "offers", name,
                          tuple(dict.fromkeys(asked)), facts=(Fact(name, Decimal(percent), unit="%"),))  # fmt: skip
        percents = tuple(Fact(i["name"], Decimal(i["discount_percent"]), unit="%") for i in promotions["items"])
        rules = f"{_sentence(promotions['stacking'])} {_sentence(promotions['stacking_notes'])}"
        yield Section("offers_all", f"Скидки: {', '.join(said)}. {rules}", "offers", "Скидки и акции",
                      self.all_asked("promotions", *self.forms["offers"]), priority=7, facts=percents)  # fmt: skip
        yield Section("offers_rules", rules, "offers", "Скидки вместе", tuple(self.forms["stacking"]))

    def advice(self) -> Iterator[Section]:
        for name, text in self.truth["aftercare"].items():
            subject = text.split()[0].lower()
            yield Section(
                f"advice_{name}",
                text,
                "advice",
                f"Уход: {subject}",
                tuple(form.format(subject) for form in self.forms["care"]),
            )
        for book in self.truth["domain_pack"]["consult_playbooks"]:
            asked = [form.format(word) for word in book["triggers"]["ru"] for form in self.forms["consult"]]
            yield Section(
                f"advice_{book['id']}", advice_text(book), "advice", "", (*asked, *book["triggers"].get("kk", ()))
            )

    def clarify(self) -> Iterator[Section]:
        truth = self.truth
        asked = self.all_asked("pricing")
        bare = [q for q in asked if not any(_shares_stem(name, q) for name in self._all_names())]
        named = next(iter(truth["service_clarify"].values()))
        longer = truth["services_catalog"]["duration_clarify"]
        prices = [*self.fields_asked["service_clarify"], *bare]
        times = self.all_asked("duration", *self.fields_asked["services_catalog.duration_clarify"])
        for name, title, text, rows in (("price", "Цена", named, prices), ("time", "Длительность", longer, times)):
            # Few questions a section: a short section is found by short words.
            for start in range(0, len(rows), _FEW):
                yield Section(
                    f"clarify_{name}_{start // _FEW + 1}", text, "clarify", title, tuple(rows[start : start + _FEW])
                )
        yield Section(
            "clarify_both",
            truth["duration_or_price_clarify"],
            "clarify",
            "",
            tuple(self.fields_asked["duration_or_price_clarify"]),
        )

    def _all_names(self) -> list[str]:
        services = self.truth["services_catalog"]["services"]
        return [*self.items, *(name for service in services for name in (service["name"], *service["aliases"]))]

    def faq(self) -> Iterator[Section]:
        """The question files as they are, without what a human answers and what only the owner reads."""
        number = 0
        for section in [*self._written("faq"), *self._written("objections")]:
            asked = tuple(q for q in section.questions if "[" not in q)
            if asked and not defers(section.text):
                number += 1
                yield replace(section, id=f"faq_{number:02}", category="faq", questions=asked, keywords=())


def advice_text(book: Tree) -> str:
    """A playbook as one message: what it can say, the advice, no question and no offer behind it."""
    return f"{book['lead']} " + " ".join(book["options"])


def defers(text: str) -> bool:
    """Whether an answer only says that a human will answer."""
    return re.search(r"(?i)\b(?:передам|подключу)\b", text) is not None


def _language(name: str) -> Language:
    return "kk" if name == "kk" else "ru"


def _spoken(name: str) -> str:
    """A name of the price list as a customer types it."""
    return re.sub(r"\s+", " ", re.sub(r"[+()/«»\"]", " ", name)).strip().lower()


def _stems(name: str) -> list[str]:
    return [word[:5] for word in re.findall(r"\w{3,}", name.lower().replace("ё", "е"))]


def _shares_stem(one: str, other: str) -> bool:
    return not set(_stems(one)).isdisjoint(_stems(other))


def _same_words(alias: str, name: str) -> bool:
    """«лами ресниц» is «Ламинирование ресниц»: the same number of words, each the start of the other."""
    short, long = _stems(alias), _stems(name)
    return len(short) == len(long) and all(any(b.startswith(a[:4]) for b in long) for a in short)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield _sentence(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "notes" or not isinstance(inner, bool | int):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _sentence(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text if text.endswith((".", "!", "?")) or text.startswith("http") else f"{text}."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
