/** A course as a small picture in a table. */

import { svg } from "../dom.js";
import { number } from "../format.js";

const [WIDTH, HEIGHT, EDGE] = [96, 24, 2];

/** A line through `values` (null: not known); null where there are not two. `of`: what it is the course of. */
export function spark(values, of) {
  const known = values.map((value, at) => [at, value]).filter(([, value]) => typeof value === "number");
  if (known.length < 2) return null;
  const numbers = known.map(([, value]) => value);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const x = (at) => EDGE + (at / (values.length - 1)) * (WIDTH - 2 * EDGE);
  const y = (value) =>
    HEIGHT -
    EDGE -
    ((value - low) / (high - low || 1)) * (HEIGHT - 2 * EDGE) * (high > low ? 1 : 0) -
    (high > low ? 0 : HEIGHT / 2 - EDGE);
  const points = known.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const [first, last] = [known[0], known.at(-1)];
  const label = `${of}: from ${number(first[1])} to ${number(last[1])}, lowest ${number(low)}, highest ${number(high)}`;
  return svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    svg("polygon", {
      class: "under",
      points: `${x(first[0]).toFixed(1)},${HEIGHT} ${points.join(" ")} ${x(last[0]).toFixed(1)},${HEIGHT}`,
    }),
    svg("polyline", { points: points.join(" ") }),
    svg("circle", { cx: x(last[0]).toFixed(1), cy: y(last[1]).toFixed(1), r: 1.8 }),
  );
}
