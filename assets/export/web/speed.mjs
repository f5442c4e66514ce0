/* How fast one model is beside another: medians, and the interval of their ratio, as core/intervals.py has them. */

export const MARGIN = 0.02; // what is less than that beyond 1 is no difference

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/* At least 95 % of such intervals hold the median, whatever the values are like: two order statistics. */
export function interval(values) {
  const sorted = [...values].sort((a, b) => a - b), n = sorted.length;
  let tail = 0, share = 0.5 ** n, k = 0; // share: of n throws, k heads
  while (k < n >> 1 && tail + share <= 0.025) {
    tail += share;
    share *= (n - k) / (k + 1);
    k += 1;
  }
  k = Math.max(k, 1);
  return [sorted[k - 1], sorted[n - k]];
}

/* dense, other: ms of the same rounds. Returns the median ratio (above 1 is faster), its interval, and the verdict. */
export function compared(dense, other) {
  const ratios = dense.map((ms, round) => ms / other[round]), [low, high] = interval(ratios);
  const verdict = low > 1 + MARGIN ? "faster" : high < 1 - MARGIN ? "slower" : "same";
  return { ratio: median(ratios), low, high, verdict };
}

/* How far the middle half of the dense model's times lies apart, as a share of their median. */
export function spread(dense) {
  const sorted = [...dense].sort((a, b) => a - b), quarter = sorted.length >> 2;
  return (sorted[sorted.length - 1 - quarter] - sorted[quarter]) / median(sorted);
}

/* Where a device slows down while it measures (heat, battery saver): how much slower its last third is than its first,
   of the dense model, whose work is always the same. */
export function drift(dense) {
  const third = Math.max(1, Math.floor(dense.length / 3));
  return median(dense.slice(-third)) / median(dense.slice(0, third));
}
