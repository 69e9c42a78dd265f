"""The parts of a self-test that are the same in every module, but for a few words in @."""

from __future__ import annotations

DRAWING = '''
def _array(random, spans, *shape):
    """An array of random numbers from one of the spans."""
    low, high = random.choice(spans)
    numbers = [random.uniform(low, high) for _ in range(math.prod(shape))]
    return @array@.reshape(shape)


def _eye(size):
    numbers = [[float(i == j) for j in range(size)] for i in range(size)]
    return @array@
'''

TEST = '''
def _difference(point, directions, step):
    """The derivative of the value along the directions, by central differences of order 6."""
    if not directions:
        return value(**_given(point))
    *inner, (name, direction) = directions
    total = 0.0
    for place, weight in ((1, 45.0), (2, -9.0), (3, 1.0)):
        for sign in (1.0, -1.0):
            moved = _moved(name, point[name], direction, sign * place * step)
            part = _difference({**point, name: moved}, inner, step)
            total = total + sign * weight / (60.0 * step) * part
    return total


def _largest(array):
    return float(@prefix@.max(@prefix@.abs(array)))


def _differences(point, directions):
    """Differences, a bound of their relative error, and the scale that it is relative to."""
    size = _largest(value(**_given(point)))
    best = (None, math.inf, 1.0)
    for step in (@steps@):
        one, two = (_difference(point, directions, step / part) for part in (1.0, 2.0))
        # a derivative that vanishes is compared with the value
        scale = _largest(two) + 1e-4 * size
        error = _largest(one - two) / scale if scale else 0.0
        if error < best[1]:
            best = (two, error, scale)
    return best


def self_test(seed=1, points=3, limit=@limit@):
    """Compare derivative with differences of value; 0 if they agree, 1 if not: the exit status."""
    @setting@random = Random(seed)
    print(@title@)
    print(@by@)
    spans = [(-1.5, 1.5), (0.1, 0.9), (-0.3, 0.3), (1.1, 2.0), (-0.9, -0.1)]
    compared, largest, reason = 0, 0.0, "the differences are not accurate"
    for turn in range(60):
        sizes = SIZES[turn % len(SIZES)]
        point = _point(random, [spans[turn % 5]] if turn < 30 else spans, **sizes)
        directions = _directions(random, point, **sizes)
        try:
            wanted, error, scale = _differences(point, directions)
        except (ValueError, ArithmeticError, RuntimeError) as problem:
            reason = str(problem)
            continue
        if not error <= limit / 10:
            continue  # outside the domain, or near a kink
        found = _along(derivative(**_given(point))@dense@, directions, **sizes)
        if tuple(found.shape) != tuple(wanted.shape):
            print(f"FAILED: the shape is {tuple(found.shape)}, not {tuple(wanted.shape)}")
            return 1
        error = _largest(found - wanted) / max(scale, _largest(found)) if scale else _largest(found)
        at = ", ".join(f"{name} = {size}" for name, size in sizes.items())
        print(f"point {compared + 1}{' at ' * bool(at)}{at}: relative error {error:.1e}")
        if not error <= limit:
            print(f"FAILED: the derivative is not that of the value (limit {limit:.0e})")
            return 1
        compared, largest = compared + 1, max(largest, error)
        if compared == points:
            print(f"ok: largest relative error {largest:.1e} (limit {limit:.0e})")
            return 0
    if compared:
        print(f"ok: largest relative error {largest:.1e} (limit {limit:.0e}), {compared} points")
        return 0
    print(f"FAILED: no point was found where there is something to compare: {reason}")
    return 1


if __name__ == "__main__":
    sys.exit(self_test())
'''
