"""What to say of a text that does not parse: what is wrong, where, and what to write instead."""

from __future__ import annotations

import re

from matcalc.errors import MatcalcError, Source
from matcalc.language.lalr import Token, Unexpected
from matcalc.language.syntax import Word

_OPERATORS = re.compile(r"\*\*|\.[*/^]|==|[-+*/@:^·⋅−∘⊙⊗⋆]")
_AFTER_SHAPE = frozenset(("COMMA", "NAME", "$END"))
_IN_A_LIST = frozenset(("NAME", "COMMA", "RSQB", "RPAR"))
_COMPARISON = re.compile(r"[<>≤≥≠]=?|!=|=<")
_ENDING_OPERAND = re.compile(r"(?<![\w.)\]])(?:\d+\.\d+|\w+)(?:'|\.T|\^-?\w+)*$")
_STARTING_OPERAND = re.compile(
    r"[ \t]*(?!where(?!\w))((?:\d+\.\d+|\w+)(?:\([\w, @+*'-]{1,16}\))?(?:'|\.T|\^-?\w+)*)"
)
_WORD_BEFORE_WORD = re.compile(r"(\w+)[ \t]+(?=\w)(?!where(?!\w))")
_OPERAND = re.compile(r'[\w("]|\.\d')
_INSTEAD = {
    "×": "× separates dimensions; write A @ B, or A * B for the product entry by entry",
    "÷": "write /",
    "∂": "write d(F)/dX",
    "∇": "write grad(F, X)",
    "√": "write sqrt(...)",
    "∑": "write sum(...) or sum[j](...)",
    "⊤": "write A' or A^T",
    "ᵀ": "write A' or A^T",
    "⁻": "write A^-1",
    "²": "write A^2",
    "³": "write A^3",
    "|": "write abs(x), norm(x) or det(A)",
    "‖": "write norm(x)",
    "\\": "LaTeX is not read; a solution of A·x = b is inv(A) @ b",
    "%": "a comment starts with #",
    ";": "a comma separates",
    "{": "write parentheses",
    "}": "write parentheses",
    ".": "write A' or A.T for the transpose",
    "$": "write the expression alone",
}


def complaint(source: Source, body: str, unexpected: Unexpected) -> MatcalcError:
    """The error for what the parser met."""
    return _Complaint(source, body, unexpected).error()


def _is_function(name: str) -> bool:
    from matcalc.functions import find

    return find(name) is not None


def _open_brackets(text: str) -> list[tuple[str, int]]:
    """The brackets that a text leaves open, and where they are."""
    stack: list[tuple[str, int]] = []
    for match in re.finditer(r'"[^"]*"|[()\[\]]', text):
        if match[0] in "([":
            stack.append((match[0], match.start()))
        elif match[0] in ")]" and stack:
            stack.pop()
    return stack


class _Complaint:
    def __init__(self, source: Source, body: str, unexpected: Unexpected) -> None:
        self.source = source
        self.body = body
        self.position = unexpected.start
        self.expected = unexpected.expected
        self.before = unexpected.before
        match = re.compile(r"(?!where(?!\w))\w+").match(body, self.position)
        operator = _OPERATORS.match(body, self.position)
        if match is not None:
            self.found = match[0]
        elif operator is not None:
            self.found = operator[0]
        else:
            self.found = body[self.position : self.position + 1]
        self.at_where = re.compile(r"where(?!\w)").match(body, self.position) is not None
        if self.at_where:
            self.found = "where"

    def _at(self, start: int, end: int, message: str, hint: str | None = None) -> MatcalcError:
        return MatcalcError("syntax", message, Word("", self.source, start, end), hint=hint)

    def _here(self, message: str, hint: str | None = None) -> MatcalcError:
        start = self.position
        if not self.found and self.before is not None:
            start = self.before.end  # at the end of the line: right after its last word
        return self._at(start, start + max(len(self.found), 1), message, hint)

    def error(self) -> MatcalcError:
        if "BY" in self.expected or "BY_HIGHER" in self.expected:
            return self._without_variable()
        if self._quote_open():
            start = self.position
            return self._at(start, start + 1, "this quote is never closed", "a quote is missing")
        opened = self._open()
        if opened and self.expected <= _IN_A_LIST:
            return self._in_list(opened[-1][0])
        after_comma = self.before is not None and self.before.text == ","
        if self.expected == {"NAME"} and after_comma:
            return self._no_declaration()
        declares = self.expected & {"DIMENSION", "TIMES", "EQUAL"} or self.expected <= _AFTER_SHAPE
        # after a name within a call stands an operator, or the = of an option
        if declares and not self.expected & {"NUMBER", "MATMUL"}:
            declaration = self._declaration()
            if declaration is not None:
                return declaration
        if "NUMBER" in self.expected:
            return self._operand_missing()
        return self._operator_missing()

    def _in_list(self, bracket: str) -> MatcalcError:
        """What does not fit between the brackets of A[i,j], or between the parentheses of A(X): m x n."""
        assert self.before is not None
        found = self.found
        starts = "NAME" in self.expected
        if not found or self.at_where:
            return self._unclosed() or self._ended()
        if bracket == "(":
            hint = "write A(X): m x n for a function of X, A: m x n for a tensor"
            if starts:
                return self._here(f"the name of a variable is missing: not {found}", hint)
            return self._here(f"between these parentheses stand names: {found} does not fit", hint)
        if found == "]" and starts:
            return self._here("an index is missing before ]", "A[i,j] names the axes of A")
        if found == ")":
            return self._unmatched() or self._here(") does not fit here")
        if found == ";":
            return self._strange()
        if not starts and found.isidentifier():
            return self._here(
                "a comma is missing between two indices", "A[i,j] names the axes of A"
            )
        hint = "A[i,j] names the axes of A; e(1, n)' @ x is the first entry of x"
        return self._here("an index is a letter, not a number or a range", hint)

    def _no_declaration(self) -> MatcalcError:
        """After the comma between two declarations."""
        if not self.found:
            return self._here("a declaration is missing after the comma")
        if self.found == ",":
            return self._here("a declaration is missing between these commas")
        form = "a declaration is A: m x n, or r = A@x - b"
        return self._here(f"a declaration starts with a name, not {self.found}", form)

    def _without_variable(self) -> MatcalcError:
        hint = "write d(F)/dX, and d2(F)/dx2 or d2(F)/dx dy for a second derivative"
        if self.found == ")" and not self._open():
            return self._here("this ) closes nothing")
        slash = re.compile(r"\s*/[ \t]*").match(self.body, self.position)
        if slash is None:
            return self._here(
                "a derivative says by what: /dX is missing after this parenthesis", hint
            )
        word = re.compile(r"[^\s,)]*").match(self.body, slash.end())
        assert word is not None
        spaced = re.compile(r"d[ \t]+(?!where(?!\w))([^\W\d]\w*)").match(self.body, slash.end())
        if spaced is not None:
            message = f"d and its variable are one word: /d{spaced[1]}"
            return self._at(slash.end(), spaced.end(), message, hint)
        if word[0] in ("", "d"):
            message = "a derivative says by what: the variable is missing after the d"
            return self._at(slash.end(), max(word.end(), slash.end() + 1), message, hint)
        message = f"after the slash of a derivative comes d and a variable, not {word[0]}"
        return self._at(slash.end(), word.end(), message, hint)

    def _declaration(self) -> MatcalcError | None:
        form = "a declaration is A: m x n, or r = A@x - b"
        before = self.before
        if before is not None and before.type in ("WHERE", "LET"):
            return None
        if self.found == ".":
            return self._here("a dimension is a whole number", form)
        attribute = before is not None and before.type == "NAME" and "EQUAL" not in self.expected
        if self.found == ":" and attribute:
            assert before is not None
            message = f"a comma is missing before {before.text}: it starts another declaration"
            return self._at(before.start, before.end, message)
        if "DIMENSION" in self.expected:
            if self.found == "-" or self.found == "−":
                return self._here(
                    "a dimension is positive: a number, a name, a sum or a product", form
                )
            what = f"not {self.found}" if self.found else "nothing follows"
            return self._here(f"a dimension is missing: {what}", form)
        if "EQUAL" in self.expected:
            assert before is not None
            what = f"not {self.found}" if self.found else "nothing follows"
            return self._here(f"after {before.text} comes : or =, {what}", form)
        if self.found in ("-", "−", "/", "^", "**"):
            message = f"a dimension is a number, a name, a sum or a product: {self.found} is not known here"
            return self._here(message)
        if self.found and self.found[0].isdigit():
            assert before is not None
            return self._here(
                f"no x between {before.text} and {self.found}",
                f"write {before.text} x {self.found}, or {before.text}*{self.found} for a product",
            )
        return None

    def _operand_missing(self) -> MatcalcError:
        before = self.before
        if not self.found or self.at_where:
            if before is None:
                return self._here("there is no expression before where")
            if before.type == "CLAIM":
                return self._here(
                    "the claim after == is empty", "write the expected derivative after =="
                )
            unclosed = self._unclosed()
            if unclosed is not None and before.text[-1] in "([,":
                return unclosed
            return self._here(f"nothing follows {before.text.strip()}")
        if self.found in ")]":
            if before is not None and before.text[-1] == "(":
                return self._here("there is nothing between the parentheses")
            return self._unmatched() or self._here(f"an operand is missing before {self.found}")
        if self.found == "[":
            return self._here(
                "[ stands after a tensor, whose axes it names", "A[i,j] names the axes of A"
            )
        if self.found == ",":
            return self._here("an operand is missing before the comma")
        if _OPERATORS.fullmatch(self.found) and self.found != "==":
            where = (
                "at the start"
                if before is None
                else f"between {before.text.strip()} and {self.found}"
            )
            return self._here(f"an operand is missing {where}")
        if self.found == "==":
            return self._here("an expression is missing before ==")
        return self._strange()

    def _operator_missing(self) -> MatcalcError:
        before = self.before
        if before is not None and before.type in ("WHERE", "LET"):
            return self._here(
                f"{before.text} without a declaration", f"write {before.text} A: m x n, x: n"
            )
        if not self.found or self.at_where:
            return self._unclosed() or self._ended()
        if self.found in ")]":
            return self._unmatched() or self._here(f"{self.found} does not fit here")
        if _COMPARISON.match(self.body, self.position):
            return self._here(
                "a comparison is no expression: sizes of entries are not compared",
                "A == B after a derivative is a claim, to be checked",
            )
        if self.found == "=":
            return self._here(
                "= defines a name after where, and is no part of an expression",
                "a problem is d(F)/dX where x = ...; a claim is written with ==",
            )
        if self.found == "==":
            if self._open():
                return self._here("a claim stands after the whole expression, not in parentheses")
            return self._here("a problem has one claim")
        if self.found == ",":
            if self._open():
                return self._here("a comma separates arguments, and these parentheses hold none")
            return self._here("a comma separates declarations: where is missing before them")
        if _OPERAND.match(self.body, self.position) and before is not None:
            if before.type == "NAME" and "COLON" not in self.expected:
                return self._here(f"{self.found} does not fit after {before.text}")
            return self._juxtaposed(before)
        return self._strange()

    def _juxtaposed(self, before: Token) -> MatcalcError:
        hint: str | None
        if self.found[0] in "ᵀ²³":
            return self._strange()
        if re.match(r"\s*\w+\s*(\([\w\s,]*\)\s*)?:", self.body):
            hint = "write it after where, or after let on a line of its own: let A: m x n"
            return self._here("a declaration is no problem", hint)
        left = self._left(before)
        rights = self._rights()
        right = rights[0] if rights else ""
        if _is_function(before.text):
            hint = f"write {before.text}({right})" if right else None
        elif before.text[0].isdigit() and left == before.text and right:
            hint = f"write {left}*{right}"
        elif left and right:
            products = " @ ".join((left, *rights)), " * ".join((left, *rights))
            hint = f"write {products[0]}, or {products[1]} for the product entry by entry"
        else:
            hint = "write A @ B, or A * B for the product entry by entry"
        unclosed = self._never_closed()
        if unclosed is not None:
            also = f"the ( at column {unclosed + 1} is never closed"
            hint = also if hint is None else f"{hint}; {also}"
        if not left:
            left = before.text.strip()
            left = left if left[0] == "/" else f"... {left}" if left in ")]" else f"...{left}"
        found = self.found if self.found != "(" else "( ..."
        return self._here(f"no operator between {left} and {found}", hint)

    def _left(self, before: Token) -> str:
        """The name or number that ends before the position, with what is put behind it; or nothing."""
        start = max(0, before.end - 200)  # so that a long line is no long search
        match = _ENDING_OPERAND.search(self.body, start, before.end)
        return "" if match is None or before.text[0] == "/" else match[0]

    def _rights(self) -> list[str]:
        """The operands that stand side by side from here on, five at most: `log det X` is log(det(X))."""
        found: list[str] = []
        position = self.position
        while len(found) < 5:
            words: list[str] = []
            while len(words) < 5:
                word = _WORD_BEFORE_WORD.match(self.body, position)
                if word is None or not _is_function(word[1]):
                    break
                words.append(word[1])
                position = word.end()
            operand = _STARTING_OPERAND.match(self.body, position)
            if operand is None:
                break
            found.append("(".join((*words, operand[1])) + ")" * len(words))
            position = operand.end()
        return found

    def _never_closed(self) -> int | None:
        """Where the first parenthesis of the expression is that nothing closes."""
        where = re.compile(r"\bwhere\b").search(self.body, self.position)
        stack = _open_brackets(self.body[: len(self.body) if where is None else where.start()])
        return stack[0][1] if stack and stack[0][0] == "(" else None

    def _quote_open(self) -> bool:
        return self.found == '"' and self.body.find('"', self.position + 1) < 0

    def _ended(self) -> MatcalcError:
        if self.at_where:
            return self._here("where stands once, after the whole expression")
        return self._here("the line ends too early")

    def _strange(self) -> MatcalcError:
        character = self.found[:1]
        if not character.isprintable():
            code = f"U+{ord(character):04X}"
            return self._here(f"the control character {code} is no part of the notation")
        if character in "\"'":
            return self._here(f"text in quotes does not fit here: {character}")
        hint = _INSTEAD.get(character)
        return self._here(f"{self.found} does not fit here", hint)

    def _open(self) -> list[tuple[str, int]]:
        """The brackets that are open at the position."""
        return _open_brackets(self.body[: self.position])

    def _unclosed(self) -> MatcalcError | None:
        stack = self._open()
        if not stack:
            return None
        bracket, start = stack[-1]
        closing = ")" if bracket == "(" else "]"
        return self._at(
            start, start + 1, f"this {bracket} is never closed", f"a {closing} is missing"
        )

    def _unmatched(self) -> MatcalcError | None:
        stack = self._open()
        if not stack:
            return self._here(f"this {self.found} closes nothing")
        bracket, start = stack[-1]
        if bracket + self.found not in ("()", "[]"):
            return self._at(start, start + 1, f"this {bracket} is closed by {self.found}")
        return None
