"""Whole processes from start to end, against `python -c pass`: ratios of medians, and peak memory."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time

BASE = "python -c pass"
COMMANDS = {
    BASE: (sys.executable, "-c", "pass"),
    "matcalc --help": (sys.executable, "-m", "matcalc", "--help"),
    "matcalc derive": (sys.executable, "-m", "matcalc", "derive", "d(x'@A@x)/dx"),
    "... --format text": (
        sys.executable, "-m", "matcalc", "derive", "--format", "text", "d(x'@A@x)/dx",
    ),
    "... --format json": (
        sys.executable, "-m", "matcalc", "derive", "--format", "json", "d(x'@A@x)/dx",
    ),
}  # fmt: skip


def run(command: tuple[str, ...], output: int) -> tuple[float, int, int]:
    """Seconds, peak memory in KiB, and exit status of one process that writes into a file."""
    started = time.perf_counter()
    process = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)]
    )
    _, status, usage = os.wait4(process, 0)
    return time.perf_counter() - started, usage.ru_maxrss, os.waitstatus_to_exitcode(status)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="runs of each command (default 20)")
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    memory: dict[str, int] = {}
    with tempfile.TemporaryFile() as file:
        for turn in range(rounds + 1):
            # in turns, so that a busy moment meets all alike; the first round warms the caches
            for name, command in COMMANDS.items():
                took, peak, status = run(command, file.fileno())
                if status != 0:
                    print(f"{name}: exit status {status}", file=sys.stderr)
                    return 1
                memory[name] = max(memory.get(name, 0), peak)
                if turn > 0:
                    seconds[name].append(took)
    base = statistics.median(seconds[BASE])
    print(f"{'':20}{'ms':>8}{'x pass':>8}{'MiB':>8}   medians of {rounds} rounds")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:20}{median * 1000:8.1f}{median / base:8.2f}{memory[name] / 1024:8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
