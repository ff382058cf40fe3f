// Elements of the page, and survival curves as a drawing whose numbers stand in tables.

// Text is only ever set as text: nothing of a dataset or of a link is markup.
function element(name, attributes = {}, ...children) {
  const space = SVG_NAMES.has(name) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const made = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG_NAMES = new Set(["svg", "g", "path", "line", "text", "desc", "title"]);
const WIDTH = 640;
const HEIGHT = 330;
const FRAME = { left: 52, right: 14, top: 12, bottom: 46 };
// Lines are told apart by their dashes too.
const DASHES = ["", "7 4", "2 3", "9 3 2 3", "4 2", "12 4"];

function drawnCurves(groups, axis, described, band) {
  const months = axis.at(-1);
  const x = (month) => FRAME.left + (Math.min(month, months) / months) * (WIDTH - FRAME.left - FRAME.right);
  const y = (share) => HEIGHT - FRAME.bottom - share * (HEIGHT - FRAME.top - FRAME.bottom);
  const number = (value) => value.toFixed(1);
  const at = (month, share) => `${number(x(month))} ${number(y(share))}`;
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": described });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(
      element("line", { class: "grid", x1: FRAME.left, x2: WIDTH - FRAME.right, y1: y(share), y2: y(share) }),
      element("text", { x: FRAME.left - 8, y: y(share) + 4, "text-anchor": "end" }, `${100 * share}`),
    );
  }
  for (const month of axis) {
    svg.append(
      element("line", { class: "tick", x1: x(month), x2: x(month), y1: y(0), y2: y(0) + 5 }),
      element("text", { x: x(month), y: y(0) + 20, "text-anchor": "middle" }, `${month}`),
    );
  }
  svg.append(
    element("text", { x: (FRAME.left + WIDTH - FRAME.right) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, "Months"),
    element("text", { x: -y(0.5), y: 14, transform: "rotate(-90)", "text-anchor": "middle" }, "Per cent without the event"),
  );
  groups.forEach((group, place) => {
    const { curve } = group;
    if (!curve) return;
    const steps = (heights) => {
      const parts = [];
      let height = 1;
      curve.days.forEach((day, step) => {
        const month = day / DAYS_PER_MONTH;
        if (month > months || Number.isNaN(heights[step])) return;
        parts.push([month, height], [month, heights[step]]);
        height = heights[step];
      });
      return parts;
    };
    if (band) {
      const outline = [...steps(curve.upper), ...steps(curve.lower).reverse()];
      if (outline.length) {
        svg.append(element("path", { class: `band colour-${place % 6}`, d: `M${outline.map((point) => at(...point)).join("L")}Z` }));
      }
    }
    const last = Math.min(curve.days.at(-1) / DAYS_PER_MONTH, months);
    const line = [[0, 1], ...steps(curve.survival)];
    line.push([last, line.at(-1)[1]]);
    svg.append(element("path", {
      class: `curve colour-${place % 6}`,
      "stroke-dasharray": DASHES[place % 6],
      d: `M${line.map((point) => at(...point)).join("L")}`,
    }));
    let ticks = "";
    curve.days.forEach((day, step) => {
      const month = day / DAYS_PER_MONTH;
      if (!curve.censored[step] || month > months) return;
      const middle = y(curve.survival[step]);
      ticks += `M${number(x(month))} ${number(middle - 4)}v8`;
    });
    if (ticks) svg.append(element("path", { class: `censored colour-${place % 6}`, d: ticks }));
  });
  return svg;
}

// The line of a group, for the head of its row in the table of numbers at risk.
function keyOf(place) {
  return element("svg", { class: "key", viewBox: "0 0 30 8", "aria-hidden": "true" },
    element("path", { class: `curve colour-${place % 6}`, "stroke-dasharray": DASHES[place % 6], d: "M0 4H30" }));
}

// A table: `head` are texts, `rows` have the name of the row first. A cell is a text, or
// {text, changed}.
function tableOf(caption, head, rows) {
  const cell = (content) => {
    const { text, changed, key } = typeof content === "object" ? content : { text: content };
    return [changed ? element("strong", {}, text) : text, key || null];
  };
  const body = rows.map(([name, ...cells]) => {
    const [text, key] = cell(name);
    return element("tr", {}, element("th", { scope: "row" }, key, text),
      ...cells.map((content) => element("td", {}, cell(content)[0])));
  });
  return element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    element("table", {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...body)));
}
