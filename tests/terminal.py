"""A command on a terminal of our own: its exit status, and what stands there."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def on_terminal(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    errors: bool = True,
    size: tuple[int, int] | None = None,
) -> tuple[int, str]:
    """Input and output are the terminal, errors too unless they go nowhere; `size` is rows, columns."""
    ours, theirs = pty.openpty()
    if size is not None:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs if errors else subprocess.DEVNULL,
        cwd=ROOT, env=environment,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        status = process.wait(timeout=30)
    os.close(ours)
    return status, shown.decode("utf-8")
