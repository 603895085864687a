"""The service that runs, asked over loopback which knowledge it has in use."""

import time
from dataclasses import dataclass

from app.errors import ConfigError

_LOOK_S = 0.25
_ANSWER_S = 5.0


@dataclass(frozen=True, slots=True)
class InUse:
    """A bot's knowledge as the service has it. `folder` is the name of the version's folder."""

    version: str
    folder: str
    trouble: str


@dataclass(frozen=True, slots=True)
class RunningService:
    """The service at `url`, such as http://127.0.0.1:8000, and one of its bots."""

    url: str
    bot: str

    def knowledge(self) -> InUse:
        """What it has in use now. Raises ConfigError when it does not say."""
        import httpx

        try:
            answer = httpx.get(f"{self.url.rstrip('/')}/version", timeout=_ANSWER_S, trust_env=False)
            told = answer.raise_for_status().json()["knowledge"]
            if self.bot not in told:
                raise ConfigError(f"the service has no bot {self.bot!r}; name one of {', '.join(told)} with --bot")
            return InUse(**told[self.bot])
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ConfigError(
                f"the service at {self.url} does not answer ({type(error).__name__}); start it, or name its address "
                "with --url, or publish for its next start with --no-service"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise ConfigError(
                f"the service at {self.url} is of a release that takes no new knowledge while it runs; "
                "publish with --no-service and restart it"
            ) from None

    def expect(self, folder: str | None, link: str) -> None:
        """Raises ConfigError unless it serves the version named `folder`, or has trouble with it: else a switch of
        `link` would change nothing."""
        now = self.knowledge()
        if folder is not None and now.folder != folder and not now.trouble:
            raise ConfigError(
                f"the service at {self.url} serves {now.folder!r}, but {link!r} leads to {folder!r}; "
                "was it started with --kb of that link? name the right one with --to, --url or --bot"
            )

    def wait(self, folder: str, timeout_s: float) -> InUse:
        """Waits until it has the version named `folder` in use. Raises ConfigError when it cannot load it, or has not
        after `timeout_s` seconds."""
        until = time.monotonic() + timeout_s
        reason = ""
        while True:
            try:
                now = self.knowledge()
                if now.folder == folder:
                    return now
                if folder in now.trouble:
                    raise _Refused(now.trouble)
                reason = f"it still serves {now.folder!r}"
            except _Refused as error:
                raise ConfigError(f"the service did not take it: {error}") from None
            except ConfigError as error:  # it may be restarting
                reason = str(error)
            if time.monotonic() > until:
                raise ConfigError(f"the service did not take it within {timeout_s:g} s: {reason}")
            time.sleep(_LOOK_S)


class _Refused(Exception):
    """The service says that it cannot load the version."""
