// From the patients that the page carries to what is compared: analysis/cohort/derive.py and the
// estimates of survival, of prognostic factors and of relapse, under the settings of a reader.

const NOT_REACHED = "not reached";
const EVERYBODY = "all";

// What is carried ----------------------------------------------------------------------------------

// Codes of few levels come as a text, a sign a patient from "0" for what is missing.
function decoded(codes) {
  return typeof codes === "string" ? Int8Array.from(codes, (sign) => sign.charCodeAt(0) - 49) : codes;
}

function decodedColumn(column) {
  const own = { ...column };
  if (own.codes) own.codes = decoded(own.codes);
  if (own.bySite) {
    own.bySite = own.bySite.map((one) => (one.codes ? { ...one, codes: decoded(one.codes) } : one));
  }
  return own;
}

function opened(carried) {
  const columns = Object.entries(carried.columns).map(([name, one]) => [name, decodedColumn(one)]);
  const factors = carried.factors.map((one) => ({
    ...one,
    ...(one.codes ? { codes: decoded(one.codes) } : {}),
    ...(one.bySite ? { bySite: one.bySite.map(decoded) } : {}),
  }));
  return { ...carried, columns: Object.fromEntries(columns), factors };
}

// Another cohort of the same study, of which only what differs is carried.
function memberOf(carried, member) {
  const columns = Object.entries(carried.columns).map(([name, one]) => [
    name,
    Object.hasOwn(member.columns, name)
      ? decodedColumn({ ...one, ...member.columns[name] })
      : { withheld: one.withheld || "is not carried of other cohorts" },
  ]);
  const zeros = Object.entries(carried.zeros).map(([choice, zero]) => [choice, { ...zero, days: member.zeros[choice] }]);
  return {
    ...carried,
    n: member.n,
    sites: member.sites,
    dates: member.dates,
    columns: Object.fromEntries(columns),
    zeros: Object.fromEntries(zeros),
    factors: carried.factors.map((one) =>
      (Object.hasOwn(member.bySite, one.name) ? { ...one, bySite: member.bySite[one.name].map(decoded) } : one)),
  };
}

// Columns and groups ------------------------------------------------------------------------------

// The position of the site of radiotherapy with the highest EQD2, of each patient; -1 of whom none
// is known. Sites stand in the order of their names, which is the last that decides.
function strongestSites(carried, alphaBeta) {
  const { sites } = carried;
  if (!sites) return null;
  const dose = (site, at) => sites.dose[site][at];
  const eqd2 = sites.dose.map((_, site) => bedOf(sites, site, alphaBeta).map((value) =>
    value === null ? null : value / (1 + 2 / alphaBeta)));
  return Int8Array.from({ length: carried.n }, (_, at) => {
    let best = -1;
    for (let site = 0; site < sites.dose.length; site += 1) {
      if (!sites.there[site][at]) continue;
      const apart = best < 0
        ? 1
        : eqd2[site][at] - eqd2[best][at] || dose(site, at) - dose(best, at);
      if (best < 0 || apart >= 0) best = site;
    }
    return best;
  });
}

function bedOf(sites, site, alphaBeta) {
  return sites.dose[site].map((dose, at) => {
    const fractions = sites.fractions[site][at];
    return dose === null || fractions === null ? null : dose * (1 + dose / fractions / alphaBeta);
  });
}

function columnOf(carried, settings, strongest, name) {
  const column = carried.columns[name];
  if (column.withheld) throw new Refused(`\`${name}\` ${column.withheld}`);
  if (column.made) {
    const of = carried.sites.dose.map((_, site) => bedOf(carried.sites, site, settings.alpha_beta));
    const scale = column.made === "eqd2" ? 1 + 2 / settings.alpha_beta : 1;
    const numbers = Array.from(strongest, (site, at) =>
      site < 0 || of[site][at] === null ? null : of[site][at] / scale);
    return { numbers, bare: column.bare };
  }
  if (column.bySite) {
    const { bySite, ...shared } = column;
    const pick = (kind) => Array.from(strongest, (site, at) => bySite[Math.max(0, site)][kind][at]);
    return bySite[0].numbers ? { ...shared, numbers: pick("numbers") } : { ...shared, codes: pick("codes") };
  }
  return column;
}

function cutAt(cut, settings) {
  return cut.parameter in settings ? Number(settings[cut.parameter]) : cut.value;
}

// A number as people type it (study/printed.py, `plain`).
function plainly(value) {
  const text = String(value);
  if (!text.includes("e")) return text;
  const [digits, power] = text.split("e").map((part, at) => (at ? Number(part) : part));
  const [whole, fraction = ""] = digits.replace("-", "").split(".");
  const all = whole + fraction;
  const point = whole.length + power;
  const shown = point <= 0
    ? `0.${"0".repeat(-point)}${all}`
    : all.length <= point ? all.padEnd(point, "0") : `${all.slice(0, point)}.${all.slice(point)}`;
  return (digits.startsWith("-") ? "-" : "") + shown;
}

const SHOWN = { "<": "<", ">=": "≥", "<=": "≤", ">": ">" };
const OPPOSITE = { "<": ">=", ">=": "<", "<=": ">", ">": "<=" };

// study/variables.py, `Cut.shown`.
function sideShown(sign, value, least) {
  if (least !== null && least !== undefined && sign === "<" && value > least) {
    const last = Math.ceil(value) - 1;
    return last > least ? `${least}–${last}` : `${least}`;
  }
  const [whole, fraction] = plainly(value).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${SHOWN[sign]} ${grouped}${fraction ? `.${fraction}` : ""}`;
}

// A factor with its groups under the settings: `codes` are positions in `levels`, -1 not recorded.
function factorUnder(factor, settings, column, strongest) {
  if (factor.cut) {
    const value = cutAt(factor.cut, settings);
    const { numbers, signs } = column(factor.column);
    const holdsOf = compareNumbers(factor.cut.sign, value, numbers, signs);
    return {
      ...factor,
      key: `${factor.column}${factor.cut.sign}${plainly(value)}`,
      label: factor.words || [factor.variable, sideShown(factor.cut.sign, value, null), factor.unit].filter(Boolean).join(" "),
      codes: holdsOf.map((one) => (one < 0 ? -1 : 1 - one)),
    };
  }
  const codes = factor.bySite
    ? Int8Array.from(strongest, (site, at) => factor.bySite[Math.max(0, site)][at])
    : factor.codes || Int8Array.from(column(factor.column).codes, (code) => (code < 0 ? -1 : factor.groups[code]));
  return { ...factor, key: factor.name, label: factor.words || factor.variable, codes };
}

// Times (cohort/derive.py, `_time_to_event`) -------------------------------------------------------

// study/months.py, `without_noise`, of all times together.
function withoutNoise(rows) {
  if (rows.every((one) => one.days % 1 === 0)) return;
  for (const unit of [1, DAYS_PER_MONTH]) {
    for (const one of rows) {
      const whole = rint(one.days / unit) * unit;
      if (Math.abs(one.days - whole) <= TOLERANCE * Math.max(one.near, 1)) one.days = whole;
    }
  }
  const days = distinct(rows.map((one) => one.days));
  const first = new Float64Array(days.length);
  days.forEach((day, at) => {
    const apart = at === 0 || day - days[at - 1] > TOLERANCE * Math.max(day, 1);
    first[at] = apart ? day : first[at - 1];
  });
  for (const one of rows) one.days = first[place(days, one.days, false)];
}

function fromDates(endpoint, carried, settings, members, zeros) {
  const { dates } = carried;
  const zero = endpoint.timeZero ? dates[endpoint.timeZero] : zeros;
  const censored = dates[censoredAt(endpoint, settings)];
  const rows = [];
  let begun = 0;
  let ended = 0;
  for (const at of members) {
    const start = zero[at];
    let first = null;
    for (const name of endpoint.events) {
      const day = dates[name][at];
      if (day !== null && (first === null || day < first)) first = day;
    }
    if (start !== null) begun += 1;
    const end = first === null ? censored[at] : first;
    if (start === null || end === null) continue;
    if (first !== null) ended += 1;
    rows.push({ at, days: end - start, event: first !== null });
  }
  return { rows, never: rows.every((one) => one.event) && ended < begun };
}

function censoredAt(endpoint, settings) {
  return endpoint.censoringChoice
    ? endpoint.censorings[settings[endpoint.censoringChoice]]
    : endpoint.censoring;
}

function timesOf(carried, settings, members, zeros) {
  const times = new Map();
  const unrecorded = {};
  for (const endpoint of carried.endpoints) {
    let rows = [];
    if (endpoint.events.length) {
      let why = endpoint.why[censoredAt(endpoint, settings)];
      if (!why && !endpoint.timeZero && carried.zeros[settings.time_zero].why) {
        why = `there is no time zero: ${carried.zeros[settings.time_zero].why}`;
      }
      const found = why ? null : fromDates(endpoint, carried, settings, members, zeros);
      if (found && found.never) {
        why = `${censoredAt(endpoint, settings)} is blank for every patient without the event`;
      } else if (found) rows = found.rows;
      if (why && !endpoint.recorded) unrecorded[endpoint.name] = why;
    }
    if (!rows.length && endpoint.recorded) {
      const { days, event } = endpoint.recorded;
      rows = members
        .filter((at) => days[at] !== null)
        .map((at) => ({ at, days: days[at], event: event[at] === 1 }));
    }
    times.set(endpoint.name, rows);
  }
  const all = [...times.values()].flat();
  for (const one of all) one.near = one.days;
  withoutNoise(all);
  const deaths = new Map(
    (times.get("OS") || []).filter((one) => one.event).map((one) => [one.at, one.days]),
  );
  for (const endpoint of carried.endpoints) {
    const rows = times.get(endpoint.name);
    if (!endpoint.deathChoice || settings[endpoint.deathChoice] !== "event" || !rows.length) continue;
    if (!(times.get("OS") || []).length) {
      throw new Refused(`overall survival (OS) is needed, since ${endpoint.deathChoice} asks who died`);
    }
    for (const one of rows) {
      if (one.event || !deaths.has(one.at)) continue;
      one.days = deaths.get(one.at);
      one.event = true;
    }
  }
  const left = {};
  for (const [name, rows] of times) {
    left[name] = {
      "event before time zero": rows.filter((one) => one.days < 0 && one.event).length,
      "last observed before time zero": rows.filter((one) => one.days < 0 && !one.event).length,
    };
    times.set(name, rows.filter((one) => one.days >= 0));
  }
  return { times, unrecorded, left };
}

// The cohort under the settings ---------------------------------------------------------------------

// Raises Refused, with a sentence, where the settings leave nobody or cannot be read.
function cohortUnder(carried, settings) {
  const strongest = strongestSites(carried, settings.alpha_beta);
  const known = new Map();
  const column = (name) => {
    if (!known.has(name)) known.set(name, columnOf(carried, settings, strongest, name));
    return known.get(name);
  };
  let members = [...Array(carried.n).keys()];
  const { population } = settings;
  if (population !== EVERYBODY) {
    const text = Object.hasOwn(carried.subgroups, population) ? carried.subgroups[population] : population;
    const belongs = holds(text, column, Object.keys(carried.columns));
    members = members.filter((at) => belongs[at] === 1);
    if (!members.length) throw new Refused("nobody of the patients admitted is known to be one of these");
  }
  const zeros = carried.zeros[settings.time_zero].days;
  const { times, unrecorded, left } = timesOf(carried, settings, members, zeros);
  const factors = new Map(
    carried.factors.map((one) => [one.name, factorUnder(one, settings, column, strongest)]),
  );
  const isRecorded = (factor) => members.some((at) => factor.codes[at] >= 0);
  return { carried, settings, members, times, unrecorded, left, factors, isRecorded, zeros, column };
}

// cohort.records of days by patient.
function hasDays(cohort, name) {
  const days = cohort.carried.dates[name];
  return Boolean(days) && cohort.members.some((at) => days[at] !== null);
}

function isKnown(cohort, factor) {
  if (!cohort.isRecorded(factor)) return false;
  return !cohort.settings.landmark_months || factor.knownFrom.every((name) => hasDays(cohort, name));
}

// The factors of Table 5 (estimates/factors.py, `factors_of`).
function factorsOf(cohort) {
  const found = [];
  for (const factor of cohort.factors.values()) {
    if (!factor.inTable) continue;
    const asked = !isKnown(cohort, factor) && factor.standIn ? cohort.factors.get(factor.standIn) : factor;
    if (isKnown(cohort, asked) && !found.some((one) => one.key === asked.key)) found.push(asked);
  }
  return found;
}

function endpointsOf(cohort) {
  return cohort.carried.endpoints.filter((one) => cohort.times.get(one.name).length);
}

// The endpoints that factors are compared by (`endpoints_of`).
function comparedEndpoints(cohort) {
  const present = endpointsOf(cohort).map((one) => one.name);
  const found = [];
  for (const one of cohort.carried.endpoints) {
    const name = present.includes(one.name) ? one.name : one.standIn;
    if (one.inTable && present.includes(name) && !found.includes(name)) found.push(name);
  }
  for (const one of cohort.carried.endpoints) {
    if (!one.declared && present.includes(one.name) && !found.includes(one.name)) found.push(one.name);
  }
  return found;
}

// estimates/landmark.py, `known_from`: NaN where it was known from the start.
function knownFrom(cohort, factor) {
  const columns = factor.knownFrom.filter((name) =>
    hasDays(cohort, name) && cohort.members.some((at) => cohort.zeros[at] !== null));
  return (at) => {
    const days = columns.map((name) => cohort.carried.dates[name][at]).filter((day) => day !== null);
    return days.length && cohort.zeros[at] !== null ? Math.max(...days) - cohort.zeros[at] : NaN;
  };
}

// estimates/compared.py, `compared_times`.
function comparedTimes(cohort, factor, endpoint, landmark) {
  const all = cohort.times.get(endpoint);
  let rows = all
    .filter((one) => factor.codes[one.at] >= 0)
    .map((one) => ({ ...one, level: factor.codes[one.at] }));
  if (landmark) {
    const exact = landmark * DAYS_PER_MONTH;
    const day = all.every((one) => one.days % 1 === 0) ? rint(exact) : exact;
    const known = knownFrom(cohort, factor);
    rows = rows
      .filter((one) => one.days > day && !(known(one.at) > day))
      .map((one) => ({ ...one, days: one.days - day }));
  }
  return rows;
}

function summaryOf(rows, settings) {
  const found = { n: rows.length, events: rows.filter((one) => one.event).length };
  if (!rows.length) return { ...found, median: NaN, lower: NaN, upper: NaN, note: "no patients", curve: null };
  const curve = curveOf(rows, settings);
  const median = medianOf(curve);
  const note = Number.isNaN(median.value) ? NOT_REACHED : "";
  return { ...found, median: median.value, lower: median.lower, upper: median.upper, note, curve };
}

// What is said of each endpoint (estimates/survival.py, `endpoint_rows`).
function survivalOf(cohort) {
  const { carried, settings } = cohort;
  return endpointsOf(cohort).map((endpoint) => {
    const found = summaryOf(cohort.times.get(endpoint.name), settings);
    const rates = carried.rateMonths.map((month) => ({
      month,
      ...rateOf(found.curve, month * DAYS_PER_MONTH),
    }));
    const atRisk = numbersAtRisk(found.curve, carried.axis);
    return { endpoint, ...found, rates, atRisk, axis: carried.axis, left: cohort.left[endpoint.name] };
  });
}

const YES = 0;

function ratiosOf(rows, factor, settings) {
  const exactly = (found, part) => {
    if (Number.isNaN(found.p)) return found;
    const test = testOf(part, "log-rank");
    return Object.hasOwn(test, "exact") ? { ...found, exact: test.exact } : found;
  };
  if (factor.binary) {
    const found = hazardRatio(rows.map((one) => ({ ...one, level: +(one.level === YES) })), settings);
    return [{ level: "", ...exactly(found, rows) }];
  }
  const present = [...factor.levels.keys()].filter((level) => rows.some((one) => one.level === level));
  const moved = rows.map((one) => ({ ...one, level: present.indexOf(one.level) }));
  const fitted = present[0] === 0 && present.length > 1 ? levelRatios(moved, present.length, settings) : null;
  return factor.levels.slice(1).map((level, before) => {
    const at = present.indexOf(before + 1);
    if (!fitted || at < 1) return { level, ...NO_RATIO };
    const part = rows.filter((one) => one.level === 0 || one.level === before + 1);
    return { level, ...exactly(fitted[at - 1], part) };
  });
}

function strataOf(cohort, factor) {
  return (cohort.settings.strata || [])
    .filter((name) => name !== factor.name)
    .map((name) => cohort.factors.get(name))
    .filter((one) => cohort.isRecorded(one));
}

// A factor by an endpoint (estimates/groups.py, ratios.py).
function comparisonOf(cohort, factor, endpoint) {
  const { settings } = cohort;
  const rows = comparedTimes(cohort, factor, endpoint, settings.landmark_months);
  let within = rows;
  if (settings.factor_test === "stratified log-rank") {
    const strata = strataOf(cohort, factor);
    within = rows
      .filter((one) => strata.every((stratum) => stratum.codes[one.at] >= 0))
      .map((one) => ({ ...one, stratum: strata.map((stratum) => stratum.codes[one.at]).join() }));
  }
  return {
    factor,
    endpoint,
    groups: factor.levels.map((level, at) => ({
      level,
      ...summaryOf(rows.filter((one) => one.level === at), settings),
    })),
    missing: cohort.times.get(endpoint).length - cohort.times.get(endpoint).filter((one) => factor.codes[one.at] >= 0).length,
    test: testOf(within, settings.factor_test),
    ratios: ratiosOf(rows, factor, settings),
  };
}

const MOST_REMEMBERED = 1000;
const remembered = new Map();

// What was compared already, of the same patients in the same groups at the same times, is given
// again: a cut that is moved changes one factor of many (estimates/remembered.py).
function once(cohort, kind, factor, endpoint, make) {
  const { settings } = cohort;
  // What else strata hang on is not in the key.
  if (settings.factor_test === "stratified log-rank") return make();
  const landmark = settings.landmark_months || 0;
  const known = landmark && factor.knownFrom.length ? cohort.members.map(knownFrom(cohort, factor)).join() : "";
  cohort.signatures ||= new Map();
  if (!cohort.signatures.has(endpoint)) {
    const rows = cohort.times.get(endpoint);
    cohort.signatures.set(endpoint, rows.map((one) => `${one.at}:${one.days}:${+one.event}`).join());
  }
  const key = [kind, factor.name, endpoint, settings.ci_type, settings.confidence, settings.factor_test,
    landmark, known, factor.codes.join(""), cohort.signatures.get(endpoint)].join("|");
  if (!remembered.has(key)) {
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(key, make());
  }
  return { ...remembered.get(key), factor };
}

// Table 5 under the settings, all endpoints as one family of tests where these are adjusted.
function prognosisOf(cohort) {
  const endpoints = comparedEndpoints(cohort);
  const found = factorsOf(cohort).flatMap((factor) =>
    endpoints.map((endpoint) =>
      once(cohort, "prognosis", factor, endpoint, () => comparisonOf(cohort, factor, endpoint))));
  const method = cohort.settings.p_adjustment;
  if (!method || method === "none") return found;
  const plain = adjustedFor(found.map((one) => one.test.p), method);
  // An exact test is read in place of the approximation. One that is not here leaves all unknown.
  const read = found.map((one) => (Object.hasOwn(one.test, "exact") ? one.test.exact : one.test.p));
  const adjusted = read.includes(null) ? null : adjustedFor(read, method);
  return found.map((one, at) => {
    const few = Object.hasOwn(one.test, "exact");
    if (!adjusted) return { ...one, test: { p: few ? plain[at] : NaN, exact: null } };
    return { ...one, test: few ? { p: plain[at], exact: adjusted[at] } : { p: adjusted[at] } };
  });
}

// Relapse by factor (estimates/relapse_factors.py): all patients, by the plain log-rank test.
function relapseOf(cohort) {
  return endpointsOf(cohort)
    .filter((endpoint) => endpoint.deathChoice)
    .flatMap((endpoint) =>
      factorsOf(cohort).map((factor) => once(cohort, "relapse", factor, endpoint.name, () => {
        const rows = comparedTimes(cohort, factor, endpoint.name, 0);
        return {
          factor,
          endpoint: endpoint.name,
          groups: factor.levels.map((level, at) => {
            const own = rows.filter((one) => one.level === at);
            return { level, n: own.length, events: own.filter((one) => one.event).length };
          }),
          test: testOf(rows, "log-rank"),
          ratios: [],
        };
      })));
}

// Table 1 by the groups of a factor (estimates/characteristics.py) ----------------------------------

function middle(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function describedBy(cohort, factor) {
  const groups = factor.levels.map((_, at) => cohort.members.filter((one) => factor.codes[one] === at));
  return cohort.carried.tableOne.flatMap((row) => {
    const column = cohort.column(row.column);
    if (row.quantity) {
      const of = (members) => members.map((at) => column.numbers[at]).filter((value) => value !== null);
      const found = groups.map((members) => {
        const values = of(members);
        const limits = Boolean(column.signs) && members.some((at) => column.signs[at]);
        return {
          n: values.length,
          missing: members.length - values.length,
          median: values.length ? middle(values) : NaN,
          min: values.length ? Math.min(...values) : NaN,
          max: values.length ? Math.max(...values) : NaN,
          limits,
        };
      });
      return [{ row, level: null, groups: found }];
    }
    let codes = column.codes;
    let { levels } = row;
    if (row.cut) {
      const value = cutAt(row.cut, cohort.settings);
      const other = OPPOSITE[row.cut.sign];
      codes = compareNumbers(row.cut.sign, value, column.numbers, column.signs).map((one) => (one < 0 ? -1 : 1 - one));
      levels = [sideShown(row.cut.sign, value, row.least), sideShown(other, value, row.least)];
    } else if (!codes) {
      // Whole numbers that are counted, such as a score.
      const values = distinct(cohort.members.map((at) => column.numbers[at]).filter((one) => one !== null));
      codes = Int8Array.from(column.numbers, (value) => (value === null ? -1 : values.indexOf(value)));
      levels = Array.from(values, plainly);
    }
    const known = groups.map((members) => members.filter((at) => codes[at] >= 0).length);
    return levels.map((level, code) => ({
      row,
      level,
      groups: groups.map((members, at) => ({
        count: members.filter((one) => codes[one] === code).length,
        n: known[at],
        missing: members.length - known[at],
      })),
    }));
  });
}

// Rows of estimates under the keys that the report has, a factor by its name: value and note. The
// page shows these, and tests hold them to Python's.
function rowsOf(survival, comparisons, relapse) {
  const rows = new Map();
  const put = (key, statistic, value, note = "") => rows.set(`${key}|${statistic}`, { value, note });
  const summary = (key, one) => {
    put(key, "n", one.n);
    put(key, "events", one.events);
    put(key, "median", one.median, Number.isNaN(one.median) ? one.note : "");
    const limits = one.note === NOT_REACHED || !one.note ? (Number.isNaN(one.median) || !Number.isNaN(one.lower) ? NOT_REACHED : "no interval") : one.note;
    put(key, "median_lower", one.lower, Number.isNaN(one.lower) ? limits : "");
    put(key, "median_upper", one.upper, Number.isNaN(one.upper) ? limits : "");
  };
  const test = (key, found, plain, exact) => {
    put(key, plain, found.p);
    if (Object.hasOwn(found, "exact")) put(key, exact, found.exact);
  };
  for (const one of survival) {
    const key = `survival|||${one.endpoint.name}|`;
    summary(key, one);
    for (const rate of one.rates) {
      const at = `${key}${rate.month}`;
      const why = Number.isNaN(rate.value) ? "beyond the last follow-up"
        : rate.value === 0 ? "no interval at 0, since nobody is left" : "no interval";
      put(at, "rate", rate.value, Number.isNaN(rate.value) ? why : "");
      put(at, "rate_lower", rate.lower, Number.isNaN(rate.lower) ? why : "");
      put(at, "rate_upper", rate.upper, Number.isNaN(rate.upper) ? why : "");
    }
    one.atRisk.forEach((number, at) => put(`${key}${one.axis[at]}`, "at_risk", number));
  }
  for (const one of comparisons) {
    const of = (level) => `prognosis|${one.factor.name}|${level}|${one.endpoint}|`;
    for (const group of one.groups) summary(of(group.level), group);
    test(of(""), one.test, "p_value", "exact_p");
    for (const ratio of one.ratios) {
      put(of(ratio.level), "hazard_ratio", ratio.ratio);
      put(of(ratio.level), "hr_lower", ratio.lower);
      put(of(ratio.level), "hr_upper", ratio.upper);
      test(of(ratio.level), ratio, "hr_p", "hr_exact_p");
    }
  }
  for (const one of relapse) {
    const of = (level) => `relapse_factors|${one.factor.name}|${level}|${one.endpoint}|`;
    for (const group of one.groups) {
      put(of(group.level), "n", group.n);
      put(of(group.level), "events", group.events);
    }
    test(of(""), one.test, "p_value", "exact_p");
  }
  return rows;
}
