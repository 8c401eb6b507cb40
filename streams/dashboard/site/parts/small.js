/** Small parts that many views use. */

import { el } from "../dom.js";
import { NOTHING, number } from "../format.js";
import { to } from "../router.js";

const HEALTH = { good: "Good", watch: "Watch", bad: "Act now" };

const TRIALS = {
  RUNNING: ["Running", "accent"],
  KEEP: ["Keep it", "good"],
  REVERT: ["Revert", "bad"],
  ADJUST: ["Adjust", "watch"],
  INVALID: ["Not valid", "bad"],
};

/** What a trial came to, as a word and the kind of its badge. */
export const trialState = (state) => TRIALS[state] ?? [state, "plain"];

/** A segment's health: a word beside a colour, with the reasons in its title. */
export function healthBadge({ state, notes }) {
  return el("span", { class: `badge ${state}`, title: notes?.join(" ") || null, text: HEALTH[state] ?? state });
}

/** A word in a frame. `kind`: plain, accent, good, watch or bad. */
export function badge(text, kind = "plain", title = null) {
  return el("span", { class: `badge ${kind}`, title, text });
}

/** A link to a segment. */
export function segmentLink(name, title = name) {
  return el("a", { href: to("segments", name), title: title === name ? null : name, text: title || name });
}

/** A link to a customer. */
export const customerLink = (user) => el("a", { class: "mono", href: to("customers", user), text: user });

/** A section with a heading. */
export function section(title, ...children) {
  return el("section", { class: "card" }, el("h2", { text: title }), children);
}

/** Terms and what they are: [[term, text or node], ...]. */
export function terms(pairs, classes = "terms") {
  return el(
    "dl",
    { class: classes },
    pairs.map(([term, value]) => el("div", {}, el("dt", { text: term }), el("dd", {}, value))),
  );
}

/** How many came and went, in the colours of the charts. */
export function flow(entered, exited) {
  const told = (mark, value, classes) => {
    if (value) return el("span", { class: classes, text: `${mark}${number(value)}` });
    return el("span", { class: "faint", text: value === 0 ? "0" : NOTHING });
  };
  return [told("+", entered, "entered"), " / ", told("−", exited, "exited")];
}

/** Reasons in words, indented as their rule is; those that do not hold are marked as such. */
export function whyList(lines) {
  if (!lines?.length) return null;
  return el(
    "ul",
    { class: "why" },
    lines.map((line) => {
      const said = typeof line === "string" ? { text: line, holds: true, depth: 0 } : line;
      const depth = Math.min(said.depth ?? 0, 4);
      return el(
        "li",
        { class: `depth-${depth} ${said.holds ? "" : "not"}` },
        el("span", { class: "sign", "aria-hidden": "true", text: said.holds ? "✓" : "✗" }),
        !said.holds && el("span", { class: "hidden", text: "does not hold: " }),
        said.text,
      );
    }),
  );
}

/** What opens on demand. */
export function more(summary, ...children) {
  return el("details", { class: "more" }, el("summary", { text: summary }), children);
}
