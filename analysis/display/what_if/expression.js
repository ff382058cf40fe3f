// Parts of the patients as expressions: analysis/study/expressions.py, read again in the page.
// An answer is 1, 0, or -1 where it is not known.
class Refused extends Error {}

const EXAMPLE = "an expression such as `sex == 'male' and age_years >= 60`";
const LONGEST = 500;
const UNREADABLE = `cannot be read; expected ${EXAMPLE}`;
const KEYWORDS = new Set(
  ("False None True and as assert async await break class continue def del elif else except " +
    "finally for from global if import in is lambda nonlocal not or pass raise return try while " +
    "with yield").split(" "),
);

const TOKEN = new RegExp(
  [
    "\\s+",
    "(?<name>[\\p{L}_][\\p{L}\\p{N}_]*)(?!['\"])",
    "(?<number>(?:\\d(?:_?\\d)*\\.?(?:\\d(?:_?\\d)*)?|\\.\\d(?:_?\\d)*)(?:[eE][+-]?\\d(?:_?\\d)*)?)(?![\\p{L}\\p{N}_.])",
    "(?<text>'(?:[^'\\\\\\n]|\\\\['\"\\\\])*'|\"(?:[^\"\\\\\\n]|\\\\['\"\\\\])*\")",
    "(?<sign><=|>=|==|!=|<|>|[()[\\]{},-])",
  ].join("|"),
  "uy",
);

function tokensOf(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    const match = TOKEN.exec(text);
    if (!match) throw new Refused(UNREADABLE);
    at = TOKEN.lastIndex;
    const { name, number, text: quoted, sign } = match.groups;
    if (name !== undefined) found.push({ kind: KEYWORDS.has(name) ? name : "name", value: name.normalize("NFKC") });
    else if (number !== undefined) found.push({ kind: "number", value: numberOf(number) });
    else if (quoted !== undefined) {
      found.push({ kind: "text", value: quoted.slice(1, -1).replace(/\\(['"\\])/g, "$1") });
    } else if (sign !== undefined) found.push({ kind: sign });
  }
  return found;
}

function numberOf(text) {
  // Python has no whole numbers that begin with 0.
  if (/^0[\d_]*[1-9][\d_]*$/.test(text)) throw new Refused(UNREADABLE);
  return Number(text.replaceAll("_", ""));
}

const CLOSES = { "(": ")", "[": "]", "{": "}" };
const COMPARISONS = new Set(["<", "<=", ">", ">=", "==", "!="]);

function parsed(text) {
  if ([...text].length > LONGEST) throw new Refused(`longer than ${LONGEST} characters`);
  const tokens = tokensOf(text.trim());
  let at = 0;
  const peek = () => (at < tokens.length ? tokens[at].kind : "");
  const take = (kind) => {
    if (peek() !== kind) throw new Refused(UNREADABLE);
    at += 1;
    return tokens[at - 1].value;
  };
  const constant = () => {
    if (peek() === "text") return take("text");
    let sign = 1;
    if (peek() === "-") {
      take("-");
      sign = -1;
    }
    return sign * take("number");
  };
  const several = () => {
    const opens = peek();
    if (!(opens in CLOSES)) throw new Refused(UNREADABLE);
    take(opens);
    const values = [constant()];
    let comma = false;
    while (peek() === ",") {
      take(",");
      comma = true;
      if (peek() === CLOSES[opens]) break;
      values.push(constant());
    }
    take(CLOSES[opens]);
    if (opens === "(" && !comma) throw new Refused(UNREADABLE);
    return values;
  };
  const comparison = () => {
    if (peek() === "(") {
      take("(");
      const inner = either();
      take(")");
      if (COMPARISONS.has(peek()) || peek() === "in") throw new Refused(UNREADABLE);
      return inner;
    }
    const name = take("name");
    if (COMPARISONS.has(peek())) {
      const sign = take(peek()) || tokens[at - 1].kind;
      const value = constant();
      if (COMPARISONS.has(peek()) || peek() === "in") throw new Refused(UNREADABLE);
      return { name, sign, value };
    }
    if (peek() === "in" || (peek() === "not" && tokens[at + 1]?.kind === "in")) {
      const not = peek() === "not";
      if (not) take("not");
      take("in");
      return { name, values: several(), not };
    }
    return { name };
  };
  const negated = () => {
    if (peek() !== "not") return comparison();
    take("not");
    return { not: negated() };
  };
  const joined = (word, part) => () => {
    const parts = [part()];
    while (peek() === word) {
      take(word);
      parts.push(part());
    }
    return parts.length > 1 ? { [word]: parts } : parts[0];
  };
  const both = joined("and", negated);
  const either = joined("or", both);
  const tree = either();
  if (at < tokens.length) throw new Refused(UNREADABLE);
  return tree;
}

function namesIn(tree, found = []) {
  if (tree.and || tree.or) (tree.and || tree.or).forEach((part) => namesIn(part, found));
  else if (tree.name === undefined) namesIn(tree.not, found);
  else if (!found.includes(tree.name)) found.push(tree.name);
  return found;
}

// study/limits.py, `compares`, of one value of which `sign` says that it is a limit.
function comparesLimit(op, cut, value, sign) {
  const low = sign === "<" || sign === "<=" ? -Infinity : value;
  const high = sign === ">" || sign === ">=" ? Infinity : value;
  const below = high < cut || (high === cut && sign === "<");
  const above = low > cut || (low === cut && sign === ">");
  const atMost = high <= cut;
  const atLeast = low >= cut;
  const equal = low === cut && high === cut;
  const [holds, fails] = {
    "<": [below, atLeast],
    "<=": [atMost, above],
    ">": [above, atMost],
    ">=": [atLeast, below],
    "==": [equal, below || above],
    "!=": [below || above, equal],
  }[op];
  return holds ? 1 : fails ? 0 : -1;
}

const COMPARE = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

// A quantity against a cut; `values` have null where nothing is recorded.
function compareNumbers(op, cut, values, signs) {
  return Int8Array.from(values, (value, at) => {
    if (value === null || Number.isNaN(value)) return -1;
    // Sums of decimals come out a few bits beside them; no record has more digits.
    const number = toDecimals(value, 6);
    return signs && signs[at] ? comparesLimit(op, cut, number, signs[at]) : +COMPARE[op](number, cut);
  });
}

const quoted = (text) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`);

function comparedWith(name, column, op, value) {
  if (typeof value === "string") {
    if (op !== "==" && op !== "!=") {
      throw new Refused(`\`${name} ${op} ${quoted(value)}\`: a text has no order`);
    }
    if (column.numbers) {
      throw new Refused(`\`${name}\` is a number here; compare it with a number, without quotes`);
    }
    if (column.levels.length && !column.levels.includes(value)) {
      const shown = column.levels.slice(0, 10).map(quoted).join(", ");
      throw new Refused(`\`${name}\` is never ${quoted(value)}; there are: ${shown}`);
    }
    const code = column.levels.indexOf(value);
    return Int8Array.from(column.codes, (own) => (own < 0 ? -1 : +((own === code) === (op === "=="))));
  }
  if (column.numbers) return compareNumbers(op, value, column.numbers, column.signs);
  if (!column.asNumbers) {
    throw new Refused(`\`${name}\` is a text; compare it with a text in quotes`);
  }
  return compareNumbers(op, value, Array.from(column.codes, (own) => (own < 0 ? null : column.asNumbers[own])));
}

function answer(tree, columns) {
  if (tree.and || tree.or) {
    const decided = tree.and ? 0 : 1;
    return (tree.and || tree.or)
      .map((part) => answer(part, columns))
      .reduce((one, other) =>
        one.map((value, at) =>
          value === decided || other[at] === decided ? decided : value < 0 || other[at] < 0 ? -1 : 1 - decided));
  }
  const opposite = (found) => found.map((value) => (value < 0 ? -1 : 1 - value));
  if (tree.name === undefined) return opposite(answer(tree.not, columns));
  const column = columns(tree.name);
  if (tree.values) {
    const found = tree.values
      .map((value) => comparedWith(tree.name, column, "==", value))
      .reduce((one, other) =>
        one.map((value, at) => (value === 1 || other[at] === 1 ? 1 : value < 0 || other[at] < 0 ? -1 : 0)));
    return tree.not ? opposite(found) : found;
  }
  if (tree.sign) return comparedWith(tree.name, column, tree.sign, tree.value);
  if (column.bare) throw new Refused(column.bare);
  const yes = column.levels ? column.levels.indexOf("yes") : -1;
  return column.codes
    ? Int8Array.from(column.codes, (own) => (own < 0 ? -1 : +(own === yes)))
    : Int8Array.from(column.numbers, () => -1);
}

// Names that are alike: difflib.get_close_matches of Python, for one name.
function closest(name, known) {
  const letters = [...name];
  const matches = (a, b) => {
    let best = [0, 0, 0];
    const runs = a.map(() => new Int32Array(b.length + 1));
    for (let i = 0; i < a.length; i += 1) {
      for (let j = 0; j < b.length; j += 1) {
        if (a[i] !== b[j]) continue;
        runs[i][j + 1] = (i ? runs[i - 1][j] : 0) + 1;
        const size = runs[i][j + 1];
        if (size > best[2]) best = [i - size + 1, j - size + 1, size];
      }
    }
    const [i, j, size] = best;
    if (!size) return 0;
    return size + matches(a.slice(0, i), b.slice(0, j)) + matches(a.slice(i + size), b.slice(j + size));
  };
  let found = null;
  for (const other of known) {
    const own = [...other];
    const ratio = (2 * matches(own, letters)) / (own.length + letters.length);
    if (ratio >= 0.6 && (!found || ratio > found.ratio || (ratio === found.ratio && other > found.other))) {
      found = { other, ratio };
    }
  }
  return found && found.other;
}

// Of whom an expression holds. `columns` gives a column by name, or undefined.
function holds(text, columns, names) {
  const tree = parsed(text);
  for (const name of namesIn(tree)) {
    if (names.includes(name)) continue;
    const near = closest(name, names);
    throw new Refused(`there is no variable \`${name}\`${near ? `; did you mean \`${near}\`?` : ""}`);
  }
  return answer(tree, columns);
}
