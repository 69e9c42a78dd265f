"""The letters of one Σ: given ones for the output, fresh ones for what is summed, pairs for fusions."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.forms.expression import Expr
from matcalc.forms.letters import VALUE_LETTERS, Alphabet, Letter, Structure, all_letters, flat
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Einsum, Fuse


class Summation:
    """Letters by index, given when asked for; `used` grows by each new one."""

    def __init__(
        self,
        alphabet: Alphabet,
        node: Einsum,
        letters: dict[int, Letter],
        inside: dict[int, Structure],
        used: set[str],
    ) -> None:
        self.alphabet = alphabet
        self.node = node
        self.given = all_letters(letters.values())
        self.letters = letters
        self.inside = inside
        self.used = used
        self.dims: dict[int, Dim] = {}
        self.parts: dict[int, tuple[int, ...]] = {}
        self.equal: list[tuple[int, int]] = []
        self.brackets: list[tuple[int, tuple[int, ...]]] = []
        fused = False
        for operand, indices in zip(node.operands, node.inputs, strict=True):
            self.dims.update(zip(indices, operand.dims, strict=True))
            fused = fused or isinstance(operand, Fuse)
        if fused:
            for operand, indices in zip(node.operands, node.inputs, strict=True):
                if isinstance(operand, Fuse):
                    self._fuse(indices[-1], indices[:-1])

    def _fuse(self, total: int, parts: tuple[int, ...]) -> None:
        dims = [self.dims[part] for part in parts]
        letter = self.letters.get(total)
        if letter is not None:
            if not self.alphabet.fits(letter, dims):
                self.brackets.append((total, parts))
                return
            for part, own in zip(parts, letter, strict=True):
                if self.letters.setdefault(part, own) != own:
                    # the part is named already: a δ says that the letters agree
                    stand_in = -1 - len(self.letters)
                    self.letters[stand_in] = own
                    self.equal.append((part, stand_in))
        elif total not in self.parts:
            self.parts[total] = parts
        elif [self.dims[part] for part in self.parts[total]] == dims:
            self.equal += zip(self.parts[total], parts, strict=True)
        else:
            self.brackets.append((total, parts))

    def read(self, place: int) -> tuple[Letter, ...]:
        """The letters of a factor, fresh ones where it has none."""
        indices = self.node.inputs[place]
        for index in indices:
            if index not in self.letters:
                self.letter(index)
        return tuple([self.letters[index] for index in indices])

    def letter(self, index: int) -> Letter:
        """The letter of an index, a fresh one if it has none."""
        known = self.letters.get(index)
        if known is None:
            parts = self.parts.get(index)
            if parts is None:
                structure = self.inside.get(index)
                dim = self.dims[index]
                known = self.alphabet.fused(VALUE_LETTERS, self.used, dim, structure)
            else:
                # the last part is read first: X[i,j] in vec(X)[(j,i)]
                known = tuple(reversed([self.letter(part) for part in reversed(parts)]))
            self.letters[index] = known
        return known

    def extra_factors(self) -> list[Expr]:
        """δ for letters that a fusion makes equal, [k = (j,i)] where an axis has no pair of letters."""
        extra = []
        for one, two in self.equal:
            pair = (self.letter(one), self.letter(two))
            if pair[0] != pair[1]:
                extra.append(Expr("delta", (), tuple(sorted(pair, key=flat))))
        for total, parts in self.brackets:
            letters = tuple(self.letter(part) for part in parts)
            extra.append(Expr("fuse", (), (self.letter(total), letters)))
        return extra

    def summed(self, order: Sequence[int]) -> tuple[tuple[str, ...], list[Dim]]:
        """The summed letters, in the order in which they are read, once all that is read has letters.

        And the dimensions of what is summed without standing in any factor.
        """
        indices = [index for place in order for index in self.node.inputs[place]]
        if self.equal or self.brackets:
            indices += [index for pair in self.equal for index in pair]
            indices += [index for total, parts in self.brackets for index in (total, *parts)]
        printed: dict[str, None] = {}
        for index in indices:
            letter = self.letters[index]
            if isinstance(letter, str):
                printed[letter] = None
            else:
                printed.update(dict.fromkeys(flat(letter)))
        bound = tuple([word for word in printed if word not in self.given])
        found: list[Dim] = []
        unseen = self.dims.keys() - indices
        if unseen:
            words = {*printed, *self.given}
            for index in sorted(unseen):
                for word in flat(self.letter(index)):
                    if word not in words:
                        words.add(word)
                        found.append(self.alphabet.sizes[word])
        return bound, found
