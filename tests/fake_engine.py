"""`matcalc` with an engine that derives nothing: `python -m tests.fake_engine derive ...`."""

from __future__ import annotations

import os
import signal
import sys
import time
import types

from matcalc.errors import InternalError, Mark, MatcalcError, Source
from tests.fakes import FakeAnswer


class Session:
    """Answers by what a line starts with."""

    def __init__(self, layout: str, structure: str) -> None:
        self.layout = layout

    def read(self, text: str, line: int = 1) -> FakeAnswer | None:
        match text.split("#", 1)[0].split():
            case [] | ["let" | "layout", *_]:
                return None
            case ["bad", *_]:
                error = MatcalcError("shape", "bad", hint="good", marks=(Mark(0, 3, "m×n"),))
                error.source, error.start, error.end = Source(text, line), 0, len(text)
                raise error
            case ["fault", *_]:
                raise InternalError("unverified")
            case ["crash", *_]:
                raise ZeroDivisionError("by zero")
            case ["wait", *_]:
                time.sleep(60)
            case ["slow", *_]:
                time.sleep(0.02)
            case ["grow", *_]:
                return FakeAnswer(input=bytearray(2**33).hex())
            case ["die", *_]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["stop", *_]:
                # no signal but SIGKILL reaches it from here on, as where C code runs for long
                os.kill(os.getpid(), signal.SIGSTOP)
        if not text.isprintable() or "�" in text:
            raise MatcalcError("syntax", "not a character of the language")
        return FakeAnswer(input=text.strip(), matrix=f"answer {line}")


def main() -> None:
    engine = types.ModuleType("matcalc.api")
    engine.__dict__["Session"] = Session
    sys.modules["matcalc.api"] = engine
    from matcalc import cli

    cli.main()


if __name__ == "__main__":
    main()
