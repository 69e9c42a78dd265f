"""Names as LaTeX: Greek ones as commands, several letters upright."""

from __future__ import annotations

_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Upsilon",
    "Phi",
    "Psi",
    "Omega",
]
_GREEK_LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK, strict=True)) | {
    "ς": "varsigma",
    "ϕ": "phi",
    "ϵ": "epsilon",
    "ϑ": "vartheta",
    "ϱ": "varrho",
}
_GREEK_WORDS = frozenset(_GREEK)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ESCAPES = {
    "\\": r"\backslash ",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\hat{}",
    "~": r"\sim ",
}
_ACCENTS = {
    "\u0300": "grave",
    "\u0301": "acute",
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0306": "breve",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u030c": "check",
}


def name_latex(word: str) -> str:
    r"""A name: Greek ones as commands, several letters upright, trailing digits as a subscript.

    >>> [name_latex(word) for word in ("x", "lambda", "mu_2", "x1", "batch", "σ")]
    ['x', '\\lambda', '\\mu_{2}', 'x_{1}', '\\mathrm{batch}', '\\sigma']
    """
    if word in _PLAIN:
        return word
    head, _, tail = word.strip("_").partition("_")
    if not head:
        return rf"\mathrm{{{escaped(word)}}}"
    if not tail:
        digits = len(head) - len(head.rstrip("0123456789"))
        if 0 < digits < len(head):
            head, tail = head[:-digits], head[-digits:]
    base = _word_latex(head)
    if not tail:
        return base
    if tail.isascii() and tail.isdigit():
        return f"{base}_{{{tail}}}"
    return f"{base}_{{{_word_latex(tail)}}}"


def _word_latex(word: str) -> str:
    if word in _PLAIN:
        return word
    if word in _GREEK_WORDS:
        return "\\" + word
    if word in _GREEK_LETTERS:
        return "\\" + _GREEK_LETTERS[word]
    if word == "⋆":
        return r"\star"
    if word.isascii():
        return rf"\mathrm{{{escaped(word)}}}"
    import unicodedata

    base, *marks = list(unicodedata.normalize("NFD", word))
    if marks and all(mark in _ACCENTS for mark in marks):
        text = _word_latex(base)
        for mark in marks:
            text = rf"\{_ACCENTS[mark]}{{{text}}}"
        return text
    return rf"\mathrm{{{escaped(word)}}}"


def escaped(word: str) -> str:
    """A word for upright letters: signs of LaTeX escaped, letters of other alphabets as text."""
    parts = []
    for letter in word:
        if letter in _GREEK_LETTERS:
            parts.append(f"\\{_GREEK_LETTERS[letter]} ")
        elif letter.isascii():
            parts.append(_ESCAPES.get(letter, letter))
        else:
            import unicodedata

            # letters of other alphabets stand in text, without marks that combine with nothing
            plain = unicodedata.normalize("NFC", letter)
            parts.append(rf"\text{{{plain}}}")
    return "".join(parts)
