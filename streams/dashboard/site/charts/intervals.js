/**
 * Intervals as pictures, one beneath the other on one scale: a line from low to high, a dot where the effect is, and a
 * dashed line where there is none. Places are shares of the width, so that a picture is as wide as there is room.
 */

import { el, svg } from "../dom.js";

const HEIGHT = 22;

/**
 * `rows`: [{name, low, value, high, kind, said}], `kind` is good, bad or open, `said` the numbers as text.
 * `zero`: where there is no effect; `axis(value)`: a number of the scale as text; `ends`: what left and right mean.
 */
export function intervals({ rows, zero, axis, label, ends = null }) {
  const scale = scaleOf(rows, zero);
  return el(
    "div",
    { class: "intervals", role: "group", "aria-label": label },
    rows.map((row) =>
      el(
        "div",
        { class: "interval" },
        el("span", { class: "name" }, row.name),
        track(row, zero, scale),
        el("span", { class: "said", text: row.said }),
      ),
    ),
    el(
      "div",
      { class: "interval scale", "aria-hidden": "true" },
      el("span", { class: "name" }),
      feet(zero, axis, scale),
      el("span", { class: "said" }),
    ),
    ends && el("p", { class: "faint ends", text: ends }),
  );
}

function scaleOf(rows, zero) {
  const low = Math.min(zero, ...rows.map((row) => row.low));
  const high = Math.max(zero, ...rows.map((row) => row.high));
  const edge = (high - low) * 0.06 || 1;
  return { low: low - edge, high: high + edge };
}

const place = (value, { low, high }) => `${(((value - low) / (high - low)) * 100).toFixed(2)}%`;

function track({ low, value, high, kind }, zero, scale) {
  const at = (one) => place(one, scale);
  const middle = HEIGHT / 2;
  return svg(
    "svg",
    { class: `track ${kind}`, height: HEIGHT, "aria-hidden": "true" },
    svg("line", { class: "zero", x1: at(zero), x2: at(zero), y1: 0, y2: HEIGHT }),
    svg("line", { class: "reach", x1: at(low), x2: at(high), y1: middle, y2: middle }),
    svg("line", { class: "end", x1: at(low), x2: at(low), y1: middle - 4, y2: middle + 4 }),
    svg("line", { class: "end", x1: at(high), x2: at(high), y1: middle - 4, y2: middle + 4 }),
    svg("circle", { cx: at(value), cy: middle, r: 4.5 }),
  );
}

/** The scale's numbers: both ends and where there is no effect, if it is not too near to one of them. */
function feet(zero, axis, scale) {
  const span = scale.high - scale.low;
  const far = (value) => Math.abs(value - zero) > span * 0.14;
  const text = (value, anchor) => svg("text", { x: place(value, scale), y: 12, "text-anchor": anchor }, axis(value));
  return svg(
    "svg",
    { class: "feet", height: 16 },
    far(scale.low) && text(scale.low, "start"),
    text(zero, far(scale.low) ? (far(scale.high) ? "middle" : "end") : "start"),
    far(scale.high) && text(scale.high, "end"),
  );
}

/** good where the whole interval is on the better side, bad on the other, else open. */
export function verdict(low, high, zero, better = 1) {
  if (low > zero) return better > 0 ? "good" : "bad";
  if (high < zero) return better > 0 ? "bad" : "good";
  return "open";
}
