/** One customer: where they stand and why, where they nearly are, and what is known of them. */

import { el, fill, freshId } from "../dom.js";
import { ago, dayInFull, number, timeOfDay, when } from "../format.js";
import { to } from "../router.js";
import { shop } from "../shop.js";
import { stays } from "../charts/stays.js";
import { badge, customerLink, more, section, segmentLink, terms, whyList } from "../parts/small.js";
import { empty, load, notice } from "../parts/states.js";

const PAGE = 60;
const FEW = 5;
const KINDS = {
  view: "Looked",
  cart: "Cart",
  purchase: "Ordered",
  refund: "Refund",
  email: "Mail",
  profile: "Profile",
  merge: "Merged",
  erase: "Erased",
};

export const customer = {
  title: (name) => (name ? name : "Customers"),
  open({ body, name, signal }) {
    if (!name) return fill(body, asked());
    return load(body, `customers/${encodeURIComponent(name)}`, { signal, draw: drawn });
  },
};

function asked() {
  const id = freshId("customer");
  const input = el("input", { id, type: "search", autocomplete: "off", spellcheck: "false", required: true });
  const form = el(
    "form",
    { class: "ask-customer", role: "search", "aria-label": "Customer's page" },
    el("label", { for: id, text: "Customer's id" }),
    el("div", { class: "row" }, input, el("button", { type: "submit", class: "primary", text: "Show" })),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = to("customers", input.value.trim());
  });
  return section(
    "Find a customer",
    el("p", {
      class: "faint",
      text:
        "Their page says which segments they are in, why and until when, what nearly matches, and what is known of " +
        "them. Ids are those of the shop's events, exactly as they are written there.",
    }),
    form,
  );
}

function drawn(data) {
  if (data.merged_into) {
    return notice(
      "info",
      "This id is another customer now.",
      "",
      el(
        "p",
        {},
        "Since ",
        when(data.merged_at),
        " all that was known of it belongs to ",
        customerLink(data.merged_into),
        ".",
      ),
    );
  }
  const now = Date.parse(data.now) || shop.now();
  return [
    el(
      "p",
      { class: "below" },
      el("a", { href: to("customers"), text: "Customers" }),
      " / ",
      el("span", { class: "mono", text: data.user }),
      " ",
      data.suppressed &&
        badge("may not be mailed", "bad", "They unsubscribed, complained, or their mailbox does not exist"),
    ),
    data.source === "store" &&
      notice("watch", "No worker answers.", data.bars_note ?? "The serving store tells only where they stand."),
    terms(
      [
        ["In segments", el("strong", { text: number(data.segments.length) })],
        ["Nearly in", number(data.near.length)],
        ["Known facts", number(data.facts_total)],
        ["As of", when(data.now)],
      ],
      "figures",
    ),
    el(
      "div",
      { class: "pair" },
      section(
        "In these segments",
        folded(
          data.segments.map((one) => membership(one, now)),
          "In no segment now.",
        ),
      ),
      section(
        "Nearly in",
        folded(
          data.near.map((one) => near(one, now)),
          "Nothing is close.",
        ),
      ),
    ),
    section(
      "Memberships over time",
      data.bars.length ? stays(data.bars, now) : empty("No memberships are known yet."),
      data.source !== "store" && data.bars_note && el("p", { class: "faint", text: data.bars_note }),
    ),
    section("What is known of them", data.facts.length ? facts(data) : empty("No facts can be shown.")),
  ];
}

/** A list of which the first few are shown, and all others on demand. */
function folded(items, none) {
  if (!items.length) return empty(none);
  const [first, rest] = [items.slice(0, FEW), items.slice(FEW)];
  return [
    el("ul", { class: "stand" }, first),
    rest.length > 0 && more(`${rest.length} more`, el("ul", { class: "stand" }, rest)),
  ];
}

function membership({ name, title, since, until, why }, now) {
  const reason = whyList(why);
  return el(
    "li",
    {},
    el("p", {}, segmentLink(name, title || name)),
    el(
      "p",
      { class: "below" },
      since ? ["since ", when(since), " · "] : "",
      until ? ["until ", when(until), ` (${ago(until, now)}) if nothing happens`] : since ? "no end in sight" : "",
    ),
    reason && more("Why", reason),
  );
}

function near({ name, title, missing, until }, now) {
  return el(
    "li",
    {},
    el("p", {}, segmentLink(name, title || name)),
    el(
      "ul",
      { class: "missing" },
      missing.map((text) => el("li", { text })),
    ),
    until && el("p", { class: "below" }, "enters by itself ", when(until), ` (${ago(until, now)}) if nothing happens`),
  );
}

function facts({ facts: all, facts_total: total }) {
  const kinds = [...new Set(all.map((fact) => fact.type))];
  const id = freshId("kind");
  const select = el(
    "select",
    { id },
    el("option", { value: "", text: "All" }),
    kinds.map((kind) => el("option", { value: kind, text: KINDS[kind] ?? kind })),
  );
  const place = el("div", { class: "timeline" });
  const told = el("p", { class: "faint", role: "status" });
  const further = el("button", { type: "button", text: "Show older ones" });
  let shown = PAGE;
  const draw = () => {
    const fitting = all.filter((fact) => !select.value || fact.type === select.value);
    fill(place, days(fitting.slice(0, shown)));
    further.hidden = fitting.length <= shown;
    const known = total > all.length ? `; the newest ${number(all.length)} of ${number(total)} can be shown` : "";
    fill(told, `${number(Math.min(shown, fitting.length))} of ${number(fitting.length)}${known}`);
  };
  select.addEventListener("change", () => {
    shown = PAGE;
    draw();
  });
  further.addEventListener("click", () => {
    shown += PAGE;
    draw();
  });
  draw();
  return [
    el(
      "div",
      { class: "filters" },
      el("div", { class: "field" }, el("label", { for: id, text: "Kind" }), select),
      told,
    ),
    place,
    further,
  ];
}

function days(some) {
  const found = [];
  for (const fact of some) {
    const day = dayInFull(fact.at);
    if (found.at(-1)?.day !== day) found.push({ day, list: el("ol") });
    const kind = KINDS[fact.type] ? fact.type : "other";
    const mark = el("span", { class: `kind kind-${kind}`, "aria-hidden": "true" });
    found
      .at(-1)
      .list.append(el("li", {}, mark, when(fact.at, timeOfDay), el("span", { class: "what", text: fact.text })));
  }
  return found.map(({ day, list }) => el("div", {}, el("h3", { text: day }), list));
}
