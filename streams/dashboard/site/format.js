/** Numbers, shares and instants as text, in the viewer's time zone. */

import { el } from "./dom.js";

const LOCALE = "en-GB";
const plain = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const dayOfYear = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const weekday = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: "full", timeStyle: "long" });
const distance = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** What stands where there is no number. */
export const NOTHING = "–";

/** The viewer's time zone, such as Europe/Berlin. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const known = (value) => typeof value === "number" && Number.isFinite(value);

/** 12,345; two digits after the point where it has any and is small. */
export function number(value) {
  if (!known(value)) return NOTHING;
  return Math.abs(value) >= 100 || Number.isInteger(value) ? plain.format(value) : fine.format(value);
}

/** 12.3K, for axes and narrow places. */
export const compact = (value) => (known(value) ? short.format(value) : NOTHING);

/** What the server said, as a sentence of its own. */
export const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

/** 0.123 as 12.3 %. */
export const share = (value) => (known(value) ? `${(value * 100).toFixed(Math.abs(value) < 0.1 ? 1 : 0)} %` : NOTHING);

/** +12, −3, 0. */
export function signed(value, told = number) {
  if (!known(value)) return NOTHING;
  const sign = value > 0 ? "+" : value < 0 ? "−" : "";
  return sign + told(Math.abs(value));
}

const SIZES = ["B", "KB", "MB", "GB", "TB"];

/** 734003200 as 700 MB. */
export function bytes(value) {
  if (!known(value)) return NOTHING;
  const step = Math.min(SIZES.length - 1, Math.floor(Math.log2(Math.max(value, 1)) / 10));
  return `${fine.format(Number((value / 1024 ** step).toPrecision(3)))} ${SIZES[step]}`;
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** 93784 seconds as 1 day 2 hours. */
export function duration(seconds) {
  if (!known(seconds)) return NOTHING;
  const parts = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  return parts.slice(0, 2).join(" ") || "0 seconds";
}

/** 5 minutes ago; in 3 days. */
export function ago(instant, now = Date.now()) {
  const seconds = (Date.parse(instant) - now) / 1000;
  const [unit, size] = UNITS.find(([, one]) => Math.abs(seconds) >= one) ?? UNITS.at(-1);
  return distance.format(Math.round(seconds / size), unit);
}

/** 14:05:12 */
export const timeOfDay = (instant) => clock.format(new Date(instant));

/** 28 Nov, 14:05 */
export const moment = (instant) => dayAndTime.format(new Date(instant));

/** 28 Nov 2026 */
export const dayOf = (instant) => dayOfYear.format(new Date(instant));

/** Saturday 28 November 2026 */
export const dayInFull = (instant) => weekday.format(new Date(instant));

/** A <time> with the exact instant in its title. `told`: how the text is made of the instant. */
export function when(instant, told = moment) {
  if (!instant || Number.isNaN(Date.parse(instant))) return el("span", { text: NOTHING });
  const title = `${instant} (${full.format(new Date(instant))})`;
  return el("time", { datetime: instant, title, text: told(instant) });
}
