"""`ansible-lint` in half its time: `python -m tests.ansible_lint ARGUMENTS`.

Half of it goes into deep copies of what Ansible read. A plain value of its (a text, a number) never changes, marked
with where it stood or not: a copy may be the thing itself.
"""

import sys
from typing import Any

from ansible.module_utils._internal import _datatag


def _itself(value: Any, memo: object) -> Any:
    return value


def main() -> int:
    from ansiblelint.__main__ import _run_cli_entrypoint

    for plain in (str, bytes, int, float):
        _datatag.AnsibleTaggedObject._tagged_type_map[plain].__deepcopy__ = _itself
    _run_cli_entrypoint()
    return 0


if __name__ == "__main__":
    sys.exit(main())
