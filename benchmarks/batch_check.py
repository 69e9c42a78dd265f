"""`matcalc check` over many lines: memory as lines grow, two processes against one, kills and resumes."""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus" / "claims.jsonl"
CHECK = (sys.executable, "-m", "matcalc", "check")


def generate(path: Path, lines: int, seed: int = 0) -> None:
    """JSON Lines of claims, right and wrong ones, the same for the same seed."""
    rows = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            row = chance.choice(rows)
            record = {"id": number, "problem": row["line"], "layout": row["layout"]}
            file.write(json.dumps(record) + "\n")


def proportional_memory(process: int) -> int:
    """KiB that a process and its children hold, pages that they share counted once."""
    total = 0
    waiting = [process]
    while waiting:
        one = waiting.pop()
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            children = Path(f"/proc/{one}/task/{one}/children").read_text()
        except OSError:
            continue
        total += next((int(r.split()[1]) for r in rollup.splitlines() if r.startswith("Pss:")), 0)
        waiting += [int(word) for word in children.split()]
    return total


def run(source: Path, output: Path, jobs: int) -> tuple[float, int]:
    """Seconds of an undisturbed run, and the most memory that it held."""
    output.unlink(missing_ok=True)
    most = 0
    started = time.perf_counter()
    with subprocess.Popen(
        [*CHECK, str(source), "--output", str(output), "--jobs", str(jobs)],
        stderr=subprocess.DEVNULL,
    ) as process:
        over = threading.Event()

        def watch() -> None:
            nonlocal most
            while not over.wait(0.2):
                most = max(most, proportional_memory(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        status = process.wait()
        took = time.perf_counter() - started
        over.set()
        watcher.join()
    if status not in (0, 1):
        raise SystemExit(f"exit status {status}")
    return took, most


def resumed(source: Path, output: Path, kills: int, seconds: float) -> int:
    """Run, kill at random moments so many times, and let the last run end; runs that were killed."""
    output.unlink(missing_ok=True)
    chance = random.Random(1)
    command = [*CHECK, str(source), "--output", str(output), "--resume", "--jobs", "2"]
    killed = 0
    for _ in range(kills):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(0.2 + chance.random() * 2 * seconds / kills)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
    subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
    return killed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="lines (default 100000)")
    parser.add_argument("--kills", type=int, default=20, help="kills of a run (default 20)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, part = Path(folder) / "claims.jsonl", Path(folder) / "part.jsonl"
        whole, output = Path(folder) / "whole.jsonl", Path(folder) / "output.jsonl"
        generate(source, chosen.lines)
        generate(part, max(1, chosen.lines // 10))
        print(f"{os.cpu_count()} cores, {chosen.lines} lines")
        tenth, few = run(part, output, 2)
        two, many = run(source, whole, 2)
        print(f"two processes: {two:.1f} s, {chosen.lines / two:.0f} lines a second")
        print(
            f"memory of all: {few / 1024:.1f} MiB for a tenth of the lines ({tenth:.1f} s),"
            f" {many / 1024:.1f} MiB for all ({many / few:.2f})"
        )
        one, alone = run(source, output, 1)
        same = output.read_bytes() == whole.read_bytes()
        print(f"one process: {one:.1f} s, {alone / 1024:.1f} MiB; two are {one / two:.2f} times as fast; same output: {same}")  # fmt: skip
        killed = resumed(source, output, chosen.kills, two)
        again = output.read_bytes() == whole.read_bytes()
        print(f"killed {killed} times and resumed: same output: {again}")
    return 0 if same and again else 1


if __name__ == "__main__":
    sys.exit(main())
