/** Charts over time, drawn by uPlot; beside each stands its table, which is what screen readers and copying use. */

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { el, fill } from "../dom.js";
import { compact, moment, number } from "../format.js";
import { plainTable } from "../parts/table.js";
import { more } from "../parts/small.js";
import { colour, themes } from "../theme.js";

const HEIGHT = 200;
/** Steps between ticks where customers are counted: there are no halves of them. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((one) => one * 10 ** power));
const HALF_AN_HOUR = 1_800;
const FONT = "12px system-ui, sans-serif";

/**
 * A figure of `rows` [[instant, value, ...], ...], oldest first. `label`: what it shows; `heads`: names of the columns;
 * `kind`: "line", "flow" (second column up, third down) or "band" (low, middle, high); `told`: a value as text.
 */
export function course({ rows, label, heads, kind = "line", told = number, axis = compact, signal }) {
  const box = el("div", { class: "chart", role: "img", "aria-label": summary(rows, label, kind, told) });
  const readout = el("p");
  const say = (at) => {
    readout.textContent = at === null ? "" : sentence(rows[at], heads, told);
  };
  const chart = kept(box, rows, kind, axis, say);
  signal?.addEventListener("abort", chart.end);
  const listed = [...rows].reverse();
  const asTable = more("The same as a table");
  asTable.addEventListener("toggle", () => {
    // made when it is wanted: hundreds of rows
    if (asTable.open && asTable.children.length === 1) {
      asTable.append(
        el(
          "div",
          { class: "scroll", tabindex: "0", role: "region", "aria-label": `${label}: table` },
          plainTable(
            label,
            heads,
            listed.map(([at, ...values]) => [moment(at), ...values.map(told)]),
          ),
        ),
      );
    }
  });
  return el(
    "figure",
    { class: "course" },
    el("div", { class: "above", "aria-hidden": "true" }, legend(kind, heads), readout),
    box,
    asTable,
  );
}

function summary(rows, label, kind, told) {
  const last = rows.at(-1);
  if (kind === "flow") {
    const sum = (at) => rows.reduce((all, row) => all + (row[at] ?? 0), 0);
    return `${label}: ${told(sum(1))} entered and ${told(sum(2))} left in all`;
  }
  const at = kind === "band" ? 2 : 1;
  const values = rows.map((row) => row[at]).filter((value) => typeof value === "number");
  if (!values.length) return label;
  const ends = `from ${told(values[0])} to ${told(last[at])}`;
  return `${label}: ${ends}, lowest ${told(Math.min(...values))}, highest ${told(Math.max(...values))}`;
}

function sentence([at, ...values], heads, told) {
  const words = values.map((value, place) => `${told(value)} ${heads[place + 1].toLowerCase()}`);
  return `${moment(at)}: ${words.join(", ")}`;
}

function legend(kind, heads) {
  if (kind === "line") return null;
  const marks =
    kind === "flow"
      ? [
          ["entered", heads[1]],
          ["exited", heads[2]],
        ]
      : [
          ["middle", heads[2]],
          ["band", "95 % interval"],
        ];
  return el(
    "ul",
    { class: "legend", "aria-hidden": "true" },
    marks.map(([mark, text]) => el("li", {}, el("span", { class: `mark ${mark}` }), text)),
  );
}

/** Keeps a chart as wide as its place and in the colours of the page, until `end`. */
function kept(box, rows, kind, axis, say) {
  let chart = null;
  const draw = () => {
    chart?.destroy();
    chart = null;
    if (box.clientWidth) chart = new uPlot(options(box.clientWidth, kind, axis, say), columns(rows, kind), box);
  };
  const watch = new ResizeObserver(() => {
    if (!chart) draw();
    else if (box.clientWidth && box.clientWidth !== chart.width)
      chart.setSize({ width: box.clientWidth, height: HEIGHT });
  });
  watch.observe(box);
  themes.addEventListener("change", draw);
  return {
    end() {
      watch.disconnect();
      themes.removeEventListener("change", draw);
      chart?.destroy();
      fill(box);
    },
  };
}

function columns(rows, kind) {
  const columned = [
    rows.map(([at]) => Date.parse(at) / 1000),
    ...rows[0].slice(1).map((_, at) => rows.map((row) => row[at + 1])),
  ];
  if (kind === "flow") columned[2] = columned[2].map((value) => (value === null ? null : -value));
  return columned;
}

function options(width, kind, axis, say) {
  const [faint, line] = [colour("faint"), colour("line")];
  const ruled = { stroke: faint, font: FONT, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    hooks: { setCursor: [(chart) => say(chart.cursor.idx ?? null)] },
    scales: {
      x: { time: true, range: kind === "flow" ? beside : null },
      y: { range: kind === "line" ? (_, low, high) => [0, Math.max(1, high * 1.08)] : around },
    },
    axes: [
      { ...ruled, grid: { show: false }, space: 70, size: 26, values: times },
      {
        ...ruled,
        size: kind === "band" ? 66 : 46,
        space: 36,
        incrs: kind === "band" ? undefined : WHOLE,
        values: (_, ticks) => ticks.map((tick) => axis(kind === "flow" ? Math.abs(tick) : tick)),
      },
    ],
    ...drawn(kind),
  };
}

/** Room for half a bar at both ends. */
const beside = (_, low, high) => [low - HALF_AN_HOUR, high + HALF_AN_HOUR];

function around(_, low, high) {
  const most = Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0)) * 1.1 || 1;
  return [low < 0 ? -most : 0, high > 0 ? most : 0];
}

/** Days where ticks are days apart, hours and minutes in between. */
function times(_, ticks) {
  const told = { day: { day: "numeric", month: "short" }, time: { hour: "2-digit", minute: "2-digit" } };
  return ticks.map((tick) => {
    const at = new Date(tick * 1000);
    const midnight = at.getHours() === 0 && at.getMinutes() === 0;
    return at.toLocaleString("en-GB", midnight ? told.day : told.time);
  });
}

function drawn(kind) {
  const [accent, soft, gone] = [colour("accent"), colour("accent-soft"), colour("gone")];
  const points = { show: false };
  if (kind === "flow") {
    const bars = uPlot.paths.bars({ size: [0.7, 14], radius: 0.15 });
    return {
      series: [{}, { paths: bars, fill: accent, width: 0, points }, { paths: bars, fill: gone, width: 0, points }],
    };
  }
  if (kind === "band") {
    const edge = { stroke: accent, width: 0.5, points };
    return { series: [{}, edge, { stroke: accent, width: 2, points }, edge], bands: [{ series: [3, 1], fill: soft }] };
  }
  return { series: [{}, { stroke: accent, fill: soft, width: 1.75, points, spanGaps: false }] };
}
