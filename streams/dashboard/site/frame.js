/** What is around the views: menu, connection, search, colours, token. */

import { el, fill } from "./dom.js";
import { ZONE } from "./format.js";
import { live } from "./live.js";
import { shop } from "./shop.js";
import { themeButton } from "./theme.js";
import { askForToken, forget, hasToken, tokens } from "./token.js";
import { to } from "./router.js";

const MENU = [
  ["", "Segments"],
  ["customers", "Customers"],
  ["proposals", "Proposals"],
  ["trials", "Trials"],
  ["refused", "Refused events"],
  ["workers", "Workers"],
];
const part = (id) => document.getElementById(id);

/** Furnishes the frame. `find` is called with a customer's id. */
export function frame({ find }) {
  skip();
  menu();
  search(find);
  themeButton(part("theme"));
  token();
  tokens.addEventListener("change", token);
  shop.addEventListener("change", told);
  live.addEventListener("state", ({ detail }) => connection(detail));
  connection("away");
  told();
}

/** Marks the view that is open in the menu. */
export function mark(view) {
  const open = view === "segments" ? "" : view;
  for (const link of part("nav").querySelectorAll("a")) {
    if (link.dataset.view === open) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  toggle(false);
}

function toggle(open) {
  part("menu").setAttribute("aria-expanded", String(open));
  part("nav").classList.toggle("open", open);
}

/** Past the menu to the content, without the address, which says which view is open. */
function skip() {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    part("main").focus();
  });
}

function menu() {
  const count = (view) => el("span", { class: "count", data: { of: view } });
  const links = MENU.map(([view, text]) =>
    el("li", {}, el("a", { href: to(view), data: { view } }, el("span", { text }), count(view))),
  );
  fill(part("nav"), el("ul", {}, links));
  part("menu").addEventListener("click", () => toggle(part("menu").getAttribute("aria-expanded") !== "true"));
  part("nav").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    toggle(false);
    part("menu").focus();
  });
}

function search(find) {
  part("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = part("find-customer").value.trim();
    if (id) find(id);
  });
}

function token() {
  const button = part("token");
  const has = hasToken();
  button.textContent = has ? "Lock" : "Unlock";
  button.setAttribute("aria-label", has ? "Lock: forget the token" : "Unlock: enter the token");
  button.onclick = has ? forget : askForToken;
  told();
}

function told() {
  const { overview } = shop;
  if (!overview) return;
  part("application").textContent = overview.application ?? "";
  part("token").hidden = !hasToken() && !overview.access?.token_set;
  for (const place of part("nav").querySelectorAll(".count")) {
    const count = {
      "": overview.segments,
      proposals: overview.proposals,
      trials: overview.trials,
      refused: overview.refused,
      workers: overview.workers,
    }[place.dataset.of];
    const text = count ? count.toLocaleString("en-GB", { notation: "compact" }) : "";
    if (place.textContent !== text) place.textContent = text;
  }
  fill(
    part("foot"),
    `microseg ${overview.version ?? ""} · times are those of ${ZONE}`,
    overview.clock === "event" ? " · the shop's own clock runs faster than yours" : "",
  );
}

function connection(state) {
  const place = part("connection");
  place.className = `connection ${state}`;
  fill(place, el("span", { class: "lamp", "aria-hidden": "true" }), state === "live" ? "Live" : "Connecting…");
}
