"""Trees as one line of text, to be read in cases."""

from __future__ import annotations

from typing import Any

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim, shape_text
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Declaration, LayoutStatement, Let, Problem, Syntax
from matcalc.language.typed import Typed, TypedProblem, Variable, postorder


def show_line(text: str) -> str:
    """What a line parses to."""
    line = parse_line(text)
    match line:
        case None:
            return "nothing"
        case LayoutStatement():
            return f"layout {line.name.text}"
        case Let():
            return "let " + ", ".join(map(show_declaration, line.declarations))
        case Problem():
            shown = show_syntax(line.expression)
            if line.claim is not None:
                shown += f"\n== {show_syntax(line.claim)}"
            if line.declarations:
                shown += "\nwhere " + ", ".join(map(show_declaration, line.declarations))
            return shown
    raise AssertionError(line)


def show_declaration(declaration: Declaration) -> str:
    name = declaration.name.text
    if declaration.depends:
        name += f"({', '.join(word.text for word in declaration.depends)})"
    if declaration.elementwise:
        return f"{name}: elementwise"
    if declaration.definition is not None:
        return f"{name} = {show_syntax(declaration.definition)}"
    assert declaration.dims is not None
    dims = ", ".join(show_syntax(dim) for dim in declaration.dims)
    return " ".join([f"{name}: ({dims})", *(word.text for word in declaration.attributes)])


def show_syntax(root: Syntax) -> str:
    """Fully parenthesised, groups as they were written left out."""
    shown: dict[int, str] = {}
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if not ready:
            stack.append((node, True))
            stack.extend((child, False) for child in node.children)
            continue
        parts = [shown[id(child)] for child in node.children]
        value: Any = node.value
        match node.kind:
            case "number" | "name":
                text = str(value)
            case "string":
                text = f'"{value}"'
            case "group":
                text = parts[0]
            case "unary":
                text = f"({value}{parts[0]})"
            case "binary":
                text = f"({parts[0]} {value} {parts[1]})"
            case "power":
                text = f"({parts[0]}{value}{parts[1]})"
            case "transpose":
                text = f"{parts[0]}'"
            case "index":
                text = f"{parts[0]}[{','.join(value)}]"
            case "bound":
                text = f"sum[{','.join(value)}]({parts[0]})"
            case "call":
                text = f"{value}({', '.join(parts)})"
            case "keyword":
                text = f"{value}={parts[0]}"
            case "derivative":
                text = f"d{value[0]}({parts[0]})/{' '.join(value[1])}"
            case _:
                raise AssertionError(node.kind)
        shown[id(node)] = text
    return shown[id(root)]


def show_typed(root: Typed) -> str:
    """Operations by name, variables by theirs."""
    shown: dict[int, str] = {}
    for node in postorder(root):
        parts = [shown[id(child)] for child in node.children]
        data: Any = node.data
        match node.op:
            case "number":
                text = str(data)
            case "variable":
                text = data.name
            case "size":
                text = f"size {data}"
            case "constant":
                text = f"{data[0]}({', '.join(map(str, data[1]))})" if data[1] else data[0]
            case "call":
                extra = [f"{key}={value}" for key, value in data[1]]
                text = f"{data[0]}({', '.join(parts + extra)})"
            case "add":
                signs = ("-" if sign < 0 else "+" for sign in data)
                text = f"({' '.join(s + p for s, p in zip(signs, parts, strict=True))})"
            case "einsum":
                text = f"einsum[{','.join(data[0])}->{data[1]}]({', '.join(parts)})"
            case _:
                mark = data.name if isinstance(data, Variable) else data
                name = node.op if mark is None else f"{node.op}[{mark}]"
                text = f"{name}({', '.join(parts)})"
        shown[id(node)] = text
    return shown[id(root)]


def show_problem(problem: TypedProblem) -> str:
    """The tree, its shape, and what was inferred."""
    lines = [f"{show_typed(problem.expression)} : {_shape(problem.expression)}"]
    if problem.claim is not None:
        lines.append(f"== {show_typed(problem.claim)} : {_shape(problem.claim)}")
    inferred = [v for v in problem.variables if v.inferred]
    if inferred:
        lines.append("inferred " + ", ".join(f"{v.name}: {_dims(v.dims)}" for v in inferred))
    if problem.rigid:
        lines.append("rigid")
    return "\n".join(lines)


def _dims(dims: tuple[Dim, ...]) -> str:
    return shape_text(dims)


def _shape(typed: Typed) -> str:
    return f"{'row ' if typed.row else ''}{shape_text(typed.dims)}"


def show_inferred(text: str) -> str:
    """What a line means; lines of `let` may stand before it."""
    lets: tuple[Declaration, ...] = ()
    for number, one in enumerate(text.split("\n"), 1):
        line = parse_line(one, number)
        if isinstance(line, Let):
            lets += line.declarations
        else:
            assert isinstance(line, Problem)
            return show_problem(infer(line, lets))
    raise AssertionError(text)


def show_error(text: str) -> str:
    """The error of a line, with the line and its marks."""
    try:
        answer = show_inferred(text)
    except MatcalcError as error:
        assert error.source is not None and error.start is not None and error.end is not None
        carets = [" "] * (len(error.source.text) + 2)
        for start, end in [(m.start, m.end) for m in error.marks] or [(error.start, error.end)]:
            for place in range(start, end):
                carets[place] = "^"
        lines = [
            f"{error.kind} at {error.column}..{error.end_column}: {error.message}",
            f"| {error.source.text}".rstrip(),
            f"| {''.join(carets)}".rstrip(),
        ]
        if error.hint is not None:
            lines.append(f"hint: {error.hint}")
        return "\n".join(lines)
    return f"no error: {answer}"
