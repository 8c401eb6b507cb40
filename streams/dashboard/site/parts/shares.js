/** Shares as bars: one, and a list of segments with theirs. */

import { el } from "../dom.js";
import { segmentLink } from "./small.js";

/** A share as a bar; the number stands beside it. */
export function meter(value) {
  const bar = el("span", { class: "meter", "aria-hidden": "true" }, el("span"));
  bar.firstChild.style.width = `${Math.min(Math.max(value ?? 0, 0), 1) * 100}%`;
  return bar;
}

/** Segments with their shares; `said` puts one of them into words. */
export function shareList(rows, said) {
  const line = (row) =>
    el(
      "li",
      {},
      el("span", { class: "name" }, segmentLink(row.name)),
      meter(row.share),
      el("span", { class: "said", text: said(row) }),
    );
  return el("ul", { class: "shares" }, rows.map(line));
}
