/** What a segment's mail says, and what it brings. */

import { el } from "../dom.js";
import { number, share, signed } from "../format.js";
import { shop } from "../shop.js";
import { badge } from "../parts/small.js";
import { empty } from "../parts/states.js";

/** The variants of the mail's text in each language. */
export function mailOf(content) {
  if (!content) return empty("No text is written yet.", "microseg write drafts one; a person approves it.");
  const locales = Object.entries(content.locales ?? {});
  return locales.map(([locale, variants]) =>
    el(
      "div",
      { class: "locale" },
      locales.length > 1 && el("h3", { text: locale }),
      variants.map(variant),
      content.products ? el("p", { class: "faint", text: `with ${content.products} recommended products` }) : null,
    ),
  );
}

function variant({ name, status, subject, preheader, opening, action }) {
  return el(
    "article",
    { class: "letter" },
    el("p", { class: "below" }, `Variant ${name} `, badge(status, status === "approved" ? "good" : "watch")),
    el("p", { class: "subject", text: subject }),
    preheader && el("p", { class: "faint", text: preheader }),
    el("p", { text: opening }),
    action && el("p", {}, el("span", { class: "call", text: action })),
  );
}

const SHARES = [
  ["Opened", "opened_share", 0],
  ["Clicked", "clicked_share", 1],
  ["Ordered", "converted_share", 1],
  ["Unsubscribed", "unsubscribed_share", -1],
  ["Complained", "complained_share", -1],
  ["Bounced", "bounced_share", -1],
];

/** The week's figures beside the week before. */
export function reportOf(report) {
  if (!report)
    return empty("No mail was counted yet.", "microseg track counts what the mail of each segment comes to.");
  const { week, before } = report;
  const row = (name, now, then, change) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", text: name }),
      el("td", { text: now }),
      el("td", { text: then }),
      el("td", { class: "faint", text: change }),
    );
  const counted = (name, of, told = number) => row(name, told(week[of]), told(before?.[of]), "");
  const shared = ([name, of]) =>
    row(
      name,
      share(week[of]),
      share(before?.[of]),
      before ? `${signed((week[of] - before[of]) * 100, (value) => value.toFixed(1))} points` : "",
    );
  return [
    el(
      "table",
      { class: "plain numbers" },
      el("caption", { class: "hidden", text: `The mail of seven days up to ${report.until}, beside the week before` }),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ["", "This week", "Week before", "Change"].map((text) =>
            text ? el("th", { scope: "col", text }) : el("td"),
          ),
        ),
      ),
      el(
        "tbody",
        {},
        counted("Sent", "sent"),
        counted("Delivered", "delivered"),
        SHARES.map(shared),
        counted("Revenue", "revenue", (value) => shop.money(value)),
      ),
    ),
    el("p", {
      class: "faint",
      text: `Seven days up to ${report.until}. Opens are those of people and decide nothing.`,
    }),
  ];
}
