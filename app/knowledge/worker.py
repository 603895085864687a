"""One thread that calls models, one call at a time, so that neither the event loop nor the device is shared."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class Job(Generic[_T]):
    """A call in the worker's queue. `abandoned`: it ran out of time, so nobody waits for it any more."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self.call = call
        self.future: Future[_T] = Future()
        self.abandoned = False

    def perform(self, done: Callable[[], None]) -> None:
        """Runs the call unless it was cancelled while it waited; `done` runs before anybody hears of the outcome."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.call()
        except BaseException as error:  # whatever a model raises belongs to its caller, and the thread goes on
            done()
            self.future.set_exception(error)
        else:
            done()
            self.future.set_result(result)


class Worker:
    """A daemon thread with a queue: a call that never returns cannot keep the process from ending.

    The thread starts with the first call. While a call that was given up still runs, `stuck` is true.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running: Job[Any] | None = None

    @property
    def stuck(self) -> bool:
        running = self._running
        return running is not None and running.abandoned

    def submit(self, call: Callable[[], _T]) -> Job[_T]:
        """Queues a call; its outcome is that of the job's future."""
        job = Job(call)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
        self._jobs.put(job)
        return job

    def run(self, call: Callable[[], _T], timeout_s: float | None = None) -> _T:
        """Waits for the call from another thread; without `timeout_s` (seconds) for as long as it takes.

        Raises TimeoutError, or what the call raised.
        """
        job = self.submit(call)
        try:
            return job.future.result(timeout_s)
        except TimeoutError:
            job.abandoned = not job.future.cancel()
            raise

    def close(self, timeout_s: float = 5.0) -> None:
        """Lets the thread end after the calls that wait; gives up after `timeout_s` seconds."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join(timeout_s)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._running = job
            job.perform(self._free)
            self._free()

    def _free(self) -> None:
        self._running = None
