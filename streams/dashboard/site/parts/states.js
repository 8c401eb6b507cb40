/** What is shown in place of data: while it is on its way, where there is none, and where something is wrong. */

import { get } from "../api.js";
import { el, fill } from "../dom.js";
import { sentence } from "../format.js";
import { askForToken } from "../token.js";

const PATIENCE_MS = 200;

/**
 * Fetches `path` and draws it into `place`; every `every` milliseconds anew, while somebody looks. `draw(data)` gives
 * nodes, or does what it wants and gives nothing (`update(data)`, where there is one, gets all but the first answer).
 */
export async function load(place, path, { signal, draw, update = null, every = 0 }) {
  const waiting = setTimeout(() => fill(place, loading()), PATIENCE_MS);
  let shown = false;
  place.setAttribute("aria-busy", "true");
  const done = () => {
    clearTimeout(waiting);
    place.removeAttribute("aria-busy");
  };
  const ask = async () => {
    try {
      const data = await get(path, signal);
      if (signal.aborted) return;
      done();
      place.querySelector(":scope > .stale")?.remove();
      if (shown && update) update(data);
      else show(place, draw(data));
      shown = true;
    } catch (error) {
      done();
      if (signal.aborted || error.name === "AbortError") return;
      if (!shown) fill(place, failure(error, ask));
      else if (!place.querySelector(":scope > .stale")) place.prepend(stale(error));
    }
  };
  signal.addEventListener("abort", () => clearTimeout(waiting));
  await ask();
  if (every && !signal.aborted) {
    const timer = setInterval(() => {
      if (!document.hidden) ask();
    }, every);
    signal.addEventListener("abort", () => clearInterval(timer));
  }
}

function show(place, nodes) {
  if (nodes) fill(place, nodes);
}

/** While something is on its way. */
export function loading() {
  return el(
    "p",
    { class: "state loading", role: "status" },
    el("span", { class: "turning", "aria-hidden": "true" }),
    "Loading…",
  );
}

/** Where there is nothing: what would be here, and how it comes about. */
export function empty(text, hint = "") {
  return el("div", { class: "state empty" }, el("p", { text }), hint && el("p", { class: "faint", text: hint }));
}

/** What went wrong and what to do; `again`: what a second try calls, or null. */
export function failure(error, again) {
  const locked = error.status === 401;
  return el(
    "div",
    { class: `state ${locked ? "locked" : "failed"}`, role: "alert" },
    el("p", { class: "what", text: sentence(error.message) }),
    error.hint && el("p", { class: "faint", text: error.hint }),
    el(
      "div",
      { class: "row" },
      locked && el("button", { type: "button", class: "primary", text: "Enter the token", on: { click: askForToken } }),
      again && el("button", { type: "button", text: "Try again", on: { click: again } }),
    ),
  );
}

function stale(error) {
  return el(
    "p",
    { class: "notice watch stale", role: "status" },
    el("strong", { text: "Not up to date. " }),
    `${sentence(error.message)} ${error.hint ?? ""}`,
  );
}

/** Something that whoever looks should know: `kind` is info, watch or bad. */
export function notice(kind, title, text = "", ...more) {
  return el("div", { class: `notice ${kind}` }, el("p", {}, el("strong", { text: title }), text && ` ${text}`), more);
}
