"""How long `import colonnade` takes, beside `import sqlalchemy.orm`: whole processes, interleaved.

Target: at most 1.15 times `import sqlalchemy.orm`. The public names load their rooms on first use, so the
figure with the main ones in use is given as well; it may be 1.25, a tenth of which is a run of the garbage
collector that the modules happen to bring about.

Bytecode is kept, as it is for a user, whatever this environment says of it.

    .venv/bin/python benchmarks/import_time.py [rounds]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

BASE = "import sqlalchemy.orm"
CASES = {
    BASE: 1.0,
    "import colonnade": 1.15,
    "from colonnade import BaseRepository, DatabaseManager, RepositoryOperations, operation": 1.25,
}
"""What is imported, and how long it may take."""


def seconds(code: str, kept: str) -> float:
    """Time one process that runs the code, less what an empty one takes elsewhere."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env={**environment, "PYTHONPYCACHEPREFIX": kept})
    return time.perf_counter() - start


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    times: dict[str, list[float]] = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory() as kept:
        for case in CASES:
            seconds(case, kept)
        for _ in range(rounds):
            for case in CASES:
                times[case].append(seconds(case, kept))
    medians = {case: statistics.median(taken) for case, taken in times.items()}
    for case, median in medians.items():
        print(f"{median / medians[BASE]:5.2f}  {median * 1000:6.0f} ms  {case}")
    return 0 if all(median <= CASES[case] * medians[BASE] for case, median in medians.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
