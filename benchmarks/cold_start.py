"""Whole processes from start to end, against `python -c pass`: ratios of medians, and peak memory.

Times are CPU times of a process, user and system, which other processes disturb least.  The answer
to x'Ax goes into a file, and once to a terminal of 80 columns, where Rich colours it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pty
import statistics
import struct
import sys
import tempfile
import termios
import threading
from collections.abc import Iterator

from benchmarks._table import closing_table

PYTHON = (sys.executable,)
MATCALC = (sys.executable, "-m", "matcalc")
PROBLEM = "d(x'@A@x)/dx"
BASE = "python -c pass"
TERMINAL = "derive on a terminal"

INTO_A_FILE = {
    BASE: (*PYTHON, "-c", "pass"),
    "import typer": (*PYTHON, "-c", "import typer"),
    "matcalc --help": (*MATCALC, "--help"),
    "matcalc derive": (*MATCALC, "derive", PROBLEM),
    "derive --format text": (*MATCALC, "derive", "--format", "text", PROBLEM),
    "derive --format json": (*MATCALC, "derive", "--format", "json", PROBLEM),
}
ON_A_TERMINAL = {
    "import typer and rich": (*PYTHON, "-c", "import typer, rich.console, rich.text"),
    TERMINAL: (*MATCALC, "derive", PROBLEM),
}
TARGETS = {"matcalc derive": 9.0, TERMINAL: 12.5, "matcalc --help": 7.0}
STRETCH = {"matcalc derive": 7.5}
MEMORY_TARGET = 30.0
"""MiB."""


def run(command: tuple[str, ...], output: int) -> tuple[float, float]:
    """Seconds of CPU time and peak memory in MiB of one process that writes there."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "NO_COLOR", "FORCE_COLOR", "COLUMNS")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment["TERM"] = "xterm-256color"
    process = os.posix_spawn(
        command[0], command, environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, output, stream) for stream in (1, 2)],
    )  # fmt: skip
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


@contextlib.contextmanager
def terminal() -> Iterator[int]:
    """A terminal of 24 lines and 80 columns that shows nobody what is written to it."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def drain() -> None:
        with contextlib.suppress(OSError):  # the other end was closed
            while os.read(reader, 2**16):
                continue

    threading.Thread(target=drain, daemon=True).start()
    try:
        yield writer
    finally:
        os.close(writer)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="runs of each command (default 20)")
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {name: [] for name in (*INTO_A_FILE, *ON_A_TERMINAL)}
    memory = dict.fromkeys(seconds, 0.0)
    with tempfile.TemporaryFile() as file, terminal() as screen:
        for turn in range(rounds + 1):
            # in turns, so that a busy moment meets all alike; the first round warms the caches
            for commands, output in ((INTO_A_FILE, file.fileno()), (ON_A_TERMINAL, screen)):
                for name, command in commands.items():
                    took, peak = run(command, output)
                    memory[name] = max(memory[name], peak)
                    if turn > 0:
                        seconds[name].append(took)
    base = statistics.median(seconds[BASE])
    ratios = {name: statistics.median(times) / base for name, times in seconds.items()}
    print(f"{'':24}{'ms':>8}{'× pass':>8}{'MiB':>8}   medians of {rounds} rounds, CPU time")
    for name, ratio in ratios.items():
        print(f"{name:24}{ratio * base * 1000:8.1f}{ratio:8.2f}{memory[name]:8.1f}")
    print()
    rows = [
        (
            f"{name}, × {BASE}",
            f"{ratios[name]:.2f}",
            f"≤ {target:g}" + (f", stretch {STRETCH[name]:g}" if name in STRETCH else ""),
        )
        for name, target in TARGETS.items()
    ]
    rows.append(
        ("peak memory of derive", f"{memory['matcalc derive']:.1f} MiB", f"≤ {MEMORY_TARGET:g} MiB")
    )
    print(closing_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
