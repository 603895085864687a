"""The package index that the test host installs from: the locked wheels in a folder, one below another per project.

    python -m tests.host.wheelhouse --folder /var/tmp/testhost/wheels

A plain web server on `FOLDER/` serves `FOLDER/simple/` as an index: a directory listing is what pip reads.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "roles" / "app" / "files" / "requirements.txt"


def fill(folder: Path, requirements: Path = REQUIREMENTS) -> Path:
    """Downloads what `requirements` names for this Python, unless it is there; returns the folder to serve."""
    done = folder / hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    if (done / "complete").exists():
        return done
    downloads = done / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run(
        [*command, "--only-binary=:all:", "--dest", str(downloads), "--requirement", str(requirements)], check=True
    )
    for wheel in downloads.glob("*.whl"):
        project = done / "simple" / parse_wheel_filename(wheel.name)[0]
        project.mkdir(parents=True, exist_ok=True)
        wheel.rename(project / wheel.name)
    (done / "complete").touch()
    return done


def main() -> None:
    """Fills the folder and prints which one to serve."""
    parser = argparse.ArgumentParser(description="Download the locked wheels.")
    parser.add_argument("--folder", type=Path, required=True)
    print(fill(parser.parse_args().folder))


if __name__ == "__main__":
    main()
