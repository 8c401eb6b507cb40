/** Who enters and leaves right now. It can be stopped, and stops by itself where somebody points at it. */

import { el, fill } from "../dom.js";
import { timeOfDay, when } from "../format.js";
import { live } from "../live.js";
import { customerLink, segmentLink } from "../parts/small.js";

const SHOWN = 9;
/** Several may come in a second: they are shown together, slow enough to be read. */
const EVERY_MS = 1_500;

/** The newest changes, until `signal`. */
export function feed(signal) {
  const list = el("ol", { class: "feed" });
  const none = el("p", { class: "faint", text: "Changes appear here as they happen." });
  const state = { stopped: false, held: false, waiting: [] };
  const button = el("button", { type: "button", class: "quiet small", text: "Pause" });
  const node = el(
    "section",
    { class: "card now", "aria-label": "Happening now" },
    el("div", { class: "heading" }, el("h2", { text: "Happening now" }), button),
    none,
    list,
  );

  const draw = () => {
    if (state.stopped || state.held || !state.waiting.length) return;
    list.prepend(...state.waiting.splice(0).reverse().map(changed));
    while (list.children.length > SHOWN) list.lastElementChild.remove();
    none.hidden = true;
  };
  button.addEventListener("click", () => {
    state.stopped = !state.stopped;
    fill(button, state.stopped ? "Go on" : "Pause");
    draw();
  });
  const hold = (held) => () => {
    state.held = held;
    draw();
  };
  list.addEventListener("pointerenter", hold(true));
  list.addEventListener("pointerleave", hold(false));
  list.addEventListener("focusin", hold(true));
  list.addEventListener("focusout", hold(false));
  const keep = ({ detail }) => {
    state.waiting = [...state.waiting, detail].slice(-SHOWN);
  };
  live.addEventListener("change", keep, { signal });
  const timer = setInterval(draw, EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  return node;
}

function changed({ user, at, entered, exited, why }) {
  const moved = (names, classes, sign, word) =>
    names.map((name) =>
      el(
        "span",
        { class: `moved ${classes}` },
        el("span", { "aria-hidden": "true", text: sign }),
        el("span", { class: "hidden", text: word }),
        segmentLink(name),
      ),
    );
  return el(
    "li",
    { title: why?.join("; ") || null },
    el(
      "span",
      { class: "who" },
      user ? customerLink(user) : el("span", { class: "faint", text: "a customer" }),
      when(at, timeOfDay),
    ),
    moved(entered ?? [], "entered", "+ ", "entered "),
    moved(exited ?? [], "exited", "− ", "left "),
  );
}
