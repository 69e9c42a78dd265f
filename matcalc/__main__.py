"""`python -m matcalc` is `matcalc`."""

from __future__ import annotations

import gc


def main() -> None:
    """The command `matcalc`."""
    # what is loaded stays: to look for garbage among it would take a tenth as long as to load it
    gc.disable()
    from matcalc.cli import main as command

    command()


if __name__ == "__main__":
    main()
