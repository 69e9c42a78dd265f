"""The functions that are applied entry by entry; `imaginary` is the imaginary unit, known to definitions alone."""

from __future__ import annotations

from matcalc.functions.row import DEFINED, ENTRYWISE, Function


def _entrywise(
    name: str,
    doc: str,
    derivative: str,
    definition: str | None = None,
    condition: str | None = None,
    *,
    parity: str | None = None,
    numpy: str | None = None,
    jax: str | None = None,
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
        jax=jax,
        torch=torch,
        latex=latex,
    )


ROWS = (
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
        jax="arcsin",
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
        jax="arccos",
        latex=r"\arccos",
    ),
    _entrywise(
        "atan",
        "inverse tangent",
        "1/(1 + u**2)",
        "imaginary/2*(log(1 - imaginary*u) - log(1 + imaginary*u))",
        numpy="arctan",
        jax="arctan",
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
)
