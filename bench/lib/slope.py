# SPDX-License-Identifier: Apache-2.0
"""A straight line through samples of several processes, and how sure it is."""

import collections
import math
import statistics

Slope = collections.namedtuple("Slope", "per_hour low high points")
HOUR = 3600.0


def quantile(degrees):
    """Of Student's t at 97.5 %: the normal one, and the terms in 1/n."""
    z = statistics.NormalDist().inv_cdf(0.975)
    n = max(degrees, 1)
    return (z + (z ** 3 + z) / (4 * n) +
        (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n ** 2) +
        (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * n ** 3))


def bins(samples, width):
    """Means over `width` seconds: neighbours in time are not independent."""
    held = collections.defaultdict(list)
    for t, y in samples:
        held[int(t // width)].append((t, y))
    return [(statistics.fmean(t for t, _ in group),
        statistics.fmean(y for _, y in group)) for group in held.values()]


def fit(processes, width):
    """The slope that samples [(seconds, value)] of processes have in common,
    each at a level of its own, with its 95 % interval; None if there is too
    little data."""
    xs, ys, levels = [], [], 0
    for samples in processes:
        means = bins(samples, width)
        if len(means) < 3:
            continue
        levels += 1
        for column, out in (0, xs), (1, ys):
            mean = statistics.fmean(m[column] for m in means)
            out.extend(m[column] - mean for m in means)
    spread = sum(x * x for x in xs)
    degrees = len(xs) - levels - 1
    if degrees < 3 or spread == 0:
        return None
    slope = sum(x * y for x, y in zip(xs, ys)) / spread
    error = math.sqrt(sum((y - slope * x) ** 2 for x, y in zip(xs, ys)) /
        degrees / spread) * quantile(degrees)
    return Slope(slope * HOUR, (slope - error) * HOUR, (slope + error) * HOUR,
        len(xs))
