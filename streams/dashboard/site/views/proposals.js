/** Segments that discovery proposes, each with its evidence. */

import { el } from "../dom.js";
import { NOTHING, dayOf, number, share, when } from "../format.js";
import { intervals, verdict } from "../charts/intervals.js";
import { spark } from "../charts/spark.js";
import { actionBar } from "../parts/actions.js";
import { ruleText } from "../parts/rule_text.js";
import { shareList } from "../parts/shares.js";
import { badge, more, terms } from "../parts/small.js";
import { empty, load, notice } from "../parts/states.js";
import { plainTable } from "../parts/table.js";

export const proposals = {
  title: () => "Proposals",
  open({ body, signal, again }) {
    load(body, "proposals", {
      signal,
      draw: ({ proposals: all, broken = [], last_round: last }) => [
        el("p", {
          class: "faint",
          text:
            "Groups of customers whose later behaviour differs, found by microseg discover. " +
            "Nothing goes live by itself.",
        }),
        last && lastRound(last),
        broken.map((one) => notice("bad", `${one.path} cannot be read.`, one.error)),
        all.length
          ? all.map((one) => card(one, again))
          : empty(
              "There are no proposals.",
              "Let microseg search for segments that nobody thought of: microseg discover",
            ),
      ],
    });
  },
};

/** When discovery looked last, what came of it, and what went wrong. */
function lastRound(last) {
  const found = `${number(last.candidates)} groups found among ${number(last.customers)} customers`;
  const came = last.ended ? `, ${found}, ${number(last.proposals.length)} proposed.` : ", and has not ended yet.";
  return [
    el("p", { class: "faint" }, "The last round began ", when(last.began), came),
    last.trouble && notice("watch", "The last round had trouble.", last.trouble),
  ];
}

function card(one, again) {
  const sizes = (one.stability ?? []).map(([, size]) => size);
  const stability = spark(sizes, "Customers in past weeks");
  return el(
    "article",
    { class: "card proposal", "aria-label": one.title || one.name },
    el(
      "div",
      { class: "heading" },
      el("h2", { text: one.title || one.name }),
      el(
        "span",
        { class: "below" },
        badge(`by ${one.proposed_by ?? "hand"}`),
        one.trial && badge("with a trial", "accent"),
      ),
    ),
    el("p", { class: "below mono", text: one.path }),
    el("p", { text: one.why }),
    one.strategy && el("p", {}, el("strong", { text: "What to mail: " }), one.strategy),
    terms(
      [
        [
          "Customers",
          [
            el("strong", { text: number(one.size) }),
            one.of ? el("span", { class: "faint", text: ` of ${number(one.of)}, ${share(one.size / one.of)}` }) : "",
          ],
        ],
        ["Past weeks", stability ? el("span", { class: "stability" }, stability, more("Weeks", weeks(one))) : NOTHING],
        ["Tested by", `${number(one.examples)} examples`],
        ["Counted as of", one.as_of ?? NOTHING],
      ],
      "figures",
    ),
    el("div", { class: "pair flat" }, evidence(one), overlap(one)),
    actionBar(one.name, "proposed", one.trial ? ["trial", "active", "retired"] : ["active", "retired"], again),
    more("The rule", ruleText(one.rule ?? "", `Rule of ${one.name}`)),
  );
}

/** A measure's name as words. */
const worded = (outcome) => outcome.replaceAll("_", " ");

const weeks = (one) =>
  plainTable(
    "Customers in past weeks",
    ["Week", "Customers"],
    one.stability.map(([day, size]) => [dayOf(day), number(size)]),
  );

function evidence({ lift = [] }) {
  if (!lift.length) return el("div", {}, el("h3", { text: "What they do later" }), empty("No effect was measured."));
  const rows = lift
    .filter((one) => typeof one.low === "number" && typeof one.high === "number")
    .map((one) => ({
      name: worded(one.outcome),
      low: one.low,
      value: one.lift,
      high: one.high,
      kind: verdict(one.low, one.high, 1) === "open" ? "open" : "clear",
      said: `${number(one.lift)} × (${number(one.low)} to ${number(one.high)})`,
    }));
  return el(
    "div",
    {},
    el("h3", { text: "What they do later, beside other customers" }),
    rows.length > 0 &&
      intervals({
        rows,
        zero: 1,
        axis: (value) => `${value.toFixed(1)} ×`,
        label: "How many times as often, with 95 % intervals",
        ends: "Less often ← as others (1 ×) → more often; lines are 95 % intervals.",
      }),
    more(
      "The same as a table",
      plainTable(
        "What they do later",
        ["Outcome", "They", "Others", "Times", "95 % interval"],
        lift.map((one) => [
          worded(one.outcome),
          share(one.rate),
          share(one.base),
          number(one.lift),
          `${number(one.low)} to ${number(one.high)}`,
        ]),
      ),
    ),
  );
}

function overlap({ overlap: rows = [] }) {
  return el(
    "div",
    {},
    el("h3", { text: "Already in" }),
    rows.length === 0
      ? el("p", { class: "faint", text: "No overlap with other segments was counted." })
      : shareList(rows, (row) => share(row.share)),
  );
}
