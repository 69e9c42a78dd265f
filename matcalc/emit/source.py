"""Lines of Python around the statements: signatures, docstrings, long lists of names."""

from __future__ import annotations

from textwrap import wrap

from matcalc.emit.names import escaped

WIDTH = 96
LONGEST = 2000
"""Of a longer expression the docstrings show the beginning."""


def signature(name: str, parameters: list[str], *, bare: bool = False) -> list[str]:
    """The line of the definition, or several for many parameters; by keyword unless `bare`."""
    if not parameters:
        return [f"def {name}():"]
    parameters = parameters if bare else ["*", *parameters]
    line = f"def {name}({', '.join(parameters)}):"
    if len(line) <= WIDTH:
        return [line]
    return [f"def {name}(", *(f"    {parameter}," for parameter in parameters), "):"]


def returned(tensors: list[str]) -> list[str]:
    line = f"    return {', '.join(tensors)}"
    if len(line) <= WIDTH:
        return [line]
    return ["    return (", *(f"        {tensor}," for tensor in tensors), "    )"]


def docstring(summary: str, lines: list[str], indent: str) -> list[str]:
    """A docstring, wrapped, that no text can break out of."""
    summary = summary if len(summary) <= LONGEST else summary[:LONGEST] + " …"
    width = WIDTH - len(indent)
    text = wrap(" ".join(summary.split()), width - 3) or [""]
    for line in ["", *lines] if lines else []:
        text += wrap(" ".join(line.split()), width, subsequent_indent="    ") or [""]
    # escaped line by line: a break must not part a backslash from what it escapes
    text = [f"{indent}{_literal(line)}".rstrip() for line in text]
    text[0] = f'{indent}"""{text[0].removeprefix(indent)}'
    if not lines and len(text) == 1 and len(text[0]) <= WIDTH - 3:
        return [text[0] + '"""']
    return [*text, f'{indent}"""']


def _literal(text: str) -> str:
    """Text for between triple quotes."""
    text = escaped(text)
    return text.replace('"', '\\"') if '""' in text or text.endswith('"') else text
