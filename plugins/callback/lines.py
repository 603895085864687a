"""What a run prints: as Ansible's own output, but a task that runs for minutes says how far it is."""

from __future__ import annotations

from typing import Any

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as Default

DOCUMENTATION = """
name: lines
type: stdout
short_description: the default output, with a line in between where a task takes minutes
description:
  - Prints C(how_far) of plugins/action/async_status.py where Ansible's own output names the number of a job.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""


class CallbackModule(Default):  # type: ignore[misc]
    CALLBACK_NAME = "lines"

    def v2_runner_on_async_poll(self, result: Any) -> None:
        told = result.result.get("how_far")
        if told:
            self._display.display(f"  {result.host.get_name()}: {told}", color=constants.COLOR_VERBOSE)

    def v2_runner_on_async_ok(self, result: Any) -> None:
        """Its end is said like any other's."""
