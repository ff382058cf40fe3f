// Survival curves, tests and hazard ratios: what analysis/estimates computes, computed again in the
// page. Each function names the Python that it is held to (tests/browser/test_what_if.py).
const DAYS_PER_MONTH = 30.4375;
const TOLERANCE = Math.sqrt(Number.EPSILON);

// Rounding to whole numbers, halves to even, as Python and numpy have it.
function rint(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

function toDecimals(value, decimals) {
  const scale = 10 ** decimals;
  return rint(value * scale) / scale;
}

function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

// The position of the first element that is not below (or, from the right, above) a value.
function place(sorted, value, fromRight) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fromRight ? sorted[middle] <= value : sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function distinct(values) {
  const sorted = Float64Array.from(values).sort();
  return sorted.filter((value, at) => at === 0 || value !== sorted[at - 1]);
}

// Distributions --------------------------------------------------------------------------------

// The complementary error function to 1e-14: its series near 0, beyond it the continued fraction.
function erfc(x) {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) {
    let term = x;
    let total = x;
    for (let n = 1; Math.abs(term) > 1e-18 * total; n += 1) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }
  let fraction = x;
  for (let n = 120; n > 0; n -= 1) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

// The chance that a normal deviate is above z; scipy.stats.norm.sf.
function normalAbove(z) {
  return erfc(z / Math.SQRT2) / 2;
}

const quantiles = new Map();

// The z above which a normal deviate is with a chance of less than one half; norm.isf.
function normalQuantile(above) {
  if (!quantiles.has(above)) quantiles.set(above, foundQuantile(above));
  return quantiles.get(above);
}

function foundQuantile(above) {
  let low = 0;
  let high = 40;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (normalAbove(middle) > above) low = middle;
    else high = middle;
  }
  let z = (low + high) / 2;
  for (let step = 0; step < 2; step += 1) {
    z += ((normalAbove(z) - above) * Math.sqrt(2 * Math.PI)) / Math.exp((-z * z) / 2);
  }
  return z;
}

// scipy.stats.chi2.sf for whole degrees of freedom: each two of them add a term.
function chiSquareAbove(statistic, freedom) {
  const half = statistic / 2;
  let order = freedom % 2 ? 0.5 : 1;
  let chance = freedom % 2 ? erfc(Math.sqrt(half)) : Math.exp(-half);
  let term = freedom % 2
    ? (Math.sqrt(half) * Math.exp(-half) * 2) / Math.sqrt(Math.PI)
    : half * Math.exp(-half);
  while (order < freedom / 2 - 1e-9) {
    chance += term;
    order += 1;
    term *= half / order;
  }
  return chance;
}

// Curves (estimates/curves.py) -----------------------------------------------------------------

function curveOf(times, choices) {
  const days = distinct([0, ...times.map((one) => one.days)]);
  const events = new Int32Array(days.length);
  const ended = new Int32Array(days.length);
  for (const one of times) {
    const at = place(days, one.days, false);
    ended[at] += 1;
    if (one.event) events[at] += 1;
  }
  const found = {
    days,
    events,
    atRisk: new Int32Array(days.length),
    censored: new Int32Array(days.length),
    survival: new Float64Array(days.length),
    lower: new Float64Array(days.length),
    upper: new Float64Array(days.length),
  };
  const z = normalQuantile(1 - (1 + choices.confidence) / 2);
  let left = times.length;
  let survival = 1;
  let variance = 0;
  days.forEach((day, at) => {
    if (events[at]) {
      survival *= 1 - events[at] / left;
      variance += events[at] / (left * (left - events[at]));
    }
    found.atRisk[at] = left;
    found.censored[at] = ended[at] - events[at];
    found.survival[at] = survival;
    left -= ended[at];
    const error = z * Math.sqrt(variance);
    let lower = NaN;
    let upper = NaN;
    if (survival > 0) {
      if (choices.ci_type === "plain") {
        lower = survival * (1 - error);
        upper = survival * (1 + error);
      } else if (choices.ci_type === "log") {
        lower = survival * Math.exp(-error);
        upper = survival * Math.exp(error);
      } else if (survival < 1) {
        const power = Math.exp(error / -Math.log(survival));
        lower = survival ** power;
        upper = survival ** (1 / power);
      } else if (day === 0 && ended[at] === 0) {
        // Before the first event only the row that is added for day 0 has limits.
        lower = upper = 1;
      }
    }
    found.lower[at] = Math.min(1, Math.max(0, lower));
    found.upper[at] = Math.min(1, Math.max(0, upper));
  });
  return found;
}

function dayAtHalf(days, heights) {
  const first = heights.findIndex((height) => height < 0.5 + TOLERANCE);
  if (first < 0) return NaN;
  if (Math.abs(heights[first] - 0.5) < TOLERANCE) {
    const further = heights.findIndex(
      (height) => height < 0.5 + TOLERANCE && height < heights[first],
    );
    if (further >= 0) return (days[first] + days[further]) / 2;
  }
  return days[first];
}

function medianOf(curve) {
  return {
    value: dayAtHalf(curve.days, curve.survival) / DAYS_PER_MONTH,
    lower: dayAtHalf(curve.days, curve.lower) / DAYS_PER_MONTH,
    upper: dayAtHalf(curve.days, curve.upper) / DAYS_PER_MONTH,
  };
}

function rateOf(curve, day) {
  const last = curve.days.length - 1;
  if (day > curve.days[last] && curve.censored[last] > 0) {
    return { value: NaN, lower: NaN, upper: NaN };
  }
  const at = place(curve.days, day, true) - 1;
  return {
    value: 100 * curve.survival[at],
    lower: 100 * curve.lower[at],
    upper: 100 * curve.upper[at],
  };
}

function numbersAtRisk(curve, months) {
  return months.map((month) => {
    const at = place(curve.days, month * DAYS_PER_MONTH, false);
    return at < curve.atRisk.length ? curve.atRisk[at] : 0;
  });
}

// Days that can decide a test (estimates/risk_sets.py) -------------------------------------------

// Each day with events: patients at risk and events by group. `times` have `level`, a position.
function riskSets(times, groups) {
  const days = distinct(times.filter((one) => one.event).map((one) => one.days));
  const sets = Array.from(days, () => ({
    atRisk: new Float64Array(groups),
    events: new Float64Array(groups),
  }));
  for (const one of times) {
    const come = place(days, one.days, true);
    if (come > 0) sets[come - 1].atRisk[one.level] += 1;
    if (one.event) sets[come - 1].events[one.level] += 1;
  }
  for (let at = sets.length - 2; at >= 0; at -= 1) {
    for (let group = 0; group < groups; group += 1) {
      sets[at].atRisk[group] += sets[at + 1].atRisk[group];
    }
  }
  return sets;
}

// estimates/log_rank.py, `weight_of`.
function weighted(sets, weighting) {
  let survival = 1;
  return sets.map((set) => {
    const left = sum(set.atRisk);
    const had = sum(set.events);
    const weight = weighting === "wilcoxon" ? left : weighting === "peto" ? survival : 1;
    survival *= 1 - had / left;
    return { ...set, left, had, weight };
  });
}

function decides(day) {
  return day.atRisk.filter((number) => number > 0).length > 1 && day.had < day.left;
}

// The days of all strata, with the groups that anybody is in.
function decisiveDays(times, weighting) {
  const present = distinct(times.map((one) => one.level));
  const strata = new Map();
  for (const one of times) {
    const moved = { ...one, level: place(present, one.level, false) };
    if (!strata.has(one.stratum)) strata.set(one.stratum, []);
    strata.get(one.stratum).push(moved);
  }
  return [...strata.values()].flatMap((part) => {
    const days = weighted(riskSets(part, present.length), weighting);
    // The exact test goes by whole weights (estimates/exact_log_rank.py).
    const whole = days.every((day) => day.weight === rint(day.weight));
    for (const day of days) day.whole = whole ? day.weight : rint(day.weight * 1000);
    return days.filter(decides);
  });
}

function moments(days, weightName) {
  const groups = days[0].atRisk.length;
  const expected = new Float64Array(groups);
  const observed = new Float64Array(groups);
  const variance = Array.from({ length: groups }, () => new Float64Array(groups));
  for (const day of days) {
    const weight = day[weightName];
    const spread = (weight ** 2 * day.had * (day.left - day.had)) / (day.left - 1);
    for (let one = 0; one < groups; one += 1) {
      const share = day.atRisk[one] / day.left;
      observed[one] += weight * day.events[one];
      expected[one] += weight * day.had * share;
      for (let other = 0; other < groups; other += 1) {
        const both = (share * day.atRisk[other]) / day.left;
        variance[one][other] += spread * ((one === other ? share : 0) - both);
      }
    }
  }
  return { observed, expected, variance };
}

// Eigenvalues and vectors of a symmetric matrix, by Jacobi's rotations.
function eigen(matrix) {
  const n = matrix.length;
  const left = matrix.map((row) => Float64Array.from(row));
  const vectors = left.map((_, at) => Float64Array.from({ length: n }, (__, to) => +(at === to)));
  for (let sweep = 0; sweep < 60; sweep += 1) {
    let rest = 0;
    for (let p = 0; p < n; p += 1) for (let q = p + 1; q < n; q += 1) rest += left[p][q] ** 2;
    if (rest < 1e-300) break;
    for (let p = 0; p < n; p += 1) {
      for (let q = p + 1; q < n; q += 1) {
        if (left[p][q] === 0) continue;
        const theta = (left[q][q] - left[p][p]) / (2 * left[p][q]);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < n; k += 1) {
          const kp = left[k][p];
          const kq = left[k][q];
          left[k][p] = c * kp - s * kq;
          left[k][q] = s * kp + c * kq;
        }
        for (let k = 0; k < n; k += 1) {
          const pk = left[p][k];
          const qk = left[q][k];
          left[p][k] = c * pk - s * qk;
          left[q][k] = s * pk + c * qk;
          const vp = vectors[k][p];
          vectors[k][p] = c * vp - s * vectors[k][q];
          vectors[k][q] = s * vp + c * vectors[k][q];
        }
      }
    }
  }
  return { values: left.map((row, at) => row[at]), vectors };
}

// The rank and the pseudo-inverse of a symmetric matrix.
function pseudoInverse(matrix) {
  const n = matrix.length;
  const { values, vectors } = eigen(matrix);
  const most = Math.max(...values.map(Math.abs));
  const kept = values.map((value) => most > 0 && Math.abs(value) > 1e-9 * most);
  const inverse = matrix.map((_, i) =>
    Float64Array.from({ length: n }, (__, j) =>
      sum(values.map((value, k) => (kept[k] ? (vectors[i][k] * vectors[j][k]) / value : 0)))));
  return { rank: kept.filter(Boolean).length, inverse };
}

function quadratic(apart, inverse) {
  let total = 0;
  for (let i = 0; i < apart.length; i += 1) {
    for (let j = 0; j < apart.length; j += 1) total += apart[i] * inverse[i][j] * apart[j];
  }
  return total;
}

// Log-rank tests (estimates/log_rank.py, exact_log_rank.py, sparse.py) ---------------------------

const NO_TEST = { p: NaN, statistic: NaN, freedom: 0 };

function logRank(days) {
  if (!days.length) return NO_TEST;
  const { observed, expected, variance } = moments(days, "weight");
  const exposed = [...variance.keys()].filter((at) => variance[at][at] > 0);
  if (!exposed.length) return NO_TEST;
  const { rank, inverse } = pseudoInverse(exposed.map((i) => exposed.map((j) => variance[i][j])));
  if (!rank) return NO_TEST;
  const statistic = quadratic(exposed.map((at) => observed[at] - expected[at]), inverse);
  return { p: chiSquareAbove(Math.max(0, statistic), rank), statistic, freedom: rank };
}

// The criterion of Mantel and Fleiss; NaN where no event decides anything.
function leastExpected(days) {
  if (!days.length) return NaN;
  const groups = days[0].atRisk.length;
  let least = Infinity;
  for (let group = 0; group < groups; group += 1) {
    let above = 0;
    let below = 0;
    let exposed = false;
    for (const day of days) {
      const here = day.atRisk[group];
      const expected = (day.had * here) / day.left;
      exposed = exposed || here > 0;
      above += Math.min(day.had, here) - expected;
      below += expected - Math.max(0, day.had - (day.left - here));
    }
    if (exposed) least = Math.min(least, above, below);
  }
  return least;
}

const MOST_SUMS = 100000;

function logChoose(n, k) {
  let total = 0;
  for (let i = 1; i <= k; i += 1) total += Math.log((n - k + i) / i);
  return total;
}

// The ways in which the events of a day can fall on groups, with their chances.
function waysOf(day) {
  const groups = day.atRisk.length;
  const ways = [];
  const way = new Array(groups).fill(0);
  const fill = (group, rest) => {
    if (group === groups - 1) {
      if (rest <= day.atRisk[group]) {
        way[group] = rest;
        ways.push([...way]);
      }
      return;
    }
    for (let n = 0; n <= Math.min(rest, day.atRisk[group]); n += 1) {
      way[group] = n;
      fill(group + 1, rest - n);
    }
  };
  fill(0, day.had);
  const logs = ways.map((one) => sum(one.map((n, group) => logChoose(day.atRisk[group], n))));
  const most = Math.max(...logs);
  const chances = logs.map((log) => Math.exp(log - most));
  const all = sum(chances);
  return { ways, chances: chances.map((chance) => chance / all) };
}

// Chances of every weighted sum of events in the first of two groups, from nought to `total`. Sums
// are places of an array: a map of them takes ten times as long.
function chancesOfTwo(days, total) {
  let chances = new Float64Array(total + 1);
  let next = new Float64Array(total + 1);
  chances[0] = 1;
  let most = 0;
  for (const day of days) {
    const { ways, chances: share } = waysOf(day);
    next.fill(0);
    let further = 0;
    for (const [at, [had]] of ways.entries()) {
      const step = day.whole * had;
      const part = share[at];
      for (let key = 0; key <= most; key += 1) next[key + step] += chances[key] * part;
      further = Math.max(further, step);
    }
    most += further;
    [chances, next] = [next, chances];
  }
  return chances;
}

// Of more groups: by a whole number that stands for the sums of all but the last; null where there
// are too many.
function chancesOfMore(days, places) {
  let chances = new Map([[0, 1]]);
  for (const day of days) {
    const { ways, chances: share } = waysOf(day);
    const steps = ways.map((way) => sum(places.map((of, at) => day.whole * way[at] * of)));
    const next = new Map();
    for (const [key, chance] of chances) {
      for (let at = 0; at < steps.length; at += 1) {
        const to = key + steps[at];
        next.set(to, (next.get(to) || 0) + chance * share[at]);
      }
      if (next.size > MOST_SUMS) return null;
    }
    chances = next;
  }
  return chances;
}

// The exact p value, or null where the sums of events are too many to go through: the report draws
// at random then, by numpy's generator, which is not here.
function exactTest(days) {
  if (!days.length) return NaN;
  const groups = days[0].atRisk.length;
  const { observed, expected, variance } = moments(days, "whole");
  const { inverse } = pseudoInverse(variance);
  const apart = new Float64Array(groups);
  const chi = (sums) => {
    for (let at = 0; at < groups; at += 1) apart[at] = sums[at] - expected[at];
    return quadratic(apart, inverse);
  };
  const least = chi(observed) * (1 - 1e-9) - 1e-9;
  const total = sum(days.map((day) => day.whole * day.had));
  if ((total + 1) ** groups > Number.MAX_SAFE_INTEGER) return null;
  const places = Array.from({ length: groups - 1 }, (_, at) => (total + 1) ** at);
  const few = groups === 2 && total < MOST_SUMS;
  const chances = few ? chancesOfTwo(days, total) : chancesOfMore(days, places);
  if (!chances) return null;
  let p = 0;
  const sums = new Float64Array(groups);
  chances.forEach((chance, key) => {
    if (!chance) return;
    sums[groups - 1] = total;
    for (let at = 0; at < groups - 1; at += 1) {
      sums[at] = Math.floor(key / places[at]) % (total + 1);
      sums[groups - 1] -= sums[at];
    }
    if (chi(sums) >= least) p += chance;
  });
  return Math.min(1, p);
}

const WEIGHTINGS = {
  "log-rank": "none",
  "Gehan-Wilcoxon": "wilcoxon",
  "Peto-Peto": "peto",
  "stratified log-rank": "none",
};
const LEAST_EXPECTED = 5;

// A test with its exact form where events are few; `exact` is undefined where they are not.
function testOf(times, test) {
  const days = decisiveDays(times, WEIGHTINGS[test]);
  const found = logRank(days);
  if (Number.isNaN(found.p) || !(leastExpected(days) < LEAST_EXPECTED)) return { p: found.p };
  return { p: found.p, exact: exactTest(days) };
}

// Hazard ratios (estimates/one_factor.py, cox_regression.py) -------------------------------------

const expit = (x) => 1 / (1 + Math.exp(-x));

// Events one after another while both groups are at risk: the log odds of group 1 (Efron).
function logOdds(sets) {
  const odds = [];
  for (const { atRisk, events } of sets) {
    if (!(atRisk[0] > 0 && atRisk[1] > 0)) continue;
    const had = events[0] + events[1];
    for (let earlier = 0; earlier < had; earlier += 1) {
      const gone = earlier / had;
      odds.push(
        Math.log(atRisk[1] - events[1] * gone) - Math.log(atRisk[0] - events[0] * gone),
      );
    }
  }
  return odds;
}

const NO_RATIO = { ratio: NaN, lower: NaN, upper: NaN, p: NaN };

function wald(coefficient, error, choices) {
  const half = normalQuantile(1 - (1 + choices.confidence) / 2) * error;
  return {
    ratio: Math.exp(coefficient),
    lower: Math.exp(coefficient - half),
    upper: Math.exp(coefficient + half),
    p: 2 * normalAbove(Math.abs(coefficient) / error),
  };
}

// `times` have level 1 for the numerator and 0 for all others.
function hazardRatio(times, choices) {
  const sets = riskSets(times, 2);
  const odds = logOdds(sets);
  const inside = sum(
    sets.filter(({ atRisk }) => atRisk[0] > 0 && atRisk[1] > 0).map(({ events }) => events[1]),
  );
  if (!odds.length || inside === 0 || inside === odds.length) return NO_RATIO;
  const share = inside / odds.length;
  const atRoot = Math.log(share) - Math.log1p(-share);
  let low = atRoot - Math.max(...odds) - 1e-3;
  let high = atRoot - Math.min(...odds) + 1e-3;
  let root = (low + high) / 2;
  // Newton's steps, kept between the ends: the score falls, and crosses nought once.
  for (let step = 0; step < 100; step += 1) {
    let score = inside;
    let slope = 0;
    for (const one of odds) {
      const chance = expit(root + one);
      score -= chance;
      slope += chance * (1 - chance);
    }
    if (score > 0) low = root;
    else high = root;
    let next = root + score / slope;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (Math.abs(next - root) <= 1e-15 * Math.max(1, Math.abs(root))) break;
    root = next;
  }
  const information = sum(odds.map((one) => expit(root + one) * (1 - expit(root + one))));
  return wald(root, Math.sqrt(1 / information), choices);
}

// Whether every group can be reached from every other, where an event in one group while another is
// at risk leads from the one to the other: then and only then the likelihood has one maximum.
function isConnected(sets, groups) {
  const reaches = Array.from({ length: groups }, (_, at) =>
    Uint8Array.from({ length: groups }, (__, to) => +(at === to)));
  for (const { atRisk, events } of sets) {
    for (let one = 0; one < groups; one += 1) {
      for (let other = 0; other < groups; other += 1) {
        if (events[one] > 0 && atRisk[other] > 0) reaches[one][other] = 1;
      }
    }
  }
  for (let by = 0; by < groups; by += 1) {
    for (let one = 0; one < groups; one += 1) {
      for (let other = 0; other < groups; other += 1) {
        if (reaches[one][by] && reaches[by][other]) reaches[one][other] = 1;
      }
    }
  }
  return reaches.every((row) => row.every((reached) => reached === 1));
}

function inverted(matrix) {
  const n = matrix.length;
  const rows = matrix.map((row, at) => [...row, ...row.map((_, to) => +(at === to))]);
  for (let at = 0; at < n; at += 1) {
    let pivot = at;
    for (let row = at; row < n; row += 1) {
      if (Math.abs(rows[row][at]) > Math.abs(rows[pivot][at])) pivot = row;
    }
    [rows[at], rows[pivot]] = [rows[pivot], rows[at]];
    const scale = rows[at][at];
    rows[at] = rows[at].map((value) => value / scale);
    for (let row = 0; row < n; row += 1) {
      const times = rows[row][at];
      if (row !== at) rows[row] = rows[row].map((value, to) => value - times * rows[at][to]);
    }
  }
  return rows.map((row) => row.slice(n));
}

// Hazard ratios of groups 1, 2, … against group 0, from one model; null where it has no maximum.
function levelRatios(times, groups, choices) {
  const sets = riskSets(times, groups);
  if (!sets.length || !isConnected(sets, groups)) return null;
  const terms = groups - 1;
  const atBeta = (beta) => {
    let likelihood = 0;
    const score = new Float64Array(terms);
    const information = Array.from({ length: terms }, () => new Float64Array(terms));
    for (const { atRisk, events } of sets) {
      const had = sum(events);
      for (let group = 1; group < groups; group += 1) {
        score[group - 1] += events[group];
        likelihood += events[group] * beta[group - 1];
      }
      for (let earlier = 0; earlier < had; earlier += 1) {
        const weights = Array.from(atRisk, (number, group) =>
          (number - (events[group] * earlier) / had) * (group ? Math.exp(beta[group - 1]) : 1));
        const all = sum(weights);
        likelihood -= Math.log(all);
        for (let one = 0; one < terms; one += 1) {
          const share = weights[one + 1] / all;
          score[one] -= share;
          for (let other = 0; other < terms; other += 1) {
            const both = (share * weights[other + 1]) / all;
            information[one][other] += (one === other ? share : 0) - both;
          }
        }
      }
    }
    return { likelihood, score, covariance: inverted(information) };
  };
  let beta = new Array(terms).fill(0);
  let here = atBeta(beta);
  for (let step = 0; step < 100; step += 1) {
    const move = here.covariance.map((row) => sum(row.map((value, at) => value * here.score[at])));
    let scale = 1;
    let next = beta;
    let there = here;
    do {
      next = beta.map((value, at) => value + scale * move[at]);
      there = atBeta(next);
      scale /= 2;
    } while (!(there.likelihood >= here.likelihood - 1e-9) && scale > 1e-6);
    beta = next;
    here = there;
    if (Math.max(...move.map(Math.abs)) < 1e-13) break;
  }
  return beta.map((value, at) => wald(value, Math.sqrt(here.covariance[at][at]), choices));
}

// estimates/multiplicity.py: by Holm, or Benjamini and Hochberg; what is NaN does not count.
function adjustedFor(values, method) {
  const made = [...values.keys()].filter((at) => !Number.isNaN(values[at]));
  made.sort((one, other) => values[one] - values[other]);
  const found = [...values];
  const n = made.length;
  if (method === "Holm") {
    let least = 0;
    made.forEach((at, rank) => {
      least = Math.max(least, Math.min(1, values[at] * (n - rank)));
      found[at] = least;
    });
  } else if (method === "Benjamini-Hochberg") {
    let most = 1;
    for (let rank = n; rank > 0; rank -= 1) {
      most = Math.min(most, (values[made[rank - 1]] * n) / rank);
      found[made[rank - 1]] = most;
    }
  }
  return found;
}
