/** The page: shows the view of the address, and the next one when that changes. */

import { el, fill } from "./dom.js";
import { ApiError } from "./api.js";
import { live } from "./live.js";
import { route, to } from "./router.js";
import { frame, mark } from "./frame.js";
import { shop } from "./shop.js";
import { tokens } from "./token.js";
import { failure } from "./parts/states.js";
import { customer } from "./views/customer.js";
import { overview } from "./views/overview.js";
import { proposals } from "./views/proposals.js";
import { refused } from "./views/refused.js";
import { segment } from "./views/segment.js";
import { trials } from "./views/trials.js";
import { workers } from "./views/workers.js";

const VIEWS = { "": overview, customers: customer, proposals, trials, refused, workers };
const main = document.getElementById("main");
let leaving = new AbortController();

function viewOf({ view, name }) {
  if (view === "segments") return name ? segment : overview;
  return VIEWS[view];
}

/** Shows the view of the address. `moved`: the viewer came here just now, so the focus goes along. */
function show(moved) {
  leaving.abort();
  leaving = new AbortController();
  const at = route(location.hash);
  const view = viewOf(at);
  mark(at.view);
  if (!view) {
    fill(
      main,
      el("h1", { text: "No such page" }),
      failure(new ApiError(404, "There is nothing at this address.", "Choose a view from the menu."), null),
    );
    return;
  }
  const title = view.title(at.name);
  document.title = `${title} · microseg`;
  const body = el("div", { class: "view" });
  fill(main, el("div", { class: "heading" }, el("h1", { tabindex: "-1", text: title })), body);
  view.open({ main, body, name: at.name, signal: leaving.signal, again: () => show(false) });
  if (!moved) return;
  scrollTo(0, 0);
  main.querySelector("h1")?.focus({ preventScroll: true });
}

frame({
  find: (id) => {
    location.hash = to("customers", id);
  },
});
addEventListener("hashchange", () => show(true));
tokens.addEventListener("change", begin);
begin();

/** What the viewer may do decides what is shown; without an answer the view itself says what is wrong. */
async function begin() {
  await shop.ask().catch(() => {});
  show(false);
  live.begin();
}
