// The oracle in the browser: a request and a few rows to edit, the answer of the plain model, and which rules make
// each number.
//
// 1. Python is loaded on the first click, in a worker (oracle-worker.js); from then on every change is answered.
// 2. What is shown comes from `docs/_extensions/oracle.py`: the answer, its numbers and their rules, and what
//    became of the rows. Here it is only laid out.
// 3. The site has this script only where it has Pyodide; otherwise the page shows what is in the element.
"use strict";
(() => {
  const COLUMNS = {
    started: 21, project_id: 3, release: 8, environment: 6, status: 10, errors: 3, distinct_id: 6, duration: 6,
    quantity: 4, session_id: 6, seq: 3,
  };
  const EDITIONS = ["documented", "2021", "2022", "latest"];
  const NOW = "2024-01-29T12:27:28Z";
  const [SATURDAY, SUNDAY, MONDAY] = ["2024-01-27T", "2024-01-28T", "2024-01-29T"];
  const row = (started, rest) => ({ started: `${started}Z`, project_id: "1", ...rest });
  const EXAMPLES = {
    "Crash-free sessions of two releases": {
      params: "field=crash_free_rate(session)&field=sum(session)&groupBy=release&interval=1d&statsPeriod=1d",
      table: [
        row(SUNDAY + "09:00:00", { release: "app@1.0", status: "exited" }),
        row(SUNDAY + "20:15:00", { release: "app@1.1", status: "crashed" }),
        row(MONDAY + "08:30:00", { release: "app@1.0", status: "exited" }),
        row(MONDAY + "10:00:00", { release: "app@1.1", status: "exited" }),
        row(MONDAY + "10:00:00", { release: "app@1.1", status: "ok", errors: "2", quantity: "3" }),
      ],
    },
    "Users of two days do not add up": {
      params: "field=count_unique(user)&groupBy=session.status&interval=1d&statsPeriod=1d",
      table: [
        row(SUNDAY + "09:00:00", { status: "exited", distinct_id: "ann" }),
        row(SUNDAY + "10:00:00", { status: "crashed", distinct_id: "bob" }),
        row(MONDAY + "09:00:00", { status: "exited", distinct_id: "ann" }),
        row(MONDAY + "10:00:00", { status: "exited", distinct_id: "bob" }),
        row(MONDAY + "11:00:00", { status: "ok", errors: "1" }),
      ],
    },
    "Three updates are one session": {
      params: "field=sum(session)&groupBy=session.status&interval=1d&statsPeriod=1d",
      table: [
        row(MONDAY + "09:00:00", { status: "ok", session_id: "a", seq: "0" }),
        row(MONDAY + "09:00:00", { status: "ok", session_id: "a", seq: "1", errors: "1" }),
        row(MONDAY + "09:00:00", { status: "crashed", session_id: "a", seq: "2", duration: "40" }),
        row(MONDAY + "10:00:00", { status: "ok" }),
        row(MONDAY + "10:00:00", { status: "ok", quantity: "0" }),
      ],
    },
    "A percentile lies between two durations": {
      params: "field=p75(session.duration)&field=avg(session.duration)&interval=1d&statsPeriod=2d",
      table: [
        row(SATURDAY + "09:00:00", { status: "exited", duration: "1" }),
        row(SUNDAY + "09:00:00", { status: "exited", duration: "2" }),
        row(SUNDAY + "10:00:00", { status: "exited", duration: "4" }),
        row(SUNDAY + "11:00:00", { status: "crashed", duration: "900" }),
        row(MONDAY + "09:00:00", { status: "exited", duration: "10", quantity: "50" }),
      ],
    },
    "An interval that is rejected": {
      params: "field=sum(session)&interval=5h&statsPeriod=1d",
      table: [row(MONDAY + "09:00:00", { status: "exited" })],
    },
  };

  // An element with properties and children.
  function make(name, properties = {}, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  const labelled = (text, input) => make("label", {}, `${text} `, input);
  const heading = (...texts) => make("tr", {}, ...texts.map((text) => make("th", { scope: "col" }, text)));
  const scrolling = (...children) => make("div", { className: "scrolling", tabIndex: 0 }, ...children);

  // The form. `changed` is called after every change.
  function form(changed) {
    const params = make("textarea", { rows: 2, spellcheck: false });
    const now = make("input", { size: 22 });
    const edition = make("select", {}, ...EDITIONS.map((text) => new Option(text)));
    const body = make("tbody");
    const renumber = () => {
      [...body.rows].forEach((line, place) => {
        line.cells[0].textContent = place;
        line.querySelectorAll("input").forEach((input) => (input.ariaLabel = `row ${place}, ${input.name}`));
        line.querySelector("button").ariaLabel = `Remove row ${place}`;
      });
      changed();
    };
    const add = (cells) => {
      const line = make("tr", {}, make("th", { scope: "row" }));
      for (const [name, size] of Object.entries(COLUMNS)) {
        line.append(make("td", {}, make("input", { name, size, value: cells[name] ?? "", spellcheck: false })));
      }
      const remove = make("button", { type: "button", onclick: () => (line.remove(), renumber()) }, "×");
      line.append(make("td", {}, remove));
      body.append(line);
    };
    const fill = (example) => {
      Object.assign(params, { value: example.params });
      Object.assign(now, { value: NOW });
      edition.value = EDITIONS[0];
      body.replaceChildren();
      example.table.forEach(add);
      renumber();
    };
    const examples = make("select", {}, ...Object.keys(EXAMPLES).map((title) => new Option(title)));
    examples.addEventListener("input", () => fill(EXAMPLES[examples.value]));
    const copy = () => {
      const cells = body.rows.length ? read().table.at(-1) : row(MONDAY + "09:00:00", { status: "exited" });
      add(cells);
      renumber();
    };
    const read = () => ({
      now: now.value,
      params: params.value.trim(),
      edition: edition.value,
      table: [...body.rows].map((line) =>
        Object.fromEntries([...line.querySelectorAll("input")].map((input) => [input.name, input.value.trim()])),
      ),
    });
    const element = make(
      "div",
      { className: "oracle-form" },
      make("p", {}, labelled("Example", examples)),
      make("p", {}, labelled("Request", params)),
      make("p", {}, labelled("now", now), labelled("edition", edition)),
      scrolling(make("table", {}, make("thead", {}, heading("row", ...Object.keys(COLUMNS), "remove")), body)),
      make("p", {}, make("button", { type: "button", onclick: copy }, "Add a row")),
    );
    for (const input of [params, now, edition, body]) input.addEventListener("input", () => changed());
    fill(Object.values(EXAMPLES)[0]);
    return { element, read };
  }

  // The explained answer, laid out. `rules` has the address of each rule.
  function answer({ answer: { status, body }, rejecting, numbers, rows, window, order }, rules) {
    const links = (sections) =>
      sections.flatMap((section) => [" ", make("a", { href: rules[section] }, `§${section}`)]);
    const steps = (list) =>
      make("ol", {}, ...list.map(({ says, sections, gave }) =>
        make("li", {}, says, ...links(sections), ...(gave ? [": ", make("strong", {}, gave)] : []))));
    if (status !== 200) {
      return [make("p", {}, make("strong", {}, `Rejected (${status}): `), body.detail), steps(rejecting)];
    }
    const why = make("div", { className: "oracle-why" }, "Choose a number to see which rules make it.");
    why.setAttribute("aria-live", "polite");
    const explain = (button, group, { field, where, value, steps: made, rows: from }) => {
      why.parentElement.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", "true");
      const sources = from.length ? `from row${from.length > 1 ? "s" : ""} ${from.join(", ")}` : "from no row";
      const name = [...Object.values(group.by), field, where].join(", ");
      why.replaceChildren(make("p", {}, make("strong", {}, `${name}: ${JSON.stringify(value)}`), ` ${sources}`), steps(made));
    };
    const cell = (group, number) => {
      const button = make("button", { type: "button" }, JSON.stringify(number.value));
      button.setAttribute("aria-pressed", "false");
      button.ariaLabel = `${[...Object.values(group.by), number.field, number.where].join(", ")}: ${button.textContent}`;
      button.onclick = () => explain(button, group, number);
      return make("td", {}, button);
    };
    const names = Object.keys(body.groups[0]?.by ?? {});
    const shown = [...(body.groups[0]?.totals ? ["total"] : []), ...(body.groups[0]?.series ? body.intervals : [])];
    const lines = body.groups.flatMap((group, place) =>
      Object.keys(group.totals ?? group.series).map((field) =>
        make("tr", {},
          ...names.map((name) => make("td", {}, JSON.stringify(group.by[name]))),
          make("th", { scope: "row" }, field),
          ...numbers[place].filter((number) => number.field === field).map((number) => cell(group, number)))));
    const became = rows.map(({ rows: from, class: health, fate, sections }) =>
      make("tr", {}, make("th", { scope: "row" }, from.join(", ")), make("td", {}, health), make("td", {}, fate, ...links(sections))));
    return [
      make("p", {}, `Window: ${body.start} to ${body.end}, ${body.intervals.length} intervals.`),
      lines.length
        ? scrolling(make("table", {}, make("thead", {}, heading(...names, "field", ...shown)), make("tbody", {}, ...lines)))
        : make("p", {}, "No group."),
      why,
      scrolling(make("table", {}, make("thead", {}, heading("rows", "class", "what became of them")), make("tbody", {}, ...became))),
      make("details", {}, make("summary", {}, "The rules of the window"), steps(window)),
      make("details", {}, make("summary", {}, "The rules of groups and their order"), steps(order)),
      make("details", {}, make("summary", {}, "The answer as JSON"), make("pre", { tabIndex: 0 }, JSON.stringify(body, null, 1))),
    ];
  }

  function build(element, address) {
    const status = make("p", { role: "status" });
    const result = make("div", { className: "oracle-answer" });
    let worker;
    let latest = 0;
    const ask = () => worker && worker.postMessage({ number: (latest += 1), request: read() });
    const fail = (problem) => (status.textContent = `Python does not run here: ${problem}`);
    const begin = () => {
      button.remove();
      status.textContent = "Loading Python …";
      try {
        worker = new Worker(address, { type: "module" });
      } catch (problem) {
        fail(`${problem}. A page opened as a file may not start it: serve the site, python -m http.server`);
        return;
      }
      worker.onerror = (event) => fail(event.message || "a part of it is missing");
      worker.onmessage = ({ data: { number, rules, explained, problem } }) => {
        if (number !== latest) return; // the reader has typed on
        status.textContent = problem ? "" : `Answered by the model, in your browser (${explained.answer.status}).`;
        if (problem) fail(problem);
        else result.replaceChildren(...answer(explained, rules));
      };
      ask();
    };
    const button = make("button", { type: "button", className: "oracle-start", onclick: begin }, "Start Python and answer");
    const { element: fields, read } = form(ask);
    element.replaceChildren(fields, button, status, result);
  }

  const address = new URL("oracle-worker.js", document.currentScript.src);
  const start = () => document.querySelectorAll(".oracle").forEach((element) => build(element, address));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
