/** One segment: who it is for, how it moves, what its mail says and brings. */

import { el, fill } from "../dom.js";
import { ago, number, share, when } from "../format.js";
import { to } from "../router.js";
import { shop } from "../shop.js";
import { askForToken } from "../token.js";
import { course } from "../charts/course.js";
import { actionBar } from "../parts/actions.js";
import { ruleText } from "../parts/rule_text.js";
import { shareList } from "../parts/shares.js";
import {
  badge,
  customerLink,
  flow,
  healthBadge,
  more,
  section,
  segmentLink,
  terms,
  whyList,
  trialState,
} from "../parts/small.js";
import { empty, load, notice } from "../parts/states.js";
import { mailOf, reportOf } from "./mail.js";

const FOLDERS = { active: "Live", trial: "On trial", proposed: "Proposed" };
const TARGETS = { active: ["retired"], trial: ["active", "retired"], proposed: ["trial", "active", "retired"] };

export const segment = {
  title: (name) => name,
  open({ main, body, name, signal }) {
    load(body, `segments/${encodeURIComponent(name)}`, {
      signal,
      draw: (data) => {
        fill(main.querySelector("h1"), data.title || name);
        document.title = `${data.title || name} · microseg`;
        return drawn(data, signal);
      },
    });
  },
};

function drawn(data, signal) {
  const notes = data.health?.notes ?? [];
  return [
    el(
      "div",
      { class: "lead" },
      el(
        "p",
        { class: "below" },
        el("a", { href: to(""), text: "All segments" }),
        " / ",
        data.family && [segmentLink(data.family), " / "],
        el("span", { class: "mono", text: data.name }),
        " ",
        badge(FOLDERS[data.folder] ?? data.folder, data.folder === "active" ? "plain" : "accent"),
        data.health && healthBadge(data.health),
      ),
      data.why && el("p", { class: "why-text", text: data.why }),
      data.strategy && el("p", {}, el("strong", { text: "What to mail: " }), data.strategy),
    ),
    notes.length > 0 && notice(data.health.state === "bad" ? "bad" : "watch", "Health:", notes.join(" ")),
    !data.family &&
      actionBar(data.name, data.folder, TARGETS[data.folder] ?? [], () => {
        location.hash = to("");
      }),
    terms(
      [
        ["Customers", el("strong", { text: number(data.size) })],
        ["Entered / left, 24 h", flow(data.entered_day, data.exited_day)],
        ...(data.known_since ? [["Known since", when(data.known_since)]] : []),
        ...(data.values ? [[`Each ${data.each}`, `${number(data.values)} values`]] : []),
      ],
      "figures",
    ),
    el("div", { class: "pair" }, sizes(data, signal), flows(data, signal)),
    el(
      "div",
      { class: "pair" },
      section(
        "The rule",
        el("p", { class: "faint mono", text: data.path ?? "" }),
        ruleText(data.rule ?? "", "Text of the rule"),
      ),
      overlaps(data),
    ),
    data.trial && trialOf(data),
    examples(data),
    el(
      "div",
      { class: "pair" },
      section("The mail", mailOf(data.content)),
      section("What it brings, seven days", reportOf(data.report)),
    ),
  ];
}

function sizes(data, signal) {
  const rows = data.size_over_time ?? [];
  return section(
    "Customers over time",
    rows.length > 1
      ? course({ rows, label: "Customers over time", heads: ["When", "Customers"], signal })
      : empty("No history yet.", "It grows from the moment the dashboard began to read the changes."),
  );
}

function flows(data, signal) {
  const rows = data.flow ?? [];
  return section(
    "Entered and left, each hour",
    rows.some(([, entered, exited]) => entered || exited)
      ? course({
          rows,
          label: "Entered and left each hour of the last two days",
          heads: ["Hour", "Entered", "Left"],
          kind: "flow",
          signal,
        })
      : empty("Nobody entered or left in the last two days."),
  );
}

function overlaps(data) {
  const rows = data.overlap ?? [];
  return section(
    "Also in",
    rows.length === 0
      ? empty("Its customers are in no other segment.")
      : [
          el("p", { class: "faint", text: "Other segments these customers are in" }),
          shareList(rows, (row) => `${number(row.both)} · ${share(row.share)}`),
        ],
  );
}

function trialOf(data) {
  return section(
    "Trial",
    el("p", {}, badge(...trialState(data.trial.state)), ` against ${data.trial.against}`),
    el("p", { text: data.trial.sentence }),
    el("p", {}, el("a", { href: to("trials"), text: "All trials" })),
  );
}

function examples(data) {
  const locked = data.members === null || data.members === undefined;
  const list = () =>
    data.members.length
      ? el(
          "ul",
          { class: "examples" },
          data.members.map((one) => example(one, data.name)),
        )
      : empty("Nobody is in it now.");
  return section(
    "Some of its customers, and why",
    locked
      ? el(
          "div",
          { class: "state locked" },
          el("p", { text: "Customers' data are locked here." }),
          shop.access.token_set
            ? el("button", { type: "button", text: "Enter the token", on: { click: askForToken } })
            : el("p", {
                class: "faint",
                text: "They are shown on the worker's own machine, or with a token ([dashboard] token).",
              }),
        )
      : list(),
  );
}

function example({ user, segment: value, since, until, why }, name) {
  return el(
    "li",
    {},
    el(
      "p",
      {},
      customerLink(user),
      el(
        "span",
        { class: "faint" },
        value && value !== name ? [" in ", segmentLink(value, value.slice(value.indexOf("/") + 1))] : "",
        " since ",
        when(since),
        until ? [", until ", when(until), ` (${ago(until, shop.now())})`] : ", with no end in sight",
      ),
    ),
    why?.length ? more("Why", whyList(why)) : null,
  );
}
