/** All segments at a glance, and what happens now. */

import { el, fill } from "../dom.js";
import { sentence } from "../format.js";
import { live } from "../live.js";
import { shop } from "../shop.js";
import { empty, failure, load, notice } from "../parts/states.js";
import { counters } from "./counters.js";
import { feed } from "./feed.js";
import { segmentList } from "./segment_list.js";

const EVERY_MS = 10_000;

export const overview = {
  title: () => "Segments",
  open({ body, signal }) {
    const troubles = el("div", { class: "troubles" });
    const place = el("div", { class: "segments" });
    fill(body, troubles, counters(signal), el("div", { class: "beside" }, place, feed(signal)));
    troublesIn(troubles, signal);
    const list = segmentList();
    const update = (data) => list.show(data.segments);
    live.addEventListener(
      "counters",
      ({ detail }) => {
        if (detail.sizes) list.sizes(detail.sizes);
      },
      { signal },
    );
    load(place, "segments", {
      signal,
      every: EVERY_MS,
      update,
      draw: (data) => {
        if (!data.segments.length)
          return empty(
            "There are no segments yet.",
            "Put a rule into segment_rules/active, or let discovery propose some: microseg discover.",
          );
        update(data);
        return list.nodes;
      },
    });
  },
};

/** Says what is wrong with the shop or its server, for as long as it is. */
function troublesIn(place, signal) {
  let told = "";
  const tell = () => {
    const { trouble, state, progress } = shop.overview ?? {};
    const now = JSON.stringify([trouble, state, progress]);
    if (now !== told) fill(place, troublesOf(shop.overview));
    told = now;
  };
  const ask = () =>
    shop.ask(signal).catch((error) => {
      if (signal.aborted) return;
      told = "";
      fill(place, failure(error, null));
    });
  shop.addEventListener("change", tell, { signal });
  tell();
  if (!shop.overview) ask();
  const timer = setInterval(() => document.hidden || ask(), EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function troublesOf(overview) {
  if (!overview) return null;
  const said = (overview.trouble ?? []).map((one) => notice("bad", sentence(one.error), one.hint ?? ""));
  if (overview.state === "starting") {
    said.push(
      notice(
        "info",
        "Starting.",
        `The history is still being read (${Math.floor((overview.progress ?? 0) * 100)} %). ` +
          "Numbers that are not known yet are shown as a dash.",
      ),
    );
  }
  return said;
}
