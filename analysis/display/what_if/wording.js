// Numbers as analysis/display/format.py prints them, and what crosses a line, in sentences.

const MISSING = "–";
const FEW = "few events: exact test by make";

const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);

// Half up of the decimal that a number stands for, to twelve digits.
function rounded(value, decimals) {
  const exact = Number(value.toPrecision(12));
  const scaled = Number(`${Math.abs(exact)}e${decimals}`);
  const whole = Number.isNaN(scaled) ? Math.abs(exact) * 10 ** decimals : scaled;
  return (Math.sign(exact) * Math.floor(whole + 0.5)) / 10 ** decimals;
}

function fixed(value, decimals = 1) {
  if (isMissing(value)) return MISSING;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const number = rounded(value, decimals);
  return (number < 0 ? "−" : "") + Math.abs(number).toFixed(decimals);
}

function thousands(value, decimals = 0) {
  const [whole, fraction] = fixed(value, decimals).split(".");
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (fraction ? `.${fraction}` : "");
}

// With decimals enough to show on which side of a line it lies.
function beside(value, line, decimals) {
  let digits = decimals;
  const apart = Number(value.toPrecision(12)) !== line;
  while (apart && digits < 12 && rounded(value, digits) === rounded(line, decimals)) digits += 1;
  return fixed(value, digits);
}

const SIGNIFICANT = 0.05;

function pValue(p) {
  if (isMissing(p)) return MISSING;
  return p < 0.001 ? "<0.001" : beside(p, SIGNIFICANT, 3);
}

// The p value that is to be read; † stands at an exact one.
function pShown(test) {
  if (!test) return MISSING;
  if (test.exact === null) return FEW;
  return Object.hasOwn(test, "exact") ? `${pValue(test.exact)}†` : pValue(test.p);
}

function pRead(test) {
  if (test.exact === null) return NaN;
  return Object.hasOwn(test, "exact") ? test.exact : test.p;
}

function medianShown(one) {
  if (one.n === 0) return MISSING;
  const shown = [one.median, one.lower, one.upper].map((value) => (isMissing(value) ? "NR" : fixed(value)));
  if (shown.every((text) => text === "NR")) return "NR";
  if (shown[0] !== "NR" && shown[1] === "NR" && shown[2] === "NR") return `${shown[0]} (${MISSING})`;
  return `${shown[0]} (${shown[1]}–${shown[2]})`;
}

function rateShown(one) {
  if (isMissing(one.value)) return MISSING;
  const limits = isMissing(one.lower) && isMissing(one.upper)
    ? MISSING
    : [one.lower, one.upper].map((limit) => fixed(limit)).join("–");
  return `${fixed(one.value)} (${limits})`;
}

function ratioShown(one) {
  if ([one.ratio, one.lower, one.upper].some((value) => isMissing(value) || !Number.isFinite(value))) {
    return "not estimable";
  }
  const limits = [one.lower, one.upper].map((limit) => beside(limit, 1, 2)).join("–");
  return `${fixed(one.ratio, 2)} (${limits})${Object.hasOwn(one, "exact") ? "‖" : ""}`;
}

function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function midSentence(text) {
  return /^.[A-Z]/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

// What crosses a line ------------------------------------------------------------------------------

// The report's own values under a key; undefined where it has none.
function baseOf(base, key) {
  const found = base[key];
  return found && { value: found[0] === null ? NaN : found[0], note: found[1], printed: found[2] };
}

function baseTest(base, key, plain, exact) {
  const found = baseOf(base, `${key}|${plain}`);
  if (!found) return undefined;
  const few = baseOf(base, `${key}|${exact}`);
  return few ? { p: found.value, exact: few.value, printed: found.printed } : { p: found.value, printed: found.printed };
}

function baseSummary(base, key) {
  const value = (statistic) => (baseOf(base, `${key}|${statistic}`) || {}).value;
  const found = baseOf(base, `${key}|median`);
  return found && {
    n: value("n"),
    events: value("events"),
    median: found.value,
    lower: value("median_lower"),
    upper: value("median_upper"),
    note: found.note,
    printed: found.printed,
  };
}

function baseRatio(base, key) {
  const value = (statistic) => (baseOf(base, `${key}|${statistic}`) || {}).value;
  const found = baseOf(base, `${key}|hazard_ratio`);
  if (!found) return undefined;
  const ratio = { ratio: found.value, lower: value("hr_lower"), upper: value("hr_upper") };
  return baseOf(base, `${key}|hr_exact_p`) ? { ...ratio, exact: value("hr_exact_p") } : ratio;
}

const excludes1 = (one) => one.lower > 1 || one.upper < 1;

// Of a p value: `estimable` and `significant` as analysis/sensitivity/compare.py has them.
function crossedBy(test, before, subject, of) {
  if (!before || test.exact === null) return [];
  const now = pRead(test);
  const then = pRead(before);
  if (isMissing(now) && isMissing(then)) return [];
  const found = { of, subject };
  if (isMissing(now)) return [{ ...found, kind: "not estimable", way: "", text: `no p value in place of ${pShown(before)}` }];
  if (isMissing(then)) return [{ ...found, kind: "now estimable", way: "", text: `p ${pShown(test)}, where there was none` }];
  if (now < SIGNIFICANT === then < SIGNIFICANT) return [];
  return [{ ...found, kind: "p crosses 0.05", way: String(now < SIGNIFICANT), text: `p ${pShown(test)} in place of ${pShown(before)}` }];
}

function changedOrder(groups, before) {
  const rank = (one) => (one.note === NOT_REACHED ? Infinity : one.median);
  for (let i = 0; i < groups.length; i += 1) {
    for (let j = i + 1; j < groups.length; j += 1) {
      if (!before[i] || !before[j]) continue;
      const step = (one, other) => (one === other ? 0 : one - other);
      const then = step(rank(before[i]), rank(before[j]));
      const now = step(rank(groups[i]), rank(groups[j]));
      if (then * now < 0) return [i, j];
    }
  }
  return null;
}

function crossedLines(found, base, words) {
  const said = [];
  for (const one of found.survival) {
    const before = baseSummary(base, `survival|||${one.endpoint.name}|`);
    if (!before) continue;
    const reached = !isMissing(one.median);
    if (reached === !isMissing(before.median)) continue;
    said.push({
      of: `survival|||${one.endpoint.name}`,
      subject: one.endpoint.words,
      kind: "median reached",
      way: String(reached),
      text: reached ? `the median is reached, ${fixed(one.median)} months` : `the median of ${fixed(before.median)} months is not reached any more`,
    });
  }
  for (const one of [...found.comparisons, ...found.relapse]) {
    const analysis = found.relapse.includes(one) ? "relapse_factors" : "prognosis";
    const key = (level) => `${analysis}|${one.factor.name}|${level}|${one.endpoint}|`;
    const subject = `${one.factor.label}, ${midSentence(words(one.endpoint))}`;
    said.push(...crossedBy(one.test, baseTest(base, key(""), "p_value", "exact_p"), subject, key("")));
    for (const ratio of one.ratios) {
      const before = baseRatio(base, key(ratio.level));
      if (!before) continue;
      const of = key(ratio.level);
      const level = ratio.level ? ` (${one.factor.levelWords[one.factor.levels.indexOf(ratio.level)]})` : "";
      const both = !isMissing(ratio.ratio) && !isMissing(before.ratio);
      if (!both) {
        if (isMissing(ratio.ratio) !== isMissing(before.ratio)) {
          const gone = isMissing(ratio.ratio);
          said.push({ of, subject, kind: gone ? "not estimable" : "now estimable", way: "", text: gone ? `the hazard ratio${level} cannot be estimated any more` : `the hazard ratio${level} can be estimated, ${ratioShown(ratio)}` });
        }
        continue;
      }
      const few = Object.hasOwn(ratio, "exact") || Object.hasOwn(before, "exact");
      const limited = [ratio.lower, ratio.upper, before.lower, before.upper].every((value) => !isMissing(value));
      const shown = `hazard ratio${level} ${ratioShown(ratio)} in place of ${ratioShown(before)}`;
      if (limited && !few && excludes1(ratio) !== excludes1(before)) {
        said.push({ of, subject, kind: "interval crosses 1", way: String(excludes1(ratio)), text: `${shown}: the interval ${excludes1(ratio) ? "is without 1" : "holds 1"}` });
      } else if (ratio.ratio > 1 !== before.ratio > 1) {
        said.push({ of, subject, kind: "side changes", way: String(ratio.ratio > 1), text: `${shown}: on the other side of 1` });
      }
    }
    if (analysis === "prognosis") {
      const before = one.groups.map((group) => baseSummary(base, key(group.level)));
      const pair = changedOrder(one.groups, before);
      if (pair) {
        const names = pair.map((at) => one.factor.levelWords[at]);
        const medians = (groups) => pair.map((at) => medianShown(groups[at]).split(" ")[0]).join(" and ");
        said.push({ of: key(""), subject, kind: "ranking changes", way: "", text: `the medians of ${listed(names)} change their order: ${medians(one.groups)} months in place of ${medians(before)}` });
      }
    }
  }
  return said.sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
}

// What weighs most comes first; the side of 1 of a hazard ratio alone is no conclusion.
const KINDS = [
  "p crosses 0.05",
  "interval crosses 1",
  "not estimable",
  "now estimable",
  "median reached",
  "ranking changes",
  "side changes",
];
