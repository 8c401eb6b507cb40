/** What came in and could not be understood, by reason. */

import { el } from "../dom.js";
import { number, when } from "../format.js";
import { shop } from "../shop.js";
import { askForToken } from "../token.js";
import { meter } from "../parts/shares.js";
import { more } from "../parts/small.js";
import { empty, load } from "../parts/states.js";

export const refused = {
  title: () => "Refused events",
  open({ body, signal }) {
    load(body, "refused", {
      signal,
      draw: ({ total, read, reasons }) => {
        if (!reasons.length) return empty("Nothing was refused.", "Every event that came in was understood.");
        const most = reasons.reduce((sum, one) => sum + one.count, 0) || 1;
        return [
          el("p", {
            class: "faint",
            text:
              `${number(total)} refused events; the newest ${number(read)} are sorted here by their reason. ` +
              "The stream goes on without them; they are kept in the topic refused-events.",
          }),
          !reasons.some((one) => one.samples.length) && locked(),
          el(
            "ul",
            { class: "reasons" },
            reasons.map((one) => reason(one, most)),
          ),
        ];
      },
    });
  },
};

function locked() {
  return el(
    "p",
    { class: "notice info" },
    "What was sent is customers' data and locked here. ",
    shop.access.token_set && el("button", { type: "button", text: "Enter the token", on: { click: askForToken } }),
  );
}

function reason({ reason: text, count, samples }, most) {
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "heading" },
      el("h2", { text }),
      el("span", { class: "count" }, meter(count / most), number(count)),
    ),
    samples.length > 0 && more(samples.length === 1 ? "A sample" : `${samples.length} samples`, samples.map(sample)),
  );
}

function sample({ topic, partition, offset, at, text }) {
  return el(
    "figure",
    { class: "sample" },
    el(
      "figcaption",
      { class: "below" },
      when(at),
      el("span", { class: "mono", text: ` ${topic} · partition ${partition} · offset ${offset}` }),
    ),
    el(
      "pre",
      { tabindex: "0", role: "region", "aria-label": `What was sent: ${topic}, ${partition}, ${offset}` },
      el("code", { text: visible(text) }),
    ),
  );
}

/** Signs that cannot be seen, as ones that can. */
function visible(text) {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
