"""python -m tests.again: what failed in the last run, once more and alone.

Most tests run three at a time on two cores; one that waits for seconds may then fail for the machine's sake. A dozen
are tried again with nothing beside them, and both results stay in sight. More are no accident of the machine.
"""

import json
import subprocess
import sys
from pathlib import Path

MOST = 12
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main() -> int:
    """0 when each that failed passes alone; 1 when one fails again, when more than a dozen failed, or when no test did."""
    failed = sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if not 0 < len(failed) <= MOST:
        print(f"NOT TRIED AGAIN: {len(failed)} tests failed (1 to {MOST} are)")
        return 1
    for each in failed:
        print(f"FAILED BESIDE OTHERS, tried again alone: {each}", flush=True)
    found = subprocess.run([sys.executable, "-m", "pytest", "--full", "--typed", "-m", "", *failed], check=False)
    return min(found.returncode, 1)


if __name__ == "__main__":
    sys.exit(main())
