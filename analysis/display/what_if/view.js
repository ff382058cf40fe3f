// The panel: fields made from the study's parameters, what they change, and a link that holds them.

class Panel {
  constructor(root, held) {
    this.root = root;
    this.held = { ...held, carried: opened(held.carried) };
    this.fields = held.fields;
    this.base = Object.fromEntries(held.fields.map((field) => [field.name, field.base]));
    this.settings = { ...this.base };
    this.texts = {};
    this.endpoints = new Map(held.carried.endpoints.map((one) => [one.name, one]));
    this.by = held.chosen.factor;
    this.band = false;
  }

  // Values of all fields and of what the report has besides.
  under(settings) {
    return { ...this.held.constants, ...settings };
  }

  estimate(settings) {
    const cohort = cohortUnder(this.held.carried, this.under(settings));
    const has = (section) => this.held.sections.includes(section);
    return {
      cohort,
      survival: has("endpoints") ? survivalOf(cohort) : [],
      comparisons: has("factors") ? prognosisOf(cohort) : [],
      relapse: has("relapse") ? relapseOf(cohort) : [],
    };
  }

  // What crosses a line in another cohort under the same settings, against its own numbers under
  // those of the report; null where the population asks for what is not carried of it.
  crossedIn(at, settings) {
    this.others ||= [];
    const other = (this.others[at] ||= { carried: memberOf(this.held.carried, this.held.members[at]) });
    const compute = (of) => {
      const cohort = cohortUnder(other.carried, this.under(of));
      return { survival: survivalOf(cohort), comparisons: prognosisOf(cohort), relapse: relapseOf(cohort) };
    };
    if (!other.base) {
      const base = compute(this.base);
      const rows = rowsOf(base.survival, base.comparisons, base.relapse);
      other.base = Object.fromEntries([...rows].map(([key, { value, note }]) => [key, [isMissing(value) ? null : value, note, ""]]));
    }
    return crossedLines(compute(settings), other.base, (name) => this.words(name));
  }

  // Said when the reader has stopped: in how many other cohorts the same line is crossed.
  async countOthers() {
    const asked = (this.asked = {});
    const { members } = this.held;
    const { crossed } = this;
    if (!crossed.length) return;
    if (!members.length) {
      this.aside.textContent = this.held.why;
      return;
    }
    await new Promise((resume) => { setTimeout(resume, 400); });
    const name = (one) => [one.of, one.kind, one.way].join();
    const counts = new Map(crossed.map((one) => [name(one), 0]));
    for (let at = 0; at < members.length; at += 1) {
      if (this.asked !== asked) return;
      let found;
      try {
        found = this.crossedIn(at, this.settings);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.aside.textContent = `In how many of the other cohorts these lines are crossed is not known here: ${error.message}.`;
        return;
      }
      for (const one of new Set(found.map(name))) if (counts.has(one)) counts.set(one, counts.get(one) + 1);
      await new Promise((resume) => { setTimeout(resume); });
    }
    if (this.asked !== asked) return;
    for (const one of crossed) {
      one.cohorts = counts.get(name(one));
      one.shown.append(` In ${one.cohorts} of ${members.length} other cohorts as well.`);
    }
    this.aside.textContent = `The other ${members.length} cohorts give every published number too: what is crossed in few of them hangs on what was drawn.`;
  }

  // What the page computes of the report's own settings, where it is other than the report's.
  unlikeTheReport() {
    const found = this.estimate(this.base);
    const rows = rowsOf(found.survival, found.comparisons, found.relapse);
    for (const [key, { value }] of rows) {
      const own = baseOf(this.held.base, key);
      if (value === null || !own) continue;
      const same = (Number.isNaN(value) && Number.isNaN(own.value)) ||
        Math.abs(value - own.value) <= 1e-9 * Math.max(1, Math.abs(own.value));
      if (!same) return key;
    }
    return "";
  }

  // Fields ---------------------------------------------------------------------------------------

  build() {
    const id = (name) => `what-if-${name}`;
    const groups = new Map();
    for (const field of this.fields) {
      if (!groups.has(field.group)) groups.set(field.group, []);
      groups.get(field.group).push(this.fieldOf(field, id(field.name)));
    }
    this.form = element("form", { class: "settings" }, ...[...groups].map(([name, fields]) =>
      element("fieldset", {}, element("legend", {}, name), ...fields)));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.state = element("p", { class: "state" });
    this.command = element("code", { tabindex: "0" });
    this.told = element("p", { class: "told", role: "status" });
    const button = (text, act) => {
      const made = element("button", { type: "button" }, text);
      made.addEventListener("click", act);
      return made;
    };
    this.results = element("div", { class: "results" });
    this.lines = element("div", { class: "lines", "aria-live": "polite" });
    this.root.replaceChildren(
      this.introduction(),
      this.form,
      element("div", { class: "buttons" },
        button("Reset", () => this.set({}, true)),
        button("Copy the link", () => {
          this.keep();
          this.copy(location.href, "The link");
        }),
        button("Copy the command", () => this.copy(this.command.textContent, "The command"))),
      this.told,
      this.state,
      element("p", { class: "command" }, "The same report: ", this.command),
      this.lines,
      this.results,
    );
  }

  introduction() {
    const said = ["Move a setting: everything below is computed again, in this page, of the patients that it carries."];
    if (this.held.mark) {
      said.push(`These patients are synthetic, drawn so that the article’s numbers come out. ${this.held.mark} What this panel shows and the article does not print was drawn too: it says nothing of patients.`);
    } else if (this.held.synthetic) said.push("These patients are synthetic: what is shown says nothing of real ones.");
    const absent = this.fields.filter((field) => field.absent && field.absent.length);
    if (absent.length) {
      said.push(`Only make has: ${absent.map((field) => `${midSentence(field.label)} “${field.absent.join("”, “")}”`).join("; ")}.`);
    }
    if (this.held.leftOut.length) {
      said.push(`Not here, since something competes with the event: ${listed(this.held.leftOut)}.`);
    }
    return element("p", { class: "introduction" }, said.join(" "));
  }

  fieldOf(field, id) {
    const hint = element("p", { class: "hint", id: `${id}-hint` }, field.help);
    const refusal = element("p", { class: "refused", id: `${id}-refused`, hidden: true });
    const described = { "aria-describedby": `${id}-refused ${id}-hint` };
    const label = field.unit ? `${field.label}, ${field.unit}` : field.label;
    let controls;
    if (field.kind === "choice") {
      field.input = element("select", { id, ...described }, ...field.choices.map((choice) =>
        element("option", { value: choice }, choice)));
      field.input.addEventListener("change", () => this.typed(field, field.input.value));
      controls = [field.input];
    } else {
      field.input = element("input", {
        id,
        type: "text",
        inputmode: field.kind === "number" ? "decimal" : null,
        autocomplete: "off",
        spellcheck: "false",
        maxlength: field.kind === "text" ? 500 : 24,
        ...described,
      });
      field.input.addEventListener("input", () => this.typed(field, field.input.value));
      controls = [field.input];
      if (field.kind === "number" && field.stops.length > 1) {
        field.slider = element("input", {
          type: "range", min: 0, max: field.stops.length - 1, step: 1, "aria-label": `${label}, slider`,
        });
        field.slider.addEventListener("input", () => this.typed(field, plainly(field.stops[field.slider.value])));
        controls.unshift(field.slider);
      }
      if (field.kind === "text") {
        field.named = element("select", { "aria-label": `${label}, by name` },
          element("option", { value: "" }, "as written"),
          ...field.choices.map((choice) => element("option", { value: choice }, choice)));
        field.named.addEventListener("change", () => field.named.value && this.typed(field, field.named.value));
        controls.push(field.named);
      }
    }
    field.refusal = refusal;
    return element("div", { class: `field ${field.kind}` },
      element("label", { for: id }, label), element("div", { class: "controls" }, ...controls), refusal, hint);
  }

  // What a text stands for, as the model of parameters would take it; Refused in a sentence.
  read(field, text) {
    const given = text.trim();
    if (field.kind === "choice") {
      if (!field.choices.includes(given)) {
        throw new Refused(`${field.label} is one of: ${field.choices.join(", ")}.`);
      }
      return given;
    }
    if (field.kind === "text") {
      if (!given) throw new Refused(`${field.label} is “all”, a name, or an expression.`);
      if (given === EVERYBODY || Object.hasOwn(this.held.carried.subgroups, given)) return given;
      try {
        holds(given, (name) => columnOf(this.held.carried, this.under(this.base), strongestSites(this.held.carried, this.base.alpha_beta || 10), name), Object.keys(this.held.carried.columns));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        throw new Refused(`${error.message}.`);
      }
      return given;
    }
    const value = Number(given.replaceAll(",", ""));
    if (!/^[+-]?(\d|\.\d)[\d,]*(\.\d*)?([eE][+-]?\d+)?$/.test(given) || !Number.isFinite(value)) {
      throw new Refused(`${field.label} is a number.`);
    }
    if (field.whole && !Number.isInteger(value)) throw new Refused(`${field.label} is a whole number.`);
    const { low, high } = field;
    if (low && (value < low.value || (low.open && value === low.value))) {
      throw new Refused(`${field.label} is ${low.open ? "more than" : "at least"} ${plainly(low.value)}.`);
    }
    if (high && (value > high.value || (high.open && value === high.value))) {
      throw new Refused(`${field.label} is ${high.open ? "less than" : "at most"} ${plainly(high.value)}.`);
    }
    return value;
  }

  textOf(field, value) {
    return field.kind === "number" ? plainly(value) : value;
  }

  typed(field, text) {
    this.texts[field.name] = text;
    this.take(field);
    this.later();
  }

  take(field) {
    const text = this.texts[field.name] ?? this.textOf(field, this.base[field.name]);
    if (field.input.value !== text) field.input.value = text;
    let refused = "";
    try {
      this.settings[field.name] = this.read(field, text);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused = error.message;
    }
    this.refuse(field, refused);
    if (!refused && field.slider) {
      const value = this.settings[field.name];
      const distance = field.stops.map((stop) => Math.abs(stop - value));
      field.slider.value = distance.indexOf(Math.min(...distance));
      field.slider.setAttribute("aria-valuetext", `${text}${field.unit ? ` ${field.unit}` : ""}`);
    }
    if (field.named) field.named.value = field.choices.includes(text) ? text : "";
  }

  refuse(field, sentence) {
    field.refused = sentence;
    field.refusal.hidden = !sentence;
    field.refusal.textContent = sentence;
    if (sentence) field.input.setAttribute("aria-invalid", "true");
    else field.input.removeAttribute("aria-invalid");
  }

  set(texts, announced) {
    this.texts = { ...texts };
    this.settings = { ...this.base };
    for (const field of this.fields) this.take(field);
    if (announced) this.told.textContent = "";
    this.later();
  }

  later() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.show();
    });
  }

  // State ----------------------------------------------------------------------------------------

  changed() {
    return this.fields.filter((field) => this.settings[field.name] !== this.base[field.name]);
  }

  fragment() {
    return this.changed()
      .map((field) => `${field.name}=${encodeURIComponent(this.textOf(field, this.settings[field.name]))}`)
      .join("&");
  }

  // From the fragment of the address: the texts of fields, and what in it is no setting.
  static parse(fragment, fields) {
    const texts = {};
    const unknown = [];
    if (!fragment.includes("=")) return { texts, unknown };
    for (const part of fragment.slice(0, 4000).split("&")) {
      const [name, ...rest] = part.split("=");
      let value = rest.join("=");
      try {
        value = decodeURIComponent(value.replaceAll("+", " "));
      } catch {
        unknown.push(name);
        continue;
      }
      if (fields.some((field) => field.name === name) && rest.length) texts[name] = value.slice(0, 500);
      else unknown.push(name);
    }
    return { texts, unknown };
  }

  restore() {
    const { texts, unknown } = Panel.parse(location.hash.slice(1), this.fields);
    this.set(texts, true);
    this.told.textContent = unknown.length
      ? `No setting of this panel, and left out: ${unknown.map((name) => name.slice(0, 40) || "(nothing)").join(", ")}.`
      : "";
    if (Object.keys(texts).length || unknown.length) {
      const fold = this.root.closest("details");
      if (fold) fold.open = true;
      if (!this.pending || fold) this.root.scrollIntoView({ block: "start" });
    }
  }

  keep() {
    const fragment = this.fragment();
    if (location.hash.slice(1) === fragment) return;
    if (!fragment && !location.hash.includes("=")) return;
    try {
      history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
    } catch {
      // A browser may refuse it for a page opened from a file: the link is then that of the page.
    }
  }

  commandText() {
    // What the report was asked for already is asked for again.
    const own = JSON.parse(this.root.closest("[data-changed]")?.dataset.changed || "{}");
    for (const field of this.fields) {
      const value = this.settings[field.name];
      if (value !== field.base || Object.hasOwn(own, field.name)) own[field.name] = this.textOf(field, value);
    }
    const parts = Object.entries(own).map(([name, value]) => {
      const text = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
      return `${name}=${name === "population" && text !== EVERYBODY ? canonical(text, this.held.carried.subgroups) : text}`;
    });
    const dataset = this.held.dataset ? ` DATASET=${this.held.dataset}` : "";
    if (!parts.length) return `make${dataset}`;
    const text = parts.join(" ");
    if (/["\\$`!\n]/.test(text)) {
      return `a file mine.yaml with ${parts.map((part) => part.replace("=", ": ")).join("; ")}, and make${dataset} PARAMS=mine.yaml`;
    }
    return `make${dataset} PARAMS="${text}"`;
  }

  async copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
      this.told.textContent = `${what} is copied.`;
    } catch {
      this.told.textContent = `This browser does not let the page copy. ${what}: ${text}`;
    }
  }

  // Results --------------------------------------------------------------------------------------

  show() {
    const refused = this.fields.filter((field) => field.refused);
    let found = null;
    let why = refused.length ? `Nothing is computed: ${refused.map((field) => field.refused).join(" ")}` : "";
    if (!why) {
      try {
        found = this.estimate(this.settings);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        why = `Nothing is computed: ${error.message}.`;
        const field = this.fields.find((one) => one.name === "population");
        this.refuse(field, `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`);
      }
    }
    const changed = this.changed();
    this.state.textContent = changed.length
      ? `Other than in this report: ${changed.map((field) => `${midSentence(field.label)} ${this.textOf(field, this.settings[field.name])} (${this.textOf(field, this.base[field.name])})`).join("; ")}.`
      : "All settings are those of this report.";
    if (!found) {
      this.command.parentNode.hidden = true;
      this.results.replaceChildren();
      this.lines.replaceChildren(element("p", { class: "refused" }, why));
      return;
    }
    this.command.parentNode.hidden = false;
    this.command.textContent = this.commandText();
    // A browser takes its time to change an address.
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(), 250);
    this.sayLines(found, changed.length);
    this.results.replaceChildren(...this.sections(found));
  }

  words(endpoint) {
    return this.endpoints.get(endpoint).words;
  }

  sayLines(found, moved) {
    const n = found.cohort.members.length;
    const parts = [element("p", {}, `${thousands(n)} patient${n === 1 ? "" : "s"}.`)];
    this.crossed = moved ? crossedLines(found, this.held.base, (name) => this.words(name)) : [];
    if (moved) {
      parts[0].textContent += this.crossed.length
        ? ` ${this.crossed.length} line${this.crossed.length === 1 ? " is" : "s are"} crossed:`
        : " No line is crossed: p values stay on their side of 0.05, hazard ratios and intervals on theirs of 1, and medians keep their order.";
      if (this.crossed.length) {
        parts.push(element("ul", {}, ...this.crossed.map((one) => {
          one.shown = element("li", {}, `${one.subject}: ${one.text}.`);
          return one.shown;
        })));
      }
    }
    this.aside = element("p", { class: "hint" });
    this.lines.replaceChildren(...parts, this.aside);
    this.countOthers();
  }

  sections(found) {
    const has = (section) => this.held.sections.includes(section);
    const parts = [this.curvesOf(found)];
    if (has("endpoints")) parts.push(this.endpointsTable(found));
    if (has("factors")) parts.push(this.factorsTable(found, found.comparisons, "prognosis", "Prognostic factors"));
    if (has("relapse") && found.relapse.length) {
      parts.push(this.factorsTable(found, found.relapse, "relapse_factors", "Relapse by prognostic factor"));
    }
    if (has("table 1")) parts.push(this.tableOne(found));
    parts.push(this.notes(found));
    return parts.filter(Boolean);
  }

  choose(label, choices, chosen, act) {
    const id = `what-if-choice-${label.toLowerCase().replace(/[^a-z]+/g, "-")}`;
    const input = element("select", { id }, ...choices.map(([value, words]) =>
      element("option", { value, selected: value === chosen }, words)));
    input.addEventListener("change", () => {
      act(input.value);
      this.show();
      document.getElementById(id)?.focus();
    });
    return element("span", { class: "choose" }, element("label", { for: id }, label), input);
  }

  factorShown(found) {
    const factor = found.cohort.factors.get(this.by);
    return factor && found.cohort.isRecorded(factor) ? factor : null;
  }

  curvesOf(found) {
    const { cohort } = found;
    const { settings } = cohort;
    const present = endpointsOf(cohort);
    if (!present.length) return element("p", {}, "No endpoint has times of these patients.");
    if (!present.some((one) => one.name === this.endpoint)) this.endpoint = present[0].name;
    const { endpoint } = this;
    const factor = this.factorShown(found);
    const recorded = [...cohort.factors.values()].filter((one) => cohort.isRecorded(one));
    const landmark = factor ? settings.landmark_months : 0;
    const rows = factor ? comparedTimes(cohort, factor, endpoint, landmark) : cohort.times.get(endpoint);
    const groups = factor
      ? factor.levels.map((level, at) => ({
        name: factor.levelWords[at],
        ...summaryOf(rows.filter((one) => one.level === at), settings),
      }))
      : [{ name: "All", ...summaryOf(rows, settings) }];
    const title = `${this.words(endpoint)}${factor ? ` by ${midSentence(factor.label)}` : ""}`;
    const medians = groups.map((group) => `${group.name}: ${group.n} patients, ${group.events} events, median ${medianShown(group)} months`).join("; ");
    const drawing = drawnCurves(groups, cohort.carried.axis, `${title}. ${medians}.`, this.band);
    const band = element("input", { type: "checkbox", checked: this.band });
    band.addEventListener("change", () => {
      this.band = band.checked;
      this.show();
      this.results.querySelector('[data-choice="band"] input')?.focus();
    });
    const compared = factor ? comparisonOf(cohort, factor, endpoint) : null;
    const test = settings.factor_test || "log-rank";
    const level = (group) => (factor ? `${group.name} ` : "");
    let said = `${title}${landmark ? `, from month ${landmark}` : ""}.`;
    said += ` Median, months: ${groups.map((group) => level(group) + medianShown(group)).join("; ")}.`;
    if (compared) {
      said += ` ${test}: p ${pShown(compared.test)}.`;
      said += ` Hazard ratio: ${compared.ratios.map((one) => `${one.level ? `${factor.levelWords[factor.levels.indexOf(one.level)]} ` : ""}${ratioShown(one)}`).join("; ")}.`;
    }
    return element("figure", { class: "curves" },
      element("div", { class: "choices" },
        this.choose("Endpoint", present.map((one) => [one.name, one.words]), endpoint, (value) => { this.endpoint = value; }),
        this.choose("By", [["", "all together"], ...recorded.map((one) => [one.name, one.label])], factor ? factor.name : "", (value) => { this.by = value; }),
        element("label", { class: "choose", "data-choice": "band" }, band, " Confidence bands")),
      drawing,
      element("figcaption", {}, said),
      tableOf("Numbers at risk, by month", ["Group", ...cohort.carried.axis.map(String)], groups.map((group, at) => [
        { text: group.name, key: keyOf(at) },
        ...(group.curve ? numbersAtRisk(group.curve, cohort.carried.axis).map(String) : cohort.carried.axis.map(() => "0")),
      ])));
  }

  // Now, in bold where it is other than in the report; the report's; the article's, if it prints it.
  threefold(now, before, printed) {
    const cells = [{ text: now, changed: now !== before }, before];
    if (this.held.article) cells.push(printed || MISSING);
    return cells;
  }

  heads(words) {
    const mark = this.held.mark;
    const heads = [`${words}${mark}`, `In this report${mark}`];
    if (this.held.article) heads.push("Article");
    return heads;
  }

  endpointsTable(found) {
    const { base } = this.held;
    const level = `${plainly(Number((100 * this.settings.confidence).toPrecision(12)))}% CI`;
    const rows = found.survival.flatMap((one) => {
      const key = `survival|||${one.endpoint.name}|`;
      const before = baseSummary(base, key);
      const medians = [
        `${one.endpoint.words}: median, months (${level})`,
        `${one.events}/${one.n}`,
        ...this.threefold(medianShown(one), before ? medianShown(before) : MISSING, before?.printed),
      ];
      const rates = one.rates.map((rate) => {
        const own = baseOf(base, `${key}${rate.month}|rate`);
        const limit = (side) => baseOf(base, `${key}${rate.month}|rate_${side}`)?.value;
        const then = own ? rateShown({ value: own.value, lower: limit("lower"), upper: limit("upper") }) : MISSING;
        return [`at ${rate.month} months, %`, "", ...this.threefold(rateShown(rate), then, own?.printed)];
      });
      return [medians, ...rates];
    });
    return tableOf("Endpoints", ["Endpoint", "Events/patients", ...this.heads("Now")], rows);
  }

  factorsTable(found, all, analysis, caption) {
    const endpoints = [...new Set(all.map((one) => one.endpoint))];
    const chosen = endpoints.includes(this[analysis]) ? this[analysis] : endpoints[0];
    const { base } = this.held;
    const withMedians = analysis === "prognosis";
    const rows = all.filter((one) => one.endpoint === chosen).map((one) => {
      const key = (level) => `${analysis}|${one.factor.name}|${level}|${one.endpoint}|`;
      const before = baseTest(base, key(""), "p_value", "exact_p");
      const name = one.factor.binary ? one.factor.label : `${one.factor.label}: ${one.factor.levelWords.join(" / ")}`;
      const counts = one.groups.map((group) => `${group.events}/${group.n}`).join(" · ");
      const medians = one.groups.map((group) => medianShown(group).split(" ")[0]).join(" · ");
      const p = this.threefold(pShown(one.test), pShown(before), before?.printed);
      if (!withMedians) return [name, counts, ...p];
      const shown = one.ratios.map(ratioShown).join("; ");
      const then = one.ratios.map((ratio) => baseRatio(base, key(ratio.level))).map((ratio) => (ratio ? ratioShown(ratio) : MISSING)).join("; ");
      return [name, counts, medians, ...p, { text: shown, changed: shown !== then }, then];
    });
    const head = ["Factor", "Events/patients, yes · no"];
    if (withMedians) head.push(`Medians, months${this.held.mark}`);
    head.push(...this.heads("p now"));
    if (withMedians) head.push(`Hazard ratio now${this.held.mark}`, `In this report${this.held.mark}`);
    return element("div", {},
      element("div", { class: "choices" },
        this.choose(`${caption}:`, endpoints.map((name) => [name, this.words(name)]), chosen, (value) => { this[analysis] = value; })),
      tableOf(`${caption}, ${midSentence(this.words(chosen))}`, head, rows));
  }

  tableOne(found) {
    const { cohort } = found;
    const factor = this.factorShown(found) ||
      { label: "", levels: ["all"], levelWords: ["All"], codes: new Int8Array(cohort.carried.n) };
    const described = describedBy(cohort, factor);
    const sizes = factor.levels.map((_, at) => cohort.members.filter((one) => factor.codes[one] === at).length);
    const rows = described.map(({ row, level, groups }) => {
      const name = level === null ? `${row.words}${row.unit ? `, ${row.unit}` : ""}: median (range)` : `${row.words}: ${level}`;
      return [name, ...groups.map((group) => {
        const missing = group.missing ? `; ${group.missing} not recorded` : "";
        if (!group.n) return "not recorded";
        if (level === null) {
          const about = group.limits ? " (some are limits)" : "";
          return `${thousands(group.median, 1)} (${thousands(group.min, 1)}–${thousands(group.max, 1)})${about}${missing}`;
        }
        return `${group.count} (${fixed((100 * group.count) / group.n)}%)${missing}`;
      })];
    });
    const caption = `Patients${factor.label ? ` by ${midSentence(factor.label)}` : ""}`;
    return tableOf(caption, ["Variable", ...factor.levelWords.map((words, at) => `${words} (${sizes[at]})${this.held.mark}`)], rows);
  }

  notes(found) {
    const said = ["In bold: other than in this report. NR, not reached. CI, confidence interval."];
    const tests = [...found.comparisons, ...found.relapse];
    if (tests.some((one) => Object.hasOwn(one.test, "exact"))) {
      said.push("† Fewer than 5 events expected in a group, so that p is exact.");
    }
    if (tests.some((one) => one.ratios.some((ratio) => Object.hasOwn(ratio, "exact")))) {
      said.push("‖ Of few events: the interval is an approximation that cannot be leant on.");
    }
    for (const [name, why] of Object.entries(found.cohort.unrecorded)) said.push(`${this.words(name)} is not estimated: ${why}.`);
    for (const one of endpointsOf(found.cohort)) {
      for (const [reason, n] of Object.entries(found.cohort.left[one.name])) {
        if (n) said.push(`${one.words}: ${n} left out, ${reason}.`);
      }
    }
    return element("p", { class: "note" }, said.join(" "));
  }
}

// An expression as the command line takes it: with spaces, and texts in single quotes.
function canonical(text, subgroups) {
  if (Object.hasOwn(subgroups, text)) return text;
  const shown = (value) => (typeof value === "string" ? quoted(value) : plainly(value));
  const write = (tree, inner) => {
    const word = tree.and ? "and" : tree.or ? "or" : "";
    if (word) {
      const joined = tree[word].map((part) => write(part, true)).join(` ${word} `);
      return inner ? `(${joined})` : joined;
    }
    if (tree.name === undefined) return `not ${write(tree.not, true)}`;
    if (tree.values) return `${tree.name} ${tree.not ? "not in" : "in"} [${tree.values.map(shown).join(", ")}]`;
    return tree.sign ? `${tree.name} ${tree.sign} ${shown(tree.value)}` : tree.name;
  };
  return write(parsed(text), false);
}

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

async function start(root) {
  const without = root.querySelector(".without");
  let panel;
  try {
    panel = new Panel(root, await inflated(root.dataset.cohort));
    const unlike = panel.unlikeTheReport();
    if (unlike) {
      without.textContent = `The panel is not shown: this browser computes another number than the report (${unlike}).`;
      return;
    }
  } catch (error) {
    without.textContent = `The panel cannot be shown: ${error.message} (a fault of this page, or a browser of before 2023).`;
    throw error;
  }
  panel.build();
  panel.restore();
  // A link to a place on the page leaves the settings as they are.
  window.addEventListener("hashchange", () => location.hash.includes("=") && panel.restore());
  // For whoever wants the numbers in a console, and for tests.
  root.estimates = (settings) => {
    try {
      const found = panel.estimate({ ...panel.base, ...settings });
      return Object.fromEntries(rowsOf(found.survival, found.comparisons, found.relapse));
    } catch (error) {
      if (error instanceof Refused) return { refused: error.message };
      throw error;
    }
  };
  root.crossed = () => panel.crossed;
  root.crossedIn = (at) => panel.crossedIn(at, panel.settings);
  root.dataset.ready = "";
}

document.querySelectorAll(".what-if").forEach(start);
