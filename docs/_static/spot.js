// "Spot the bug": two answers to one request, of which one is wrong; the reader guesses, and sees the answer.
//
// 1. The bugs are in `spot-data.js`, made by `docs/spotting.py`; one is shown at a time.
// 2. `draw` makes a chart of bars, an SVG, on a scale that both answers share; it needs no page.
// 3. Where no chart would show the bug, the two answers are small tables of the positions that differ.
// 4. The address keeps the bug that is shown: #rate-rounded.
"use strict";
(() => {
  const WIDTH = 340;
  const HEIGHT = 190;
  const FLOOR = 160;
  const MOST_LABELS = 14;

  const short = (value) => (value === null ? "null" : String(Number(value.toPrecision(4))));
  const safe = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
  const label = (column) => (/T00:00:00Z$/.test(column) ? column.slice(5, 10) : column.slice(11, 16) || column);

  // Bars of the lines of one answer, side by side in each column; `span` is the least and the greatest value.
  function draw(columns, lines, [least, most]) {
    const y = (value) => FLOOR - ((FLOOR - 20) * (value - least)) / (most - least || 1);
    const step = (WIDTH - 10) / columns.length;
    const width = Math.min(40, (step - 4) / lines.length);
    const labelled = columns.length * lines.length <= MOST_LABELS;
    const parts = [`<line class="axis" x1="5" x2="${WIDTH - 5}" y1="${y(0)}" y2="${y(0)}"/>`];
    columns.forEach((column, place) => {
      const left = 5 + place * step + (step - width * lines.length) / 2;
      lines.forEach(({ values }, number) => {
        const value = values[place];
        const x = left + number * width;
        const middle = (x + width / 2).toFixed(1);
        if (value === undefined) return;
        const top = Math.min(y(value ?? 0), y(0));
        if (value !== null) {
          const height = Math.abs(y(value) - y(0)).toFixed(1);
          parts.push(`<rect class="line-${number}" x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${(width - 1).toFixed(1)}" height="${height}"/>`);
        }
        if (labelled || value === null) {
          parts.push(`<text x="${middle}" y="${(top - 4).toFixed(1)}">${value === null && !labelled ? "∅" : short(value)}</text>`);
        }
      });
      if (columns.length < 9 || place % 4 === 0) {
        parts.push(`<text x="${(5 + (place + 0.5) * step).toFixed(1)}" y="${FLOOR + 18}">${safe(label(column))}</text>`);
      }
    });
    const spoken = lines.map(({ name, values }) => `${name}: ${values.map(short).join(", ")}`).join("; ");
    return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${safe(spoken)}">${parts.join("")}</svg>`;
  }

  // The least and the greatest value of both answers; 0 is always in sight.
  function spanOf({ right, wrong }) {
    const values = [...right, ...wrong].flatMap((line) => line.values).filter((value) => value !== null);
    return [Math.min(0, ...values), Math.max(0, ...values)];
  }

  function make(name, properties = {}, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  const scrolling = (...children) => make("div", { className: "scrolling", tabIndex: 0 }, ...children);

  function table(heads, lines) {
    const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
    const rows = lines.map((cells) => make("tr", {}, ...cells.map((text) => make("td", {}, text))));
    return scrolling(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
  }

  const written = (value) => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

  function tableOfRows(rows) {
    const names = [...new Set(rows.flatMap(Object.keys))];
    return rows.length ? table(names, rows.map((row) => names.map((name) => written(row[name])))) : make("p", {}, "No rows.");
  }

  // One answer, as a chart or as a table.
  function answer(pair, side) {
    const lines = pair[side];
    if (!pair.columns) return table(["position", "value"], lines.map(({ name, values }) => [name, values[0]]));
    const chart = make("div", { innerHTML: draw(pair.columns[side], lines, spanOf(pair)) });
    const legend = lines.map(({ name }, number) => make("span", {}, make("span", { className: `key line-${number}` }), name));
    return make("div", {}, chart, make("p", { className: "legend" }, ...legend));
  }

  function solution(bug, rules, guessed) {
    const { smallest } = bug;
    const report = (text) => {
      const [project, number] = text.split("#");
      return make("a", { href: `https://github.com/${project}/issues/${number}` }, text);
    };
    const differences = smallest.right.map((line, place) => [line.name, line.values[0], smallest.wrong[place].values[0]]);
    const outcomes = smallest.right.map((line, place) => [
      `${line.name}: ${line.values[0]}`, `${smallest.wrong[place].name}: ${smallest.wrong[place].values[0]}`,
    ]);
    const same = smallest.right.every((line, place) => line.name === smallest.wrong[place].name);
    return [
      make("p", {}, make("strong", {}, guessed ? "Yes, that one is wrong. " : "No, that one is right; the other is wrong. ")),
      make("p", {}, make("strong", {}, `${bug.title}. `), bug.explanation.replaceAll("``", ""), " ",
        make("a", { href: rules[bug.section] }, `§${bug.section}`), bug.detail ? ` (Here: ${bug.detail}.)` : ""),
      ...(bug.reports.length ? [make("p", {}, "Public reports: ", ...bug.reports.flatMap((text) => [report(text), " "]))] : []),
      make("p", {}, "The smallest case:"),
      make("pre", { tabIndex: 0 }, smallest.request),
      tableOfRows(smallest.rows),
      same ? table(["position", "right", "wrong"], differences) : table(["right", "wrong"], outcomes),
    ];
  }

  function build(element, { bugs, week, rules }) {
    const chapters = [...new Set(bugs.map((bug) => bug.section[0]))].sort();
    const filter = make("select", {}, new Option("every chapter", ""), ...chapters.map((text) => new Option(`§${text}`, text)));
    const stage = make("div", {});
    const verdict = make("div", { className: "verdict" });
    verdict.setAttribute("aria-live", "polite");
    const score = make("span", { role: "status" });
    const count = { tried: 0, found: 0 };
    const chosen = () => bugs.filter((bug) => !filter.value || bug.section[0] === filter.value);
    let shown;

    function show(bug) {
      shown = bug;
      history.replaceState(null, "", `#${bug.id}`);
      const order = Math.random() < 0.5 ? ["right", "wrong"] : ["wrong", "right"];
      const buttons = order.map((side, place) => make("button", { type: "button", onclick: () => guess(side) }, `${"AB"[place]} is wrong`));
      const guess = (side) => {
        count.tried += 1;
        count.found += side === "wrong";
        score.textContent = ` ${count.found} of ${count.tried} found`;
        buttons.forEach((button) => (button.disabled = true));
        verdict.replaceChildren(...solution(bug, rules, side === "wrong"));
      };
      const rows = bug.of_week ? week : bug.smallest.rows;
      const sides = order.map((side, place) =>
        make("div", { className: "side" }, make("p", {}, make("strong", {}, "AB"[place]), bug.pair.field ? `: ${bug.pair.field}` : ""),
          answer(bug.pair, side), buttons[place]));
      stage.replaceChildren(
        make("p", {}, `One of two answers is wrong. Which? (${chosen().indexOf(bug) + 1} of ${chosen().length})`),
        make("pre", { tabIndex: 0 }, bug.request),
        make("details", {}, make("summary", {}, `Its ${rows.length} rows`), tableOfRows(rows)),
        make("div", { className: "sides" }, ...sides),
      );
      verdict.replaceChildren();
    }

    const next = () => show(chosen()[(chosen().indexOf(shown) + 1) % chosen().length]);
    const another = () => show(chosen()[Math.floor(Math.random() * chosen().length)]);
    filter.addEventListener("input", () => show(chosen()[0]));
    element.replaceChildren(
      make("p", {}, make("label", {}, "Bugs of ", filter), " ",
        make("button", { type: "button", onclick: next }, "Next"), " ",
        make("button", { type: "button", onclick: another }, "Any other"), score),
      stage,
      verdict,
    );
    const requested = decodeURIComponent(location.hash.slice(1));
    show(bugs.find((bug) => bug.id === requested) ?? bugs[0]);
  }

  if (typeof module !== "undefined") module.exports = { draw, spanOf };
  if (typeof document !== "undefined") {
    const start = () => document.querySelectorAll(".spot").forEach((element) => build(element, window.spotData));
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
    else start();
  }
})();
