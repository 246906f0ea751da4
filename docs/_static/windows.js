// The window of a request (§3.2, §3.4, §3.5, §3.7), exact to the microsecond, and a picture of it to play with.
//
// 1. The arithmetic is that of the kernel, in integers (BigInt); tests compare it with the vectors, in Node.
// 2. `draw` makes the picture, an SVG, and `describe` the sentence below it; neither needs a page.
// 3. In a page, each element of the class `window-explorable` gets controls and a picture; its data attributes
//    (now, period, interval, edition) say where it begins. Without scripts there is nothing but the page's
//    own picture.
"use strict";
(() => {
  const SECOND = 1_000_000n;
  const MINUTE = 60n * SECOND;
  const HOUR = 3600n * SECOND;
  const DAY = 86_400n * SECOND;
  const UNITS = { "": 1n, s: 1n, m: 60n, h: 3600n, d: 86_400n, w: 604_800n };
  const MOST_POINTS = 10_000;
  const MOST_INTERVALS = 1000;

  // Microseconds since 1970 of an ISO 8601 text, UTC unless it says otherwise.
  function instant(text) {
    const [, seconds, fraction, zone] = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
    const whole = BigInt(Date.parse(seconds + (seconds.includes("T") ? zone || "Z" : "")));
    return whole * 1000n + BigInt((fraction || "").padEnd(6, "0").slice(0, 6));
  }

  const show = (moment) => new Date(Number(down(moment, SECOND) / 1000n)).toISOString().slice(0, 19) + "Z";

  function period(text) {
    const match = /^([0-9]+)([smhdw]?)$/.exec(text || "");
    return match ? BigInt(match[1]) * UNITS[match[2]] * SECOND : null;
  }

  const down = (moment, unit) => moment - (((moment % unit) + unit) % unit);
  const up = (moment, unit) => -down(-moment, unit);

  // Why an interval is rejected, or null.
  function problemOf(interval) {
    if (interval > DAY) return "The interval has to be less than one day.";
    return DAY % interval ? "The interval should divide one day without a remainder." : null;
  }

  // The window of the last `length` before `now`, in the edition's way of rounding.
  function windowOf(now, length, interval, rounding) {
    const start = now - length;
    if (rounding !== "hourly") return { start: down(start, interval), end: up(now, interval) };
    const unit = interval < MINUTE ? interval : up(interval, HOUR);
    const end = up(now, unit);
    let kept = up(length, unit);
    if (unit > interval && end - kept > start) kept += unit;
    return { start: end - kept, end: end > now ? down(now, MINUTE) + MINUTE : end };
  }

  function startsOf(window, interval) {
    const starts = [];
    for (let start = window.start; start < window.end; start += interval) starts.push(start);
    return starts;
  }

  const short = (moment) => show(moment).slice(5, 16).replace("T", " ");

  // The sentence: how many buckets, from when to when, and how many groups fit.
  function describe(state) {
    const interval = period(state.interval);
    if (problemOf(interval)) return `Rejected: ${problemOf(interval)}`;
    const window = windowOf(state.now, period(state.period), interval, state.edition);
    const n = startsOf(window, interval).length;
    if (n > MOST_INTERVALS) return `Rejected: ${n} intervals are too many.`;
    const groups = Math.floor(MOST_POINTS / n);
    return (
      `${n} bucket${n > 1 ? "s" : ""}, ${show(window.start)} to ${show(window.end)}; ` +
      `at most ⌊10,000 / ${n}⌋ = ${groups.toLocaleString("en")} groups.`
    );
  }

  // The picture: what is asked for above, the buckets below, and now.
  function draw(state) {
    const interval = period(state.interval);
    const asked = { start: state.now - period(state.period), end: state.now };
    const problem = problemOf(interval);
    const window = problem ? asked : windowOf(state.now, period(state.period), interval, state.edition);
    const least = asked.start < window.start ? asked.start : window.start;
    const most = asked.end > window.end ? asked.end : window.end;
    const x = (moment) => (30 + (580 * Number(moment - least)) / Number(most - least)).toFixed(1);
    const box = (from, to, y, height, look) =>
      `<rect x="${x(from)}" y="${y}" width="${(x(to) - x(from)).toFixed(1)}" height="${height}" ${look}/>`;
    const parts = [
      `<text x="30" y="16">asked for: ${short(asked.start)} to ${short(asked.end)}</text>`,
      box(asked.start, asked.end, 24, 10, 'class="asked"'),
    ];
    const starts = problem ? [] : startsOf(window, interval).slice(0, MOST_INTERVALS);
    starts.forEach((start, number) => {
      const end = start + interval < window.end ? start + interval : window.end;
      parts.push(box(start, end, 42, 34, `class="bucket ${number % 2 ? "odd" : "even"}"`));
    });
    const edges = []; // those with room for a label, the end before all others
    for (const edge of starts.length > 0 && starts.length < 14 ? [window.end, ...starts.reverse()] : []) {
      if (edges.length === 0 || x(edges.at(-1)) - x(edge) > 60) edges.push(edge);
    }
    for (const edge of edges) {
      parts.push(`<text class="edge" x="${x(edge)}" y="92">${short(edge).slice(-5)}</text>`);
    }
    parts.push(`<line x1="${x(state.now)}" x2="${x(state.now)}" y1="20" y2="80" class="now"/>`);
    const label = describe(state).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
    return `<svg viewBox="0 0 640 100" role="img" aria-label="${label}">${parts.join("")}</svg>`;
  }

  const CHOICES = {
    period: ["1h", "6h", "1d", "2d", "7d", "14d", "90d"],
    interval: ["1h", "5h", "6h", "7h", "12h", "1d", "1w"],
    edition: ["aligned", "hourly"],
  };
  const TITLES = { now: "now", period: "statsPeriod", interval: "interval", edition: "rounding" };
  let built = 0;

  function control(name, element, changed) {
    const id = `window-${name}-${(built += 1)}`;
    let input;
    if (name === "now") {
      input = Object.assign(document.createElement("input"), { type: "datetime-local", value: element.dataset.now });
    } else {
      input = document.createElement("select");
      for (const text of CHOICES[name]) input.add(new Option(text, text, false, text === element.dataset[name]));
    }
    input.id = id;
    input.addEventListener("input", changed);
    const label = Object.assign(document.createElement("label"), { htmlFor: id, textContent: `${TITLES[name]} ` });
    label.append(input);
    return { label, input };
  }

  function build(element) {
    const picture = document.createElement("div");
    const sentence = document.createElement("output");
    const controls = {};
    const update = () => {
      if (!controls.now.input.value) return; // a date that is half typed
      const state = Object.fromEntries(Object.entries(controls).map(([name, { input }]) => [name, input.value]));
      state.now = instant(state.now);
      picture.innerHTML = draw(state);
      sentence.textContent = describe(state);
    };
    for (const name of Object.keys(TITLES)) controls[name] = control(name, element, update);
    element.append(...Object.values(controls).map(({ label }) => label), picture, sentence);
    update();
  }

  const api = { instant, show, period, problemOf, windowOf, startsOf, describe, draw };
  if (typeof module !== "undefined") module.exports = api;
  if (typeof document !== "undefined") {
    const start = () => document.querySelectorAll(".window-explorable").forEach(build);
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
    else start();
  }
})();
