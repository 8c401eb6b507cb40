/** The live numbers at the top of the overview. */

import { el, fill } from "../dom.js";
import { compact, number } from "../format.js";
import { live } from "../live.js";
import { shop } from "../shop.js";
import { spark } from "../charts/spark.js";
import { to } from "../router.js";

const KEPT = 60;

const TILES = [
  { of: "customers", name: "Customers", told: number },
  { of: "events_per_second", name: "Events a second", told: (value) => number(rounded(value)), course: true },
  {
    of: "changes_per_minute",
    name: "Changes a minute",
    told: (value) => number(rounded(value)),
    course: true,
    hint: "Customers who entered or left a segment",
  },
  { of: "lag", name: "Waiting", told: number, hint: "Events that wait to be read" },
  { of: "refused", name: "Refused", told: compact, view: "refused", hint: "Events that could not be understood" },
  { of: "workers", name: "Workers", told: number, view: "workers" },
];

const rounded = (value) => (typeof value === "number" && value >= 10 ? Math.round(value) : value);

/** A list of numbers that follows the stream until `signal`. */
export function counters(signal) {
  const courses = new Map(TILES.filter((tile) => tile.course).map((tile) => [tile.of, []]));
  const places = TILES.map((tile) => ({
    tile,
    value: el("dd"),
    course: tile.course ? el("span", { class: "course", "aria-hidden": "true" }) : null,
  }));
  const tell = () =>
    places.forEach(({ tile, value, course }) => {
      const now = shop.overview?.[tile.of];
      const text = tile.told(now);
      if (value.dataset.told !== text) fill(value, tile.view && now ? el("a", { href: to(tile.view), text }) : text);
      value.dataset.told = text;
      if (course) fill(course, spark(courses.get(tile.of), tile.name));
    });
  live.addEventListener(
    "counters",
    ({ detail }) => {
      for (const [name, kept] of courses) {
        kept.push(detail[name] ?? null);
        if (kept.length > KEPT) kept.shift();
      }
    },
    { signal },
  );
  shop.addEventListener("change", tell, { signal });
  tell();
  return el(
    "dl",
    { class: "counters", "aria-label": "Now" },
    places.map(({ tile, value, course }) =>
      el("div", { title: tile.hint }, el("dt", { text: tile.name }), value, course),
    ),
  );
}
