"""`matcalc check` over many claims: claims a second, two processes against one, memory, kills and resumes."""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks._table import closing_table

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus" / "claims.jsonl"
CHECK = (sys.executable, "-m", "matcalc", "check")
FALSE = 0.1
"""The share of false claims in the mix: what most authors claim is right."""


class Measured:
    """One run: seconds on the clock, seconds of processor time, and KiB at the most."""

    def __init__(self, lines: int, clock: float, processor: float, memory: int) -> None:
        self.lines = lines
        self.clock = clock
        self.processor = processor
        self.memory = memory

    @property
    def rate(self) -> float:
        """Claims in a second of processor time, all processes and their start included."""
        return self.lines / self.processor


def generate(path: Path, lines: int, false: float, seed: int = 0) -> None:
    """JSON Lines of claims, such a share of them false, the same for the same seed."""
    rows = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]
    right = [row for row in rows if row["mistake"] is None]
    wrong = [row for row in rows if row["mistake"] is not None]
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            row = chance.choice(wrong if chance.random() < false else right)
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


def run(source: Path, output: Path, jobs: int) -> Measured:
    """An undisturbed run."""
    output.unlink(missing_ok=True)
    most = 0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with subprocess.Popen(
        [*CHECK, str(source), "--output", str(output), "--jobs", str(jobs)],
        stderr=subprocess.DEVNULL,
    ) as process:
        over = threading.Event()

        def watch() -> None:
            nonlocal most
            while True:  # once at least
                most = max(most, proportional_memory(process.pid))
                if over.wait(0.1):
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        status = process.wait()
        took = time.perf_counter() - started
        over.set()
        watcher.join()
    if status not in (0, 1):
        raise SystemExit(f"exit status {status}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with source.open("rb") as file:
        return Measured(sum(1 for _ in file), took, used, most)


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
    parser.add_argument("--lines", type=int, default=10_000, help="lines (default 10000)")
    parser.add_argument("--rounds", type=int, default=2, help="runs with one and with two processes, by turns (default 2)")  # fmt: skip
    parser.add_argument("--kills", type=int, default=20, help="kills of a run (default 20)")
    chosen = parser.parse_args()
    lines, tenth = chosen.lines, max(1, chosen.lines // 10)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        mixed, part, right, wrong = (place / f"{n}.jsonl" for n in ("mixed", "part", "right", "wrong"))  # fmt: skip
        generate(mixed, lines, FALSE)
        generate(part, tenth, FALSE)
        generate(right, tenth, 0)
        generate(wrong, tenth, 1)
        whole, output = place / "whole.jsonl", place / "output.jsonl"
        few = run(part, output, 2)
        ones: list[Measured] = []
        twos: list[Measured] = []
        same = True
        for number in range(chosen.rounds):
            ones.append(run(mixed, output, 1))
            twos.append(run(mixed, whole, 2))
            same = same and output.read_bytes() == whole.read_bytes()
            print(f"round {number + 1}: one process {ones[-1].clock:.1f} s, two {twos[-1].clock:.1f} s")  # fmt: skip
        all_right, all_wrong = run(right, output, 1), run(wrong, output, 1)
        one, two = (min(runs, key=lambda r: r.clock) for runs in (ones, twos))
        # the clock tells how busy the machine was too, processor time does not
        overhead = min(r.processor for r in twos) / min(r.processor for r in ones)
        killed = resumed(mixed, output, chosen.kills, two.clock)
        again = output.read_bytes() == whole.read_bytes()
    rate = max(r.rate for r in ones)
    table = [
        (f"{lines} claims, {FALSE:.0%} of them false: a second and process", f"{rate:.0f}", "≥ 1,000"),
        ("the same, all right", f"{all_right.rate:.0f}", ""),
        ("the same, all wrong", f"{all_wrong.rate:.0f}", ""),
        ("two processes against one, by the clock", f"{one.clock / two.clock:.2f}", "≥ 1.7"),
        ("the same were nothing else running, by processor time", f"{2 / overhead:.2f}", "≥ 1.7"),
        ("the same output from one and two", str(same), "True"),
        ("memory of one process, MiB", f"{one.memory / 1024:.1f}", ""),
        ("of two, with what starts them", f"{two.memory / 1024:.1f}", ""),
        ("of two, over that for a tenth of the lines", f"{two.memory / few.memory:.2f}", "1"),
        (f"the same output after {killed} kills and resumes", str(again), "True"),
    ]  # fmt: skip
    print(f"{os.cpu_count()} cores, of which {load:.1f} were wanted before; a second is one of processor time, start included")  # fmt: skip
    print(closing_table(table))
    return 0 if same and again else 1


if __name__ == "__main__":
    sys.exit(main())
