/** Memberships as bars over time: a line for every segment, a bar for every stay. */

import { el, svg } from "../dom.js";
import { dayOf, moment } from "../format.js";
import { segmentLink } from "../parts/small.js";

const HEIGHT = 18;
/** Lines at first, the newest; a family has one for each of its values. */
const SHOWN = 12;

/** `bars` [{segment, from, to}] up to the epoch milliseconds `now`; those that go on are drawn to there. */
export function stays(bars, now) {
  const begin = Math.min(...bars.map((bar) => Date.parse(bar.from)));
  const span = Math.max(now - begin, 1);
  const place = (ms) => Math.min(Math.max(((ms - begin) / span) * 100, 0), 100);
  const lines = grouped(bars);
  const newest = ([, some]) => Math.max(...some.map((bar) => (bar.to ? Date.parse(bar.to) : Infinity)));
  const ordered = [...lines].sort((a, b) => newest(b) - newest(a) || a[0].localeCompare(b[0]));
  const rows = ordered.map(([segment, some]) =>
    el("li", { class: "stay" }, el("span", { class: "name" }, segmentLink(segment)), line(segment, some, place)),
  );
  const list = el("ul", {}, rows.slice(0, SHOWN));
  const rest = el("button", { type: "button", class: "small", text: `Show all ${rows.length} segments` });
  rest.addEventListener("click", () => {
    list.append(...rows.slice(SHOWN));
    rows[SHOWN].querySelector("a").focus();
    rest.remove();
  });
  return el(
    "div",
    { class: "stays" },
    list,
    el("div", { class: "stay scale", "aria-hidden": "true" }, el("span", { class: "name" }), feet(begin, now)),
    rows.length > SHOWN && rest,
  );
}

function grouped(bars) {
  const lines = new Map();
  for (const bar of bars) lines.set(bar.segment, [...(lines.get(bar.segment) ?? []), bar]);
  return lines;
}

function line(segment, bars, place) {
  const said = bars.map(told).join("; ");
  return svg(
    "svg",
    { class: "line", height: HEIGHT, role: "img", "aria-label": `${segment}: ${said}` },
    svg("line", { class: "ground", x1: "0%", x2: "100%", y1: HEIGHT / 2, y2: HEIGHT / 2 }),
    bars.map((bar) => {
      const [from, to] = [place(Date.parse(bar.from)), bar.to ? place(Date.parse(bar.to)) : 100];
      return svg(
        "rect",
        {
          class: bar.to ? "past" : "open",
          x: `${from.toFixed(2)}%`,
          y: 3,
          height: HEIGHT - 6,
          rx: 3,
          width: `${Math.max(to - from, 0.4).toFixed(2)}%`,
        },
        svg("title", {}, told(bar)),
      );
    }),
  );
}

const told = (bar) => (bar.to ? `${moment(bar.from)} to ${moment(bar.to)}` : `since ${moment(bar.from)}, still in it`);

function feet(begin, now) {
  const middle = (begin + now) / 2;
  const text = (x, anchor, words) => svg("text", { x, y: 12, "text-anchor": anchor }, words);
  return svg(
    "svg",
    { class: "feet", height: 16 },
    text("0%", "start", dayOf(begin)),
    text("50%", "middle", dayOf(middle)),
    text("100%", "end", "now"),
  );
}
