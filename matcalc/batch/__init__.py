"""Many problems, a line each: read as they come, answered in order, by one process or several."""

from matcalc.batch.lines import (
    LONGEST_LINE,
    Outcome,
    argument_lines,
    decoded,
    numbered_lines,
    outcomes,
)

__all__ = ["LONGEST_LINE", "Outcome", "argument_lines", "decoded", "numbered_lines", "outcomes"]
