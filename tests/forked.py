"""`python -m app` without the seconds of its imports: a process that has made them forks one that runs the command.

The child is a process of its own, with the arguments, environment, folder and open files of a command that was typed. What
the loader or the interpreter reads at its start cannot be given to it: a command with such a wish is started as ever,
and so is every one of a run with `--typed` (tests/conftest.py).
"""

import contextlib
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import IO

from loadtests.service import ROOT, Running, begun, clean_environment

_AT_START = ("LD_", "PYTHON", "HF_", "LANG", "LC_", "OMP_", "OPENBLAS_", "MALLOC_", "GLIBC_")
_LARGEST = 1 << 20
_RESTORED = (signal.SIGINT, signal.SIGPIPE)


class Process:
    """What a caller of `subprocess.Popen` uses, of a process whose parent is the one that forks."""

    def __init__(self, pid: int, report: IO[str], stdout: IO[str] | None) -> None:
        self.pid, self.stdout = pid, stdout
        self.returncode: int | None = None
        self._report = report

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self.returncode if self.returncode is not None or not self._ended(0) else self._read()

    def wait(self, timeout: float | None = None) -> int:
        """As `poll`, once it has ended. Raises TimeoutExpired."""
        if self.returncode is None:
            if not self._ended(timeout):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            return self._read()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _ended(self, timeout: float | None) -> bool:
        return bool(select.select([self._report], [], [], timeout)[0])

    def _read(self) -> int:
        with self._report:
            self.returncode = int(self._report.readline())
        return self.returncode


class _Forks:
    """The process that forks, from its first use to `close`."""

    def __init__(self) -> None:
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._socket, other):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LARGEST)
        with other:
            command = [sys.executable, "-m", "tests.forked", str(other.fileno())]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[other.fileno()], env=clean_environment())

    def spawn(self, arguments: Sequence[str], env: Mapping[str, str]) -> Process:
        """A program, "" for `python -m app`, and its arguments, in the project's folder; its standard output and error are one
        pipe."""
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as said, tempfile.TemporaryFile() as nothing:
            return self._fork(arguments, env, (nothing, said, said), os.fdopen(reading, encoding="utf-8"))

    def run(
        self, arguments: Sequence[str], env: Mapping[str, str], text: str | None, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """The same to its end, with `text` as its standard input. Raises TimeoutExpired."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
            given.write((text or "").encode())
            given.seek(0)
            process = self._fork(arguments, env, (given, said, wrong), None)
            try:
                status = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
            texts = []
            for file in (said, wrong):
                file.seek(0)
                texts.append(file.read().decode().replace("\r\n", "\n").replace("\r", "\n"))
        return subprocess.CompletedProcess([*arguments], status, *texts)

    def close(self) -> None:
        self._socket.close()
        self._process.wait(30)

    def _fork(
        self, arguments: Sequence[str], env: Mapping[str, str], files: tuple[IO[bytes], ...], stdout: IO[str] | None
    ) -> Process:
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as report:
            asked = json.dumps([list(arguments), dict(env)]).encode()
            descriptors = [file.fileno() for file in (*files, report)]
            socket.send_fds(self._socket, [asked], descriptors)
        told = os.fdopen(reading, encoding="ascii")
        return Process(int(told.readline()), told, stdout)


def machine(
    *arguments: str, text: str | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`machine ARGUMENTS` to its end, with `text` as its standard input.

    `environment` [this one without settings]: all of it. Raises subprocess.TimeoutExpired after a minute.
    """
    env = clean_environment() if environment is None else dict(environment)
    if wanted and _can(env):
        return _forks().run(["", *arguments], env, text, _PATIENCE_S)
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(
        command, input=text or "", env=env, capture_output=True, text=True, timeout=_PATIENCE_S, cwd=ROOT, check=False
    )


def begin(command: Sequence[str], environment: dict[str, str]) -> Running:
    """As loadtests.service.begun."""
    if wanted and _can(environment):
        if list(command[:3]) == [sys.executable, "-m", "app"]:
            return _forks().spawn(["", *command[3:]], environment)
        if list(command[:2]) == [sys.executable, "-c"]:
            return _forks().spawn(command[2:], environment)
    return begun(command, environment)


def close() -> None:
    """Ends the process that forks, where there is one."""
    if _forks.cache_info().currsize:
        _forks().close()
        _forks.cache_clear()


wanted = False
"""Whether commands are forked; else each starts as it does for a user."""
_PATIENCE_S = 60


@cache
def _forks() -> _Forks:
    return _Forks()


def _can(env: Mapping[str, str]) -> bool:
    """Whether nothing in this environment differs from ours that is read at a start."""
    names = {name for name in (*env, *os.environ) if name.startswith(_AT_START)}
    return all(env.get(name) == os.environ.get(name) for name in names)


def _serve(door: socket.socket) -> tuple[list[str], dict[str, str]] | None:
    """Forks for each request; returns in each child with what it is to run, and in the parent, None, when nobody asks more."""
    running: dict[int, tuple[int, int]] = {}  # descriptor of a child -> its id, where its end is told
    while True:
        for ready in select.select([door, *running], [], [])[0]:
            if ready is not door:
                pid, report = running.pop(ready)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with contextlib.suppress(BrokenPipeError):
                    os.write(report, b"%d\n" % status)
                os.close(report)
                os.close(ready)
                continue
            asked, descriptors, _, _ = socket.recv_fds(door, _LARGEST, 4)
            if not asked:
                return None
            *files, report = descriptors
            if (pid := os.fork()) == 0:
                for number, file in enumerate(files):
                    os.dup2(file, number)
                for descriptor in (door.detach(), *files, report, *running, *(end for _, end in running.values())):
                    os.close(descriptor)
                arguments, environment = json.loads(asked)
                return arguments, environment
            os.write(report, b"%d\n" % pid)
            running[os.pidfd_open(pid)] = (pid, report)
            for file in files:
                os.close(file)


def _prepare() -> None:
    """What every command would import and read of the package."""
    from app.service.assembly import open_bots
    from app.settings import load
    from app.turn.rehearsal import rehearse
    from tests.once import index_once
    from tests.patterns import modules

    modules()
    index_once()
    settings = load(environ={})
    bots = open_bots(settings, ROOT / "kb", key=b"")
    rehearse(bots.default, settings, datetime.now(UTC), wants_prompt=True)


def main() -> None:
    kept = {number: signal.getsignal(number) for number in _RESTORED}
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: whoever asks for processes ends them
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    gc.disable()
    _prepare()
    gc.freeze()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads: numpy's own are idle
        asked = _serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is None:
        return
    gc.enable()
    for number, handler in kept.items():
        signal.signal(number, handler)
    arguments, environment = asked
    os.environ.clear()
    os.environ.update(environment)
    program, *sys.argv[1:] = arguments
    if not program:
        runpy.run_module("app", run_name="__main__", alter_sys=True)
    sys.argv[0] = "-c"
    exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
