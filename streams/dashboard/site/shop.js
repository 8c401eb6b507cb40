/** What all views need to know of the shop: its time, its currency, and what the viewer may do. */

import { get } from "./api.js";
import { live } from "./live.js";

class Shop extends EventTarget {
  overview = null;
  #heard = 0;

  /** Asks for the overview and tells of "change". Raises ApiError. */
  async ask(signal) {
    this.#take(await get("overview", signal));
    return this.overview;
  }

  /** The shop's time in epoch milliseconds: what was told last, and by a clock on the wall what passed since. */
  now() {
    const told = Date.parse(this.overview?.now ?? "");
    if (Number.isNaN(told)) return Date.now();
    return this.overview.clock === "event" ? told : told + (performance.now() - this.#heard);
  }

  /** What the viewer may do: `customers`, `actions`, `token_needed`, `token_set`. */
  get access() {
    return this.overview?.access ?? {};
  }

  /** An amount of money with the shop's currency. */
  money(value) {
    if (typeof value !== "number") return "–";
    const told = value.toLocaleString("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return this.overview?.currency ? `${told} ${this.overview.currency}` : told;
  }

  /** Takes what the stream says, which is a part of the overview. */
  hear(counters) {
    if (this.overview) this.#take({ ...this.overview, ...counters });
  }

  #take(overview) {
    this.overview = overview;
    this.#heard = performance.now();
    this.dispatchEvent(new Event("change"));
  }
}

export const shop = new Shop();

live.addEventListener("counters", ({ detail }) => shop.hear(detail));
// What is wrong stands in the overview; the view that is open asks for it again and sees when it is over.
live.addEventListener("trouble", () => shop.ask().catch(() => {}));
