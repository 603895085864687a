"""What `machine doctor` asks of this host: the facts, gathered side by side, and the checks that judge them."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from app.api.keys import keys_place, load_keys
from app.cli.common import knowledge_folder
from app.errors import ConfigError
from app.health import checks, facts, network
from app.health.disks import disks_part, disks_report
from app.health.gathering import Gathered
from app.health.gpu import probe
from app.health.modelserver import local_ports
from app.health.offsite import offsite_facts, offsite_part
from app.health.readiness import PartState, gpu_part, knowledge_part
from app.health.readings import GpuReading
from app.health.upkeep import driver_part, raid_part, restart_part, upkeep_facts
from app.knowledge.sections import load as load_knowledge
from app.service.backends import BACKENDS
from app.settings import Settings, load
from app.store.migrations import MIGRATIONS

_T = TypeVar("_T")
_LIMIT_S = 10  # for every fact
_QUICK_CHECK_S = 6
_OLLAMA_PORT = 11434


class Diagnosis:
    """Begins to gather every fact when it is made: as root the memory's first, then all others at once."""

    def __init__(
        self,
        file: Path | None,
        data: Path,
        knowledge: Path | None,
        url: str,
        cert: Path | None,
        offsite: Path | None = None,
    ) -> None:
        """Arguments as the options of `machine doctor`; `url` without a slash at its end."""
        self._file = file
        self._settings, self._problem = _settings(file)
        llm = self._settings.llm
        self._place = urlsplit(url)
        # behind https stands nginx, which is meant to be reached
        own = set() if self._place.scheme == "https" else {self._place.port or 80}
        self._ports = sorted({_OLLAMA_PORT} | own | local_ports(llm.host))
        kind = BACKENDS[llm.backend]
        self._needs_gpu = self._settings.gpu.enabled == "on" or kind.needs_gpu(llm)

        root = os.geteuid() == 0
        self._database = _fact("database", partial(facts.database_facts, data / "conversations.db", _QUICK_CHECK_S))
        if root:
            # The memory is read with its owner's rights, which the whole process then has: whatever else is read
            # meanwhile could not be.
            self._database.settle()
        self._gpu = _fact("gpu", partial(probe, self._settings.gpu))
        self._upkeep = _fact("upkeep", upkeep_facts)
        self._disks = _fact("disks", disks_report)
        self._service = _fact("service", partial(network.service_facts, url))
        self._listening = _fact("ports", partial(network.listeners, self._ports))
        self._folder = _fact("folder", partial(facts.folder_facts, data))
        self._disk = _fact("disk", partial(facts.disk_facts, data))
        self._synchronised = _fact("clock", facts.clock_synchronised)
        self._keys = _fact("keys", partial(_keys, self._settings))
        self._knowledge = _fact("knowledge", partial(_knowledge, self._settings, knowledge))
        named = (self._settings.dialogue.examples, *(bot.examples for bot in self._settings.bots.values()))
        self._examples = _fact("examples", partial(_examples, self._settings)) if any(named) else None
        self._certificate = _certificate(self._place, url, cert)
        self._offsite = _fact("off-site", partial(offsite_facts, offsite)) if offsite is not None else None
        self._backend = _fact(llm.backend, partial(kind.probe, llm)) if kind.probe else None

    def findings(self) -> Iterator[PartState]:
        """In the order an operator reads: what is written, what is stored, the host, what runs on it."""
        yield checks.check_settings(self._file, self._problem, self._settings.notes)
        yield from checks.run("data folder", lambda: [checks.check_folder(self._folder.value())])
        yield from checks.run("API keys", self._check_keys)
        yield from checks.run("database", self._check_database)
        yield from checks.run("knowledge", lambda: [self._knowledge.value()])
        if (examples := self._examples) is not None:
            yield from checks.run("examples", lambda: [examples.value()])
        yield from checks.run("disk", lambda: [checks.check_disk(self._disk.value())])
        yield from checks.run("memory", lambda: [checks.check_memory(facts.memory_facts())])
        yield from checks.run("clock", self._check_clock)
        yield from checks.run("service", lambda: checks.check_service(self._service.value()))
        yield from checks.run("search", self._check_search)
        yield from checks.run("ports", lambda: [checks.check_ports(self._listening.value(), self._ports)])
        yield from checks.run("open files", self._check_descriptors)
        if (backend := self._backend) is not None:
            yield from checks.run(self._settings.llm.backend, backend.value)
        yield from checks.run("gpu", self._check_gpu)
        yield from checks.run("upkeep", self._check_upkeep)
        if self._offsite is not None:
            yield from checks.run("off-site", self._check_offsite)
        yield from checks.run("disks", self._check_disks)
        if (certificate := self._certificate) is not None:
            yield from checks.run("certificate", lambda: [checks.check_certificate(certificate.value(), time.time())])

    def _check_search(self) -> Iterator[PartState]:
        """What the service says while it is well; a complaint of it is among the service's."""
        part = self._service.value().parts.get("search")
        if part is not None and part.level == "ok":
            yield part

    def _check_database(self) -> Iterator[PartState]:
        yield checks.check_database(self._database.value(), len(MIGRATIONS), self._service_pid())

    def _service_pid(self) -> int | None:
        try:
            return next((each.pid for each in self._listening.value() if each.port == self._place.port), None)
        except Exception:  # what hinders is the finding of the check of the ports
            return None

    def _check_keys(self) -> Iterator[PartState]:
        yield checks.check_keys(*self._keys.value(), serving=self._service.value().status == 200)

    def _check_clock(self) -> Iterator[PartState]:
        newest = None
        with suppress(Exception):  # a memory that cannot be read is another check's finding
            newest = self._database.value().newest
        yield checks.check_clock(self._synchronised.value(), newest, time.time())

    def _check_descriptors(self) -> Iterator[PartState]:
        pid = self._service_pid()
        found = facts.descriptor_facts(pid)
        yield checks.check_descriptors(found, of_service=found.pid == pid)

    def _check_gpu(self) -> Iterator[PartState]:
        hot_c, needed = self._settings.gpu.hot_c, self._needs_gpu
        yield gpu_part(self._gpu.value(), hot_c=hot_c, now=time.time(), needed=needed)
        if facts.uvm_missing():
            yield checks.check_uvm(needed=needed)

    def _check_offsite(self) -> Iterator[PartState]:
        """What is sent nowhere is not spoken of."""
        found = self._offsite.value() if self._offsite is not None else None
        if found is not None:
            yield offsite_part(found, time.time())

    def _check_upkeep(self) -> Iterator[PartState]:
        """What does not concern this host is not spoken of."""
        found, gpu = self._upkeep.value(), self._gpu.value()
        told = driver_part(gpu.driver) if isinstance(gpu, GpuReading) else None
        mirrors = raid_part(found.mirrors) if found.mirrors else None
        yield from (part for part in (told, mirrors, restart_part(found, time.time())) if part is not None)

    def _check_disks(self) -> Iterator[PartState]:
        """Nothing where nobody asks them."""
        report = self._disks.value()
        if report is not None:
            yield disks_part(report, time.time())


def _fact(name: str, gather: Callable[[], _T]) -> Gathered[_T]:
    return Gathered(name, gather, _LIMIT_S)


def _settings(file: Path | None) -> tuple[Settings, str]:
    """The effective settings and "", or, so that the other checks can go on, the defaults and what is wrong."""
    try:
        return load(file), ""
    except ConfigError as error:
        return load(environ={}), str(error)


def _certificate(place: SplitResult, url: str, cert: Path | None) -> Gathered[network.CertificateFacts] | None:
    """Of the file if one is named, else of an https address; None when there is neither."""
    if cert is not None:
        return _fact("certificate", partial(network.certificate_of_file, cert))
    return _fact("certificate", partial(network.certificate_of_url, url)) if place.scheme == "https" else None


def _keys(settings: Settings) -> tuple[facts.FileFacts | None, str]:
    """The file of keys, if one is named and there, and why the keys could not be read."""
    place = keys_place(settings.api)
    file = facts.file_facts(place) if place else None
    try:
        load_keys(settings.api)
    except ConfigError as error:
        return file, str(error)
    return file, ""


def _examples(settings: Settings) -> PartState:
    """The bots' own examples of acts, read as the service reads them."""
    from app.service.assembly import classifiers_of  # slow to import, and seldom needed

    try:
        found = classifiers_of(settings)
    except ConfigError as error:
        return PartState(
            "examples", "error", str(error), "correct it; machine understand --bot BOT TEXT shows what is heard"
        )
    return PartState("examples", "ok", f"of {', '.join(found)}")


def _knowledge(settings: Settings, named: Path | None) -> PartState:
    """Every bot's knowledge base, read as the service reads it."""
    found: dict[str, tuple[str, int]] = {}
    folders = {"default": named} | {name: bot.kb for name, bot in settings.bots.items()}
    try:
        for bot, folder in folders.items():
            base = load_knowledge(knowledge_folder(folder))
            found[bot] = (base.version, len(base.valid(datetime.now(UTC).date())))
    except ConfigError as error:
        return PartState("knowledge", "error", str(error), "correct it; machine kb lint --kb FOLDER shows every fault")
    return knowledge_part(found)
