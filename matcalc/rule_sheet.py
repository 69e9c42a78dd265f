"""The rules of calculus for matrices: a table of problems, and a problem for each function."""

from __future__ import annotations

from matcalc.errors import MatcalcError
from matcalc.functions import ALIASES, CONSTANT, FUNCTIONS, MATRIX, Function
from matcalc.language.suggest import did_you_mean


class Rule:
    """A problem whose answer is a rule.

    `slope` is the same for a number, f′(u); `example` shows the rule at work; both may be absent.

    >>> RULES[0].name, RULES[0].problem
    ('sum-rule', 'd(A + B)/dX where A(X), B(X): M x N, X: U x V')
    """

    __slots__ = ("example", "group", "name", "problem", "slope", "title")

    def __init__(
        self,
        name: str,
        title: str,
        problem: str,
        group: str = "rules",
        *,
        slope: str | None = None,
        example: str | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.problem = problem
        self.group = group
        self.slope = slope
        self.example = example


GROUPS = ("rules", "entry by entry", "functions", "constants")

RULES = (
    Rule("sum-rule", "sum", "d(A + B)/dX where A(X), B(X): M x N, X: U x V"),
    Rule("constant-factor", "constant factors", "d(c*A)/dX where c: scalar, A(X): M x N, X: U x V"),
    Rule("constant-matrices", "constant matrices", "d(P@A@Q)/dX where P: K x M, A(X): M x N, Q: N x L, X: U x V"),
    Rule("transpose", "transpose", "d(A')/dX where A(X): M x N, X: U x V"),
    Rule("product-matrix", "matrix product", "d(A@B)/dX where A(X): M x N, B(X): N x P, X: U x V"),
    Rule("product-vector", "matrix times vector", "d(A@b)/dX where A(X): M x N, b(X): N, X: U x V"),
    Rule("product-scalar", "scalar times matrix", "d(a*B)/dX where a(X): scalar, B(X): M x N, X: U x V"),
    Rule("product-hadamard", "Hadamard product", "d(A∘B)/dX where A(X), B(X): M x N, X: U x V"),
    Rule("product-frobenius", "Frobenius product", "d(A:B)/dX where A(X), B(X): M x N, X: U x V"),
    Rule("product-kronecker", "Kronecker product", "d(A⊗B)/dX where A(X): M x N, B(X): P x Q, X: U x V"),
    Rule("product-khatrirao", "Khatri-Rao product", "d(khatrirao(A, B))/dX where A(X): M x N, B(X): P x N, X: U x V"),
    Rule("product-outer", "dyadic product", "d(outer(A, B))/dX where A(X): M x N, B(X): P x Q, X: U x V"),
    Rule("product-dyad", "dyad of vectors", "d(a@b')/dX where a(X): M, b(X): N, X: U x V"),
    Rule("product-inner", "inner product", "d(a'@b)/dX where a(X), b(X): N, X: U x V"),
    Rule("product-star", "unnamed product", "d(A⋆B)/dX where A(X): M x N, B(X): P x Q, X: U x V"),
    Rule("product-any", "any contraction", 'd(einsum("ijk,kl->ijl", A, B))/dX where A(X): L x M x N, B(X): N x P, X: U x V'),
    Rule("quotient", "quotient by a scalar", "d(A/b)/dX where A(X): M x N, b(X): scalar, X: U x V"),
    Rule("quotient-hadamard", "quotient of entries", "d(A/B)/dX where A(X), B(X): M x N, X: U x V"),
    Rule("quotient-matrix", "quotient of matrices", "d(A@inv(B))/dX where A(X): M x N, B(X): N x N, X: U x V"),
    Rule("chain", "chain rule", "d(A)/dX where A(Y): M x N, Y(X): P x Q, X: U x V"),
    Rule("chain-scalar", "chain, of a scalar", "d(g)/dX where g(Y): scalar, Y(X): P x Q, X: U x V"),
    Rule("chain-entrywise", "chain, entry by entry", "d(f(A))/dX where f: elementwise, A(X): M x N, X: U x V"),
    Rule("power", "power of a scalar", "d(a^p)/dX where a(X), p: scalar, X: U x V"),
    Rule("power-hadamard", "power of entries", "d(A**p)/dX where A(X): M x N, p: scalar, X: U x V"),
    Rule("power-square", "square of a matrix", "d(A^2)/dX where A(X): N x N, X: U x V"),
    Rule("power-matrix", "power of a matrix", "d(A^k)/dX where A(X): N x N, k: scalar, X: U x V"),
    Rule("inverse", "inverse", "d(inv(A))/dX where A(X): N x N, X: U x V"),
    Rule("determinant", "determinant", "d(det(A))/dX where A(X): N x N, X: U x V"),
    Rule("determinant-log", "its logarithm", "d(logdet(A))/dX where A(X): N x N, X: U x V"),
    Rule("trace", "trace", "d(tr(A))/dX where A(X): N x N, X: U x V"),
    Rule("norm-vector", "2-norm of a vector", "d(norm(a))/dX where a(X): N, X: U x V"),
    Rule("norm-frobenius", "Frobenius norm", "d(norm(A))/dX where A(X): M x N, X: U x V"),
)  # fmt: skip


def rules() -> tuple[Rule, ...]:
    """Every rule: those of the table, then one for each function that users may write.

    >>> [rule.name for rule in rules() if rule.group == "constants"][:2]
    ['eye', 'ones']
    """
    own = [_of_function(row) for row in FUNCTIONS.values() if not row.internal]
    return tuple(sorted((*RULES, *own), key=lambda rule: GROUPS.index(rule.group)))


def chosen(name: str | None) -> tuple[Rule, ...]:
    """The rules of a name, and those whose names begin with it and a hyphen; all without one.

    Where no name is that, the rules whose names begin so.

    MatcalcError("name") for a name that none has.

    >>> [rule.name for rule in chosen("quotient")]
    ['quotient', 'quotient-hadamard', 'quotient-matrix']
    >>> [rule.name for rule in chosen("trans")]
    ['transpose']
    """
    known = rules()
    if name is None:
        return known
    word = ALIASES.get(name, name)
    found = tuple(rule for rule in known if f"{rule.name}-".startswith(f"{word}-"))
    if not found and word:
        found = tuple(rule for rule in known if rule.name.startswith(word))
    if not found:
        names = [rule.name for rule in known]
        words = (*dict.fromkeys((*names, *(each.split("-")[0] for each in names))), *ALIASES)
        hint = did_you_mean(name, words)
        if hint is None or not hint.startswith("did you mean"):
            hint = "`matcalc rules --format text` lists them"
        raise MatcalcError("name", f"there is no rule {name!r}", hint=hint)
    return found


_SIZES = {"*": "m x n", "n n": "n x n", "m n": "m x n", "n": "n"}
"""How the arguments of a signature are declared."""


def _of_function(row: Function) -> Rule:
    if row.kind == CONSTANT:
        return Rule(row.name, row.doc, row.example, "constants")
    given, _, made = row.signature.split(" | ")[0].partition(" -> ")
    ruled = row.kind != MATRIX or row.differential is not None
    # what has several arguments, no rule of its own, or a result whose size has no name
    if given not in _SIZES or len(row.parameters) > 1 or not ruled or made == row.name:
        return Rule(row.name, row.doc, row.example, "functions")
    sizes = _SIZES[given]
    entrywise = row.parameters == ("u",)
    name = "x" if " " not in sizes else "U" if entrywise else "X"
    problem = f"d({row.name}({name}))/d{name} where {name}: {sizes}"
    if entrywise:
        slope = f"d({row.name}(u))/du where u: scalar"
        return Rule(row.name, row.doc, problem, "entry by entry", slope=slope)
    example = None if row.example == problem else row.example
    return Rule(row.name, row.doc, problem, "functions", example=example)
