"""Index sums in emitted code: deltas, flattenings and blocks are wiring, never dense arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.emit.contraction import contract
from matcalc.emit.contractor import NOMINAL
from matcalc.emit.pairs import Term, is_plain, is_sized, plain
from matcalc.emit.piece import ATOM, Piece, call, product, subscript, with_thin
from matcalc.emit.triangle import folds
from matcalc.language.dimensions import ONE, Dim
from matcalc.tensor.nodes import Constant, Delta, Einsum, Fuse, Node

if TYPE_CHECKING:
    from matcalc.emit.statements import Writer

Indices = tuple[int, ...]


class Fused:
    """An axis that is several, flattened, the last one fastest."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Axis, ...]) -> None:
        self.parts = parts


class Block:
    """An axis of which only `size` entries from `before` on are not zero."""

    __slots__ = ("before", "inner", "size", "total")

    def __init__(self, inner: Axis, before: Dim, size: Dim, total: Dim) -> None:
        self.inner = inner
        self.before = before
        self.size = size
        self.total = total


Axis = int | Fused | Block


def is_wire(node: Node) -> bool:
    """Whether the node only says which indices belong together."""
    return isinstance(node, Delta | Fuse) or (isinstance(node, Constant) and node.name == "block")


def einsum_piece(writer: Writer, node: Node) -> Piece:
    """An Einsum; or a wire that stands alone, as the index sum of it alone."""
    if isinstance(node, Einsum):
        if is_plain(node):
            return plain(writer, node)
        operands, inputs, output = node.operands, node.inputs, node.output
    else:
        output = tuple(range(node.order))
        operands, inputs = (node,), (output,)
    wiring = _Wiring(writer)
    for operand, indices in zip(operands, inputs, strict=True):
        wiring.meet(operand, indices)
    for operand, indices in zip(operands, inputs, strict=True):
        wiring.connect(operand, indices)
    terms: list[Term] = [wiring.split(piece, indices) for piece, indices in wiring.dense]
    found = {fold.target: fold for fold in folds(node)}
    folded = {fold.constant for fold in found.values()}
    for place, (operand, indices) in enumerate(zip(operands, inputs, strict=True)):
        if is_wire(operand) or place in folded:
            continue
        piece, fold = writer.full(operand), found.get(place)
        if fold is not None:
            piece, indices = fold(writer, piece, operands[fold.constant]), fold.after
        terms.append(wiring.split(piece, indices))
    whole = found.get(None)
    if whole is None:
        return wiring.assemble(terms, output)
    sizes = tuple(wiring.sizes[index] for index in whole.before)
    piece = writer.materialised(wiring.assemble(terms, whole.before), sizes)
    piece = whole(writer, piece, operands[whole.constant])
    if whole.after == output:
        return piece
    axes = str(tuple(whole.after.index(index) for index in output))
    return writer.operation("transpose", piece, axes=axes)


class _Wiring:
    """What the wires of one index sum say of its indices."""

    __slots__ = ("axes", "dense", "leaves", "parent", "sizes", "writer")

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.parent: dict[int, int] = {}
        self.sizes: dict[int, Dim] = {}
        self.axes: dict[int, Axis] = {}
        self.dense: list[Term] = []
        self.leaves: dict[int, None] = {}

    def find(self, index: int) -> int:
        while self.parent[index] != index:
            self.parent[index] = self.parent[self.parent[index]]
            index = self.parent[index]
        return index

    def meet(self, operand: Node, indices: Indices) -> None:
        """Learn the sizes, and from a delta which indices are one."""
        for index, dim in zip(indices, operand.dims, strict=True):
            self.parent.setdefault(index, index)
            self.sizes.setdefault(index, dim)
        if isinstance(operand, Delta):
            first = self.find(indices[0])
            for index in indices[1:]:
                self.parent[self.find(index)] = first

    def connect(self, operand: Node, indices: Indices) -> None:
        """Learn from a flattening or a block what an index is made of; else it becomes an array."""
        if not is_wire(operand):
            return
        whole = [self.find(index) for index in indices]
        self.leaves.update(dict.fromkeys(whole))
        if isinstance(operand, Delta):
            return
        *parts, total = whole
        trees = [self.axes.get(part, part) for part in parts]
        if total in self.axes or any(total in self._below(tree) for tree in trees):
            if self._same_flattening(total, operand, parts):
                return
            self.dense.append((self.writer.dense_wire(operand), indices))
            return
        if isinstance(operand, Fuse):
            flat: list[Axis] = []
            for tree in trees:
                flat.extend(tree.parts if isinstance(tree, Fused) else (tree,))
            made: Axis = Fused(tuple(flat))
        else:
            assert isinstance(operand, Constant)
            before = operand.params[0]
            before = before if isinstance(before, Dim) else Dim.number(before)
            made = _block(trees[0], before, operand.dims[0], operand.dims[1])
        self.axes[total] = made
        self._replace(total, made)

    def _same_flattening(self, total: int, operand: Node, parts: list[int]) -> bool:
        """Two flattenings of one index into the same sizes: their parts are equal in pairs."""
        known = self.axes.get(total)
        if not isinstance(operand, Fuse) or not isinstance(known, Fused):
            return False
        others = [part for part in known.parts if isinstance(part, int)]
        free = len(others) == len(known.parts) == len(parts) and not any(
            part in self.axes for part in parts
        )
        if not free or any(self.sizes[a] != self.sizes[b] for a, b in zip(others, parts, strict=True)):  # fmt: skip
            return False
        for one, two in zip(others, parts, strict=True):
            if one != two:
                self.parent[two] = one
                for tree in list(self.axes):
                    self.axes[tree] = self._renamed(self.axes[tree], two, one)
        return True

    def _renamed(self, tree: Axis, old: int, new: Axis) -> Axis:
        """The tree with an index in it replaced; trees are as deep as blocks within blocks."""
        match tree:
            case Fused():
                parts: list[Axis] = []
                for part in tree.parts:
                    one = self._renamed(part, old, new)
                    parts.extend(one.parts if isinstance(one, Fused) else (one,))
                return Fused(tuple(parts))
            case Block():
                inner = self._renamed(tree.inner, old, new)
                return _block(inner, tree.before, tree.size, tree.total)
            case _:
                return new if tree == old else tree

    def _replace(self, total: int, made: Axis) -> None:
        for index, tree in self.axes.items():
            if index != total and total in self._below(tree):
                self.axes[index] = self._renamed(tree, total, made)

    def _below(self, tree: Axis) -> list[int]:
        """The indices that an axis is made of."""
        found: list[int] = []
        stack: list[Axis] = [tree]
        while stack:
            one = stack.pop()
            if isinstance(one, Fused):
                stack.extend(reversed(one.parts))
            elif isinstance(one, Block):
                stack.append(one.inner)
            else:
                found.append(one)
        return found

    def tree(self, index: int) -> Axis:
        root = self.find(index)
        return self.axes.get(root, root)

    def size(self, tree: Axis) -> Dim:
        match tree:
            case Fused():
                total = ONE
                for part in tree.parts:
                    total = total * self.size(part)
                return total
            case Block():
                return tree.total
            case _:
                return self.sizes[tree]

    def split(self, piece: Piece, indices: Indices) -> Term:
        """An operand with its flattened axes reshaped apart, and its blocks cut out."""
        trees: list[Axis] = [self.tree(index) for index in indices]
        while not all(isinstance(tree, int) for tree in trees):
            if any(isinstance(tree, Block) for tree in trees):
                keys = [self._slice(tree) if isinstance(tree, Block) else ":" for tree in trees]
                piece = subscript(piece, ", ".join(keys))
                trees = [tree.inner if isinstance(tree, Block) else tree for tree in trees]
            if any(isinstance(tree, Fused) for tree in trees):
                trees = [
                    part
                    for tree in trees
                    for part in (tree.parts if isinstance(tree, Fused) else (tree,))
                ]
                piece = self._reshape(piece, trees)
        return piece, tuple(tree for tree in trees if isinstance(tree, int))

    def _slice(self, block: Block) -> str:
        end = block.before + block.size
        start = "" if block.before.value == 0 else self.writer.size(block.before).text
        stop = "" if end == block.total else self.writer.size(end).text
        spaced = not (start + stop).replace("_", "").isalnum() and start and stop
        return f"{start} : {stop}" if spaced else f"{start}:{stop}"

    def _reshape(self, piece: Piece, trees: list[Axis]) -> Piece:
        (piece,) = self.writer.compact(piece, room=60)
        shape = ", ".join(self.writer.size(self.size(tree)).text for tree in trees)
        return call("{0}.reshape({shape})", Piece(piece.within(ATOM)), shape=shape)

    def assemble(self, terms: list[Term], output: Indices) -> Piece:
        """Contract, then spread the result over the axes of the output."""
        trees = [self.tree(index) for index in output]
        atoms = [index for tree in trees for index in self._below(tree)]
        present = {index for _, indices in terms for index in indices}
        self._add_sizes(terms, {*present, *atoms})
        atoms = self._identity(terms, atoms, present)
        core = tuple(dict.fromkeys(atoms))
        known = tuple(index for index in core if index in present)
        nominal = {
            index: dim.evaluate(dict.fromkeys((n for n in dim.names if n[0] != "#"), NOMINAL))
            for index, dim in self.sizes.items()
        }
        piece = contract(self.writer, terms, known, nominal, self.sizes)
        piece = self._broadcast(piece, core, known)
        if len(core) < len(atoms):
            piece = self._place(piece, atoms, core)
        if all(isinstance(tree, int) for tree in trees):
            return piece
        dims = tuple(self.sizes[index] for index in atoms)
        return self._merge(self.writer.materialised(piece, dims), trees)

    def _add_sizes(self, terms: list[Term], seen: set[int]) -> None:
        """An index that only wires have, summed over, counts its size."""
        loops: dict[int, None] = {}
        for leaf in self.leaves:
            loops.update(dict.fromkeys(map(self.find, self._below(self.tree(leaf)))))
        terms.extend((self.writer.size(self.sizes[index]), ()) for index in loops if index not in seen)  # fmt: skip

    def _identity(self, terms: list[Term], atoms: list[int], present: set[int]) -> list[int]:
        """A lone δ[i,j] beside a size that no tensor may determine is one more factor, eye(n)."""
        missing = [index for index in dict.fromkeys(atoms) if index not in present]
        if len(missing) != 1 or all(is_sized(self.sizes[i]) for i in atoms if i in present):
            return atoms
        (index,) = missing
        if atoms.count(index) != 2 or len(set(atoms)) + 1 < len(atoms):
            return atoms
        second = self._fresh(self.sizes[index])
        eye = self.writer.operation("eye", size=self.writer.size(self.sizes[index]).text)
        terms.append((eye, (index, second)))
        present.update((index, second))
        last = len(atoms) - 1 - atoms[::-1].index(index)
        return [*atoms[:last], second, *atoms[last + 1 :]]

    def _broadcast(self, piece: Piece, core: Indices, known: Indices) -> Piece:
        """Axes of length 1 for the indices that no factor has."""
        missing = [index for index in core if index not in known]
        if not missing:
            return piece
        keys = [":" if index in known else "None" for index in core]
        thin = not known or any(self.sizes[index] != ONE for index in missing)
        while thin and keys and keys[0] == "None":
            del keys[0]
        if "None" in keys:
            piece = subscript(piece, ", ".join(keys))
        return with_thin(piece, thin=thin)

    def _place(self, piece: Piece, atoms: list[int], core: Indices) -> Piece:
        """Zeros, with the values where the equal indices agree."""
        dims = tuple(self.sizes[index] for index in atoms)
        multiplied = len(core) == 1 and len(atoms) == 2 and piece.thin and piece.number != 1
        self.writer.spend(int(multiplied), dims, dims)
        if len(core) == 1 and len(atoms) == 2:
            if not piece.thin:
                text = self.writer.operation("diag", piece).text
                return Piece(text, placed=('"ii->i"', piece))
            eye = self.writer.operation("eye", size=self.writer.size(self.sizes[core[0]]).text)
            return product(with_thin(piece, thin=False), eye)
        letters = {index: chr(ord("i") + k) if k < 18 else chr(ord("A") + k - 18) for k, index in enumerate(core)}  # fmt: skip
        spec = "".join(letters[index] for index in atoms) + "->" + "".join(letters.values())
        shape = self.writer.shape(tuple(self.sizes[index] for index in atoms))
        (piece,) = self.writer.compact(piece, room=30)
        text = self.writer.operation("place", piece, spec=f'"{spec}"', shape=shape).text
        return Piece(text, placed=(f'"{spec}"', piece))

    def _merge(self, piece: Piece, trees: list[Axis]) -> Piece:
        """Axes flattened, and blocks put in their places, from the inside out."""
        while not all(isinstance(tree, int) for tree in trees):
            widths: list[str] = []
            trees = [self._padded(tree, widths) for tree in trees]
            if any(width != "(0, 0)" for width in widths):
                (piece,) = self.writer.compact(piece, room=50)
                listed = ", ".join(widths) + ("," if len(widths) == 1 else "")
                piece = self.writer.operation("pad", piece, widths=f"({listed})")
            joined = [self._joined(tree) for tree in trees]
            if joined != trees:
                axes: list[Axis] = [part for tree in joined for part in self._below(tree)]
                piece = self._reshape(piece, axes)
            trees = joined
        return piece

    def _fresh(self, size: Dim) -> int:
        index = max(self.sizes) + 1
        self.sizes[index] = size
        return index

    def _padded(self, tree: Axis, widths: list[str]) -> Axis:
        """The tree with its innermost blocks padded to their totals, and the widths of all axes."""
        match tree:
            case Fused():
                return Fused(tuple(self._padded(part, widths) for part in tree.parts))
            case Block() if isinstance(tree.inner, int):
                after = _difference(tree.total, tree.before + tree.size)
                widths.append(f"({self.writer.size(tree.before).text}, {self.writer.size(after).text})")  # fmt: skip
                return self._fresh(tree.total)
            case Block():
                inner = self._padded(tree.inner, widths)
                return Block(inner, tree.before, tree.size, tree.total)
            case _:
                widths.append("(0, 0)")
                return tree

    def _joined(self, tree: Axis) -> Axis:
        """The tree with its innermost flattenings made one axis."""
        match tree:
            case Fused() if all(isinstance(part, int) for part in tree.parts):
                return self._fresh(self.size(tree))
            case Fused():
                return Fused(tuple(self._joined(part) for part in tree.parts))
            case Block():
                return Block(self._joined(tree.inner), tree.before, tree.size, tree.total)
            case _:
                return tree


def _block(inner: Axis, before: Dim, size: Dim, total: Dim) -> Block:
    """A block of a block is a block."""
    if isinstance(inner, Block):
        return Block(inner.inner, before + inner.before, inner.size, total)
    return Block(inner, before, size, total)


def _difference(total: Dim, part: Dim) -> Dim:
    """What a sum of dimensions is without a part of it."""
    coefficients = dict(total.terms)
    for monomial, coefficient in part.terms:
        coefficients[monomial] = coefficients.get(monomial, 0) - coefficient
    return Dim(()) + Dim(tuple(coefficients.items()))
