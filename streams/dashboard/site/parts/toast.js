/** Short notes at the edge of the page: what an action came to. */

import { el } from "../dom.js";

const STAYS_MS = 8_000;

/** Says something for a while; `kind` is good or bad. What is bad stays until it is closed. */
export function toast(text, kind = "good", hint = "") {
  const close = el("button", { type: "button", class: "quiet", "aria-label": "Close this note", text: "×" });
  const node = el(
    "div",
    { class: `toast ${kind}` },
    el("p", {}, text, hint && el("span", { class: "faint", text: ` ${hint}` })),
    close,
  );
  close.addEventListener("click", () => node.remove());
  document.getElementById("toasts").append(node);
  if (kind === "good") setTimeout(() => node.remove(), STAYS_MS);
}
