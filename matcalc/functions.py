"""The functions of the language: one table, a row each.

Inference, lowering, differentiation, verification, every printer, `matcalc functions` and the
README's table read it.  Formulas are text in matcalc's own notation, in the parameters of the row;
an entry-by-entry function's parameter is `u`, and the direction of a differential is `dX` for X.

`derivative` and `differential` are what differentiation uses.  `definition` is what verification
evaluates, on dual numbers that know only exp, log, erf and sign: the two columns are independent,
so that a mistake in one is found by the other.
"""

from __future__ import annotations

ENTRYWISE = "entrywise"
MATRIX = "matrix"
DEFINED = "defined"
STRUCTURAL = "structural"
CONSTANT = "constant"


class Function:
    """A row of the table.

    `kind`: ENTRYWISE (a Map node), MATRIX (an Apply node), DEFINED (replaced by its definition),
    STRUCTURAL (an index sum, made in `tensor.lower`), CONSTANT.
    `signature`: dimensions of arguments and result, alternatives between bars: "n -> n n | n n -> n";
    "*" is any shape, "()" a scalar, a name the same size throughout.
    `primitive`: evaluated by verification directly, without a definition.
    `internal`: arises in derivatives alone; not to be written by users.
    `parity`: "odd" if f(-u) = -f(u), "even" if f(-u) = f(u).
    `slope`: of an internal derivative tensor D[i,j,p,q] of f: the formula for f′(X), Σ D[i,i,p,q] = f′(X)[q,p].
    """

    __slots__ = (
        "aliases",
        "axis",
        "condition",
        "definition",
        "derivative",
        "differential",
        "doc",
        "example",
        "internal",
        "jax",
        "kind",
        "latex",
        "name",
        "numpy",
        "parameters",
        "parity",
        "primitive",
        "signature",
        "slope",
        "torch",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        signature: str,
        doc: str,
        example: str,
        *,
        parameters: tuple[str, ...] = ("X",),
        aliases: tuple[str, ...] = (),
        axis: bool = False,
        condition: str | None = None,
        derivative: str | None = None,
        differential: str | None = None,
        definition: str | None = None,
        primitive: bool = False,
        internal: bool = False,
        slope: str | None = None,
        parity: str | None = None,
        numpy: str | None = None,
        jax: str | None = None,
        torch: str | None = None,
        latex: str | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.signature = signature
        self.doc = doc
        self.example = example
        self.parameters = parameters
        self.aliases = aliases
        self.axis = axis
        self.condition = condition
        self.derivative = derivative
        self.differential = differential
        self.definition = definition
        self.primitive = primitive
        self.internal = internal
        self.slope = slope
        self.parity = parity
        self.numpy = numpy
        self.jax = jax
        self.torch = torch
        self.latex = latex


def _entrywise(
    name: str,
    doc: str,
    derivative: str,
    definition: str | None = None,
    condition: str | None = None,
    *,
    parity: str | None = None,
    numpy: str | None = None,
    torch: str | None = None,
    latex: str | None = None,
) -> Function:
    return Function(
        name,
        ENTRYWISE,
        "* -> *",
        doc,
        f"d(sum({name}(x)))/dx where x: n",
        parameters=("u",),
        derivative=derivative,
        definition=definition,
        condition=condition,
        primitive=definition is None,
        parity=parity,
        numpy=numpy,
        torch=torch,
        latex=latex,
    )


_ROWS = (
    # entry by entry; `imaginary` is the imaginary unit, known to definitions alone
    _entrywise("exp", "exponential", "exp(u)", latex=r"\exp"),
    _entrywise("log", "natural logarithm", "1/u", None, "each entry of {} positive", latex=r"\log"),
    _entrywise(
        "sin",
        "sine",
        "cos(u)",
        "(exp(imaginary*u) - exp(-imaginary*u))/(2*imaginary)",
        latex=r"\sin",
        parity="odd",
    ),
    _entrywise(
        "cos",
        "cosine",
        "-sin(u)",
        "(exp(imaginary*u) + exp(-imaginary*u))/2",
        latex=r"\cos",
        parity="even",
    ),
    _entrywise(
        "tan",
        "tangent",
        "1 + tan(u)**2",
        "sin(u)/cos(u)",
        "no entry of cos({}) is 0",
        latex=r"\tan",
        parity="odd",
    ),
    _entrywise(
        "asin",
        "inverse sine",
        "1/sqrt(1 - u**2)",
        "-imaginary*log(imaginary*u + sqrt(1 - u**2))",
        "each entry of {} between -1 and 1",
        numpy="arcsin",
        latex=r"\arcsin",
        parity="odd",
    ),
    _entrywise(
        "acos",
        "inverse cosine",
        "-1/sqrt(1 - u**2)",
        "pi/2 + imaginary*log(imaginary*u + sqrt(1 - u**2))",
        "each entry of {} between -1 and 1",
        numpy="arccos",
        latex=r"\arccos",
    ),
    _entrywise(
        "atan",
        "inverse tangent",
        "1/(1 + u**2)",
        "imaginary/2*(log(1 - imaginary*u) - log(1 + imaginary*u))",
        numpy="arctan",
        latex=r"\arctan",
        parity="odd",
    ),
    _entrywise(
        "sinh", "hyperbolic sine", "cosh(u)", "(exp(u) - exp(-u))/2", latex=r"\sinh", parity="odd"
    ),
    _entrywise(
        "cosh",
        "hyperbolic cosine",
        "sinh(u)",
        "(exp(u) + exp(-u))/2",
        latex=r"\cosh",
        parity="even",
    ),
    _entrywise(
        "tanh",
        "hyperbolic tangent",
        "1 - tanh(u)**2",
        "(exp(u) - exp(-u))/(exp(u) + exp(-u))",
        latex=r"\tanh",
        parity="odd",
    ),
    Function(
        "sqrt",
        DEFINED,
        "* -> *",
        "square root",
        "d(sum(sqrt(x)))/dx where x: n positive",
        parameters=("u",),
        definition="u**(1/2)",
        condition="each entry of {} positive",
        latex=r"\sqrt",
    ),
    _entrywise(
        "abs", "absolute value", "sign(u)", "u*sign(u)", "no entry of {} is 0", parity="even"
    ),
    _entrywise(
        "sign",
        "sign: -1, 0 or 1",
        "0*u",
        None,
        "no entry of {} is 0",
        latex=r"\operatorname{sign}",
        parity="odd",
    ),
    _entrywise(
        "relu",
        "positive part, max(u, 0)",
        "(1 + sign(u))/2",
        "u*(1 + sign(u))/2",
        "no entry of {} is 0",
        latex=r"\operatorname{relu}",
    ),
    _entrywise(
        "sigmoid",
        "logistic function, 1/(1 + exp(-u))",
        "sigmoid(u)*(1 - sigmoid(u))",
        "1/(1 + exp(-u))",
        latex=r"\sigma",
    ),
    _entrywise(
        "softplus",
        "log(1 + exp(u))",
        "sigmoid(u)",
        "log(1 + exp(u))",
        latex=r"\operatorname{softplus}",
    ),
    _entrywise(
        "erf", "error function", "2/sqrt(pi)*exp(-u**2)", latex=r"\operatorname{erf}", parity="odd"
    ),
    _entrywise(
        "gelu",
        "Gaussian error linear unit, u·Φ(u), the exact one",
        "(1 + erf(u/sqrt(2)))/2 + u*exp(-u**2/2)/sqrt(2*pi)",
        "u*(1 + erf(u/sqrt(2)))/2",
        latex=r"\operatorname{gelu}",
    ),
    # functions of a matrix
    Function(
        "tr",
        STRUCTURAL,
        "n n -> ()",
        "trace",
        "d(tr(A@X))/dX where A, X: n x n",
        latex=r"\operatorname{tr}",
    ),
    Function(
        "det",
        MATRIX,
        "n n -> ()",
        "determinant",
        "d(det(X))/dX where X: n x n",
        differential="det(X)*tr(inv(X)@dX)",
        condition="{} invertible",
        primitive=True,
        latex=r"\det",
    ),
    Function(
        "logdet",
        MATRIX,
        "n n -> ()",
        "logarithm of the absolute value of the determinant",
        "d(logdet(X))/dX where X: n x n",
        differential="tr(inv(X)@dX)",
        definition="log(abs(det(X)))",
        condition="{} invertible",
        latex=r"\operatorname{logdet}",
    ),
    Function(
        "inv",
        MATRIX,
        "n n -> n n",
        "inverse",
        "d(tr(inv(X)))/dX where X: n x n",
        differential="-inv(X)@dX@inv(X)",
        condition="{} invertible",
        primitive=True,
        latex=r"\operatorname{inv}",
    ),
    Function(
        "adj",
        MATRIX,
        "n n -> n n",
        "adjugate, det(X)·inv(X)",
        "d(tr(adj(X)))/dX where X: n x n",
        differential="adj(X)*tr(inv(X)@dX) - inv(X)@dX@adj(X)",
        definition="det(X)*inv(X)",
        condition="{} invertible",
        latex=r"\operatorname{adj}",
    ),
    Function(
        "pinv",
        MATRIX,
        "m n -> n m",
        "Moore-Penrose pseudoinverse",
        "d(sum(pinv(X)))/dX where X: m x n",
        differential="-pinv(X)@dX@pinv(X) + pinv(X)@pinv(X)'@dX'@(I - X@pinv(X))"
        " + (I - pinv(X)@X)@dX'@pinv(X)'@pinv(X)",
        condition="{} of full rank",
        primitive=True,
        latex=r"\operatorname{pinv}",
    ),
    Function(
        "expm",
        MATRIX,
        "n n -> n n",
        "matrix exponential",
        "d(tr(expm(X)))/dX where X: n x n",
        differential="(expm_derivative(X)[i,j,p,q]*dX[p,q])[i,j]",
        primitive=True,
        latex=r"\operatorname{expm}",
    ),
    Function(
        "expm_derivative",
        MATRIX,
        "n n -> n n n n",
        "derivative of the matrix exponential, ∂expm(X)[i,j]/∂X[p,q] = ∫₀¹ expm(sX)[i,p]·expm((1-s)X)[q,j] ds",
        "d(expm(X))/dX where X: n x n",
        internal=True,
        slope="expm(X)",
        primitive=True,
    ),
    Function(
        "sqrtm",
        MATRIX,
        "n n -> n n",
        "principal square root of a matrix",
        "d(tr(sqrtm(X)))/dX where X: n x n posdef",
        differential="(sqrtm_derivative(X)[i,j,p,q]*dX[p,q])[i,j]",
        condition="{} positive definite",
        primitive=True,
        latex=r"\operatorname{sqrtm}",
    ),
    Function(
        "sqrtm_derivative",
        MATRIX,
        "n n -> n n n n",
        "derivative of sqrtm, the solution S of sqrtm(X)·S + S·sqrtm(X) = dX",
        "d(sqrtm(X))/dX where X: n x n posdef",
        internal=True,
        slope="inv(sqrtm(X))/2",
        primitive=True,
    ),
    Function(
        "matpower_derivative",
        MATRIX,
        "n n, () -> n n n n",
        "derivative of a matrix power, ∂(X^k)[i,j]/∂X[p,q] = Σₛ (X^s)[i,p]·(X^(k-1-s))[q,j], s = 0 … k-1",
        "d(X^k)/dX where X: n x n, k: scalar",
        parameters=("X", "k"),
        internal=True,
        slope="k*X^(k - 1)",
        primitive=True,
    ),
    Function(
        "nuclear",
        MATRIX,
        "m n -> ()",
        "nuclear norm, the sum of the singular values",
        "d(nuclear(X))/dX where X: m x n",
        differential="polar(X) : dX",
        condition="{} of full rank",
        primitive=True,
        latex=r"\operatorname{nuclear}",
    ),
    Function(
        "polar",
        MATRIX,
        "m n -> m n",
        "orthogonal polar factor U·V' of X = U·S·V'",
        "d(nuclear(X))/dX where X: m x n",
        primitive=True,
    ),
    # sums, norms, reductions
    Function(
        "sum", STRUCTURAL, "* -> ()", "sum of the entries", "d(sum(X))/dX where X: m x n", axis=True
    ),
    Function(
        "mean", STRUCTURAL, "* -> ()", "mean of the entries", "d(mean(x))/dx where x: n", axis=True
    ),
    Function(
        "max",
        MATRIX,
        "n -> ()",
        "largest entry",
        "d(max(x))/dx where x: n",
        parameters=("x",),
        axis=True,
        differential="argmax(x)'@dx",
        condition="one largest entry of {}",
        primitive=True,
    ),
    Function(
        "argmax",
        MATRIX,
        "n -> n",
        "1 at the largest entry, 0 elsewhere",
        "d(max(x))/dx where x: n",
        parameters=("x",),
        axis=True,
        differential="0*dx",
        primitive=True,
    ),
    Function(
        "softmax",
        MATRIX,
        "n -> n",
        "exp(x)/sum(exp(x))",
        "d(softmax(x))/dx where x: n",
        parameters=("x",),
        axis=True,
        differential="softmax(x)*dx - softmax(x)*(softmax(x)'@dx)",
        definition="exp(x)/sum(exp(x))",
        latex=r"\operatorname{softmax}",
    ),
    Function(
        "logsumexp",
        MATRIX,
        "n -> ()",
        "log(sum(exp(x)))",
        "d(logsumexp(x))/dx where x: n",
        parameters=("x",),
        axis=True,
        differential="softmax(x)'@dx",
        definition="log(sum(exp(x)))",
        latex=r"\operatorname{logsumexp}",
    ),
    Function(
        "norm",
        DEFINED,
        "* -> ()",
        "2-norm of a vector, Frobenius norm of a matrix",
        "d(norm(x))/dx where x: n",
        aliases=("norm2",),
        definition="sqrt(sum(X*X))",
        condition="{} not 0",
    ),
    Function(
        "normsq",
        DEFINED,
        "* -> ()",
        "square of norm",
        "d(normsq(x))/dx where x: n",
        definition="sum(X*X)",
    ),
    Function(
        "norm1",
        DEFINED,
        "* -> ()",
        "sum of the absolute entries",
        "d(norm1(x))/dx where x: n",
        definition="sum(abs(X))",
        condition="no entry of {} is 0",
    ),
    # products and rearrangements
    Function(
        "frob",
        STRUCTURAL,
        "*, * -> ()",
        "Frobenius product, A : B",
        "d(frob(A, X))/dX where A, X: m x n",
        parameters=("A", "B"),
    ),
    Function(
        "kron",
        STRUCTURAL,
        "m n, p q -> m*p n*q",
        "Kronecker product, A ⊗ B",
        "d(tr(kron(A, X)))/dX where A: m x m, X: n x n",
        parameters=("A", "B"),
    ),
    Function(
        "khatrirao",
        STRUCTURAL,
        "m n, p n -> m*p n",
        "Kronecker product column by column",
        "d(sum(khatrirao(A, X)))/dX where A: m x n, X: p x n",
        parameters=("A", "B"),
    ),
    Function(
        "outer",
        STRUCTURAL,
        "*, * -> *",
        "dyadic (tensor) product; the axes of A, then those of B",
        "d(outer(x, y))/dx where x: m, y: n",
        parameters=("A", "B"),
    ),
    Function(
        "einsum",
        STRUCTURAL,
        "* -> *",
        "any product of tensors, in NumPy's notation",
        'd(einsum("ij,jk->ik", A, B))/dA where A: m x n, B: n x p',
        parameters=("spec", "A"),
    ),
    Function(
        "diag",
        STRUCTURAL,
        "n -> n n | n n -> n",
        "diagonal matrix of a vector; diagonal of a matrix",
        "d(diag(x)@y)/dx where x, y: n",
    ),
    Function(
        "vec",
        STRUCTURAL,
        "m n -> m*n | n -> n",
        "column-major vectorisation",
        "d(vec(X)'@v)/dX where X: m x n, v: m*n",
    ),
    Function(
        "vech",
        STRUCTURAL,
        "n n -> vech",
        "vectorisation of the lower triangle, column by column",
        "d(sum(vech(X)))/dX where X: 3 x 3",
    ),
    Function(
        "tril",
        STRUCTURAL,
        "n n -> n n",
        "lower triangle with the diagonal, the other entries 0",
        "d(sum(tril(X)*X))/dX where X: n x n",
    ),
    Function(
        "triu",
        STRUCTURAL,
        "n n -> n n",
        "upper triangle with the diagonal, the other entries 0",
        "d(sum(triu(X)*X))/dX where X: n x n",
    ),
    Function(
        "hstack",
        STRUCTURAL,
        "m n, m p -> m n+p",
        "matrices side by side; a vector is a column",
        "d(sum(hstack(A, X)))/dX where A: m x n, X: m x p",
        parameters=("A", "B"),
    ),
    Function(
        "vstack",
        STRUCTURAL,
        "m n, p n -> m+p n",
        "matrices one above the other; of vectors a longer vector",
        "d(sum(vstack(A, X)))/dX where A: m x n, X: p x n",
        parameters=("A", "B"),
    ),
    # constants
    Function(
        "eye",
        CONSTANT,
        "",
        "identity matrix eye(n)",
        "d(tr(X@eye(n)))/dX where X: n x n",
        parameters=("n",),
    ),
    Function(
        "ones",
        CONSTANT,
        "",
        "ones(n), ones(m, n): every entry 1",
        "d(x'@ones(n))/dx where x: n",
        parameters=("n",),
    ),
    Function(
        "zeros",
        CONSTANT,
        "",
        "zeros(n), zeros(m, n): every entry 0",
        "d(sum(x + zeros(n)))/dx where x: n",
        parameters=("n",),
    ),
    Function(
        "e",
        CONSTANT,
        "",
        "e(i, n), the i-th unit vector of length n, counted from 1",
        "d(e(1, n)'@x)/dx where x: n",
        parameters=("i", "n"),
    ),
    Function(
        "K",
        CONSTANT,
        "",
        "K(m, n), the commutation matrix: K(m, n) @ vec(A) = vec(A') for A: m×n",
        "d(sum(K(m, n)@vec(X)))/dX where X: m x n",
        parameters=("m", "n"),
    ),
    Function(
        "duplication",
        CONSTANT,
        "",
        "duplication(n) @ vech(S) = vec(S) for symmetric S",
        "d(sum(duplication(3)@x))/dx where x: 6",
        parameters=("n",),
    ),
)

FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}
ALIASES: dict[str, str] = {alias: row.name for row in _ROWS for alias in row.aliases}
"""Other names of functions, to the canonical one."""


def split_primes(name: str) -> tuple[str, int]:
    """The name of a declared function without its primes, and how many derivatives they say.

    >>> split_primes("f"), split_primes("f′"), split_primes("f″"), split_primes("f‴′")
    (('f', 0), ('f', 1), ('f', 2), ('f', 4))
    """
    bare = name.rstrip("′″‴")
    return bare, sum("′″‴".index(prime) + 1 for prime in name[len(bare) :])


def find(name: str) -> Function | None:
    """The row of a function as users name it; None for unknown and internal ones.

    >>> find("norm2").name, find("expm_derivative"), find("sine")
    ('norm', None, None)
    """
    row = FUNCTIONS.get(ALIASES.get(name, name))
    return None if row is None or row.internal else row
