"""What is known of one arm of a trial: sums over its customers, from which every statistic here follows."""

from __future__ import annotations

from typing import NamedTuple


class Sample(NamedTuple):
    """Sums over the ``n`` customers of an arm: of the metric (``y``, ``yy`` of its squares), of a covariate from before
    the assignment (``x``, ``xx``) and of their products (``xy``).

    A metric that a customer has or has not is 0 or 1, so that ``y`` counts customers and ``yy`` is the same.
    """

    n: int
    y: float
    yy: float
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    @property
    def mean(self) -> float:
        """Of the metric, a customer; 0 of nobody."""
        return self.y / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """Of the metric; of 0 and 1 it is p(1 - p), else with n - 1."""
        if self.yy == self.y:
            return self.mean * (1 - self.mean)
        return (self.yy - self.y * self.mean) / (self.n - 1) if self.n > 1 else 0.0

    def __add__(self, other: object) -> Sample:
        """Both together."""
        if not isinstance(other, Sample):
            return NotImplemented
        n, *sums = (mine + theirs for mine, theirs in zip(self, other, strict=True))
        return Sample(int(n), *sums)


def of_counts(customers: int, did: int) -> Sample:
    """An arm of which so many customers did it."""
    return Sample(customers, did, did)


class Ratio(NamedTuple):
    """Sums over ``n`` customers of a ratio of two counts, such as clicks to opens: of the upper one (``y``, ``yy``),
    the lower one (``x``, ``xx``) and their products."""

    n: int
    y: float
    yy: float
    x: float
    xx: float
    xy: float

    @property
    def value(self) -> float:
        """The ratio of the sums; 0 where the lower one is."""
        return self.y / self.x if self.x else 0.0

    @property
    def variance(self) -> float:
        """Of the ratio of the means, by the delta method (Deng, Knoblich, Lu: "Applying the Delta Method in Metric
        Analytics", 2018): (var y - 2 r cov(x, y) + r² var x) / (n x̄²)."""
        if self.n < 2 or not self.x:
            return 0.0
        over = self.n - 1
        var_y = (self.yy - self.y * self.y / self.n) / over
        var_x = (self.xx - self.x * self.x / self.n) / over
        cov = (self.xy - self.x * self.y / self.n) / over
        mean_x = self.x / self.n
        return (var_y - 2 * self.value * cov + self.value**2 * var_x) / (self.n * mean_x * mean_x)
