/** Trials: a segment's mail measured against a broad one's. */

import { el } from "../dom.js";
import { number, share, signed, when } from "../format.js";
import { shop } from "../shop.js";
import { course } from "../charts/course.js";
import { intervals, verdict } from "../charts/intervals.js";
import { actionBar } from "../parts/actions.js";
import { badge, more, segmentLink, trialState } from "../parts/small.js";
import { empty, load } from "../parts/states.js";
import { plainTable } from "../parts/table.js";

export const trials = {
  title: () => "Trials",
  open({ body, signal, again }) {
    load(body, "trials", {
      signal,
      draw: ({ trials: all }) =>
        all.length
          ? [
              el("p", {
                class: "faint",
                text:
                  "A segment earns its place when its mail does better than the broad mail " +
                  "that the same customers would get.",
              }),
              all.map((one) => card(one, signal, again)),
            ]
          : empty(
              "There are no trials.",
              "Start one for a segment in segment_rules/trial: microseg trial start SEGMENT",
            ),
    });
  },
};

function card(one, signal, again) {
  const [state, kind] = trialState(one.state);
  const told = one.shares
    ? (value) => `${signed(value * 100, (size) => size.toFixed(2))} %`
    : (value) => signed(value, (size) => size.toFixed(2));
  return el(
    "article",
    { class: "card trial", "aria-label": one.title || one.name },
    el("div", { class: "heading" }, el("h2", {}, segmentLink(one.name, one.title || one.name)), badge(state, kind)),
    el(
      "p",
      { class: "below" },
      "against ",
      segmentLink(one.against),
      ` · measured by ${one.metric} · started `,
      when(one.started),
      one.state === "RUNNING" ? [" · decided from ", when(one.decided_from)] : "",
    ),
    progress(one),
    el("p", { class: "sentence", text: one.sentence }),
    effect(one, told),
    one.looks?.length > 1 &&
      el(
        "div",
        {},
        el("h3", { text: "How the difference became known" }),
        course({
          rows: one.looks,
          label: `Difference in ${one.metric}`,
          heads: ["When", "From", "Difference", "To"],
          kind: "band",
          told,
          axis: told,
          signal,
        }),
      ),
    more("Both groups", arms(one)),
    one.move && actionBar(one.name, "trial", [one.move], again),
  );
}

function progress({ day, days, state }) {
  if (state !== "RUNNING") return null;
  return el(
    "p",
    { class: "progress" },
    el("progress", { max: days, value: Math.min(day, days), "aria-label": "Days of the trial" }),
    el("span", { class: "faint", text: `day ${day} of ${days}` }),
  );
}

function effect({ interval, metric, guardrails = [] }, told) {
  if (!interval) return el("p", { class: "faint", text: "No difference can be told yet." });
  const row = (name, [low, value, high], better) => ({
    name,
    low,
    value,
    high,
    kind: verdict(low, high, 0, better),
    said: `${told(value)} (${told(low)} to ${told(high)})`,
  });
  const guarded = guardrails.filter((one) => one.interval);
  return [
    intervals({
      rows: [row(metric, interval, 1)],
      zero: 0,
      axis: told,
      label: `Difference in ${metric}`,
      ends: "Worse ← no difference → better; the line is the 95 % interval.",
    }),
    guarded.length > 0 &&
      el(
        "div",
        {},
        el("h3", { text: "What must not get worse" }),
        intervals({
          rows: guarded.map((one) => row(one.name, one.interval, -1)),
          zero: 0,
          axis: told,
          label: "Guardrails",
          ends: "Less ← no difference → more",
        }),
      ),
  ];
}

const PARTS = [
  ["clicked", "Clicked"],
  ["converted", "Ordered"],
  ["unsubscribed", "Unsubscribed"],
  ["complained", "Complained"],
  ["bounced", "Bounced"],
];

function arms({ arms: { treatment, control } }) {
  const of = (arm, part) =>
    arm.customers ? `${number(arm[part])} (${share(arm[part] / arm.customers)})` : number(arm[part]);
  return plainTable(
    "Both groups",
    ["Counted", "This segment", "Broad mail"],
    [
      ["Customers", number(treatment.customers), number(control.customers)],
      ...PARTS.map(([part, name]) => [name, of(treatment, part), of(control, part)]),
      ["Revenue", shop.money(treatment.revenue), shop.money(control.revenue)],
    ],
  );
}
