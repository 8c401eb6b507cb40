/** The workers, and the partitions that they share. */

import { el, fill } from "../dom.js";
import { bytes, duration, number, sentence } from "../format.js";
import { badge, section } from "../parts/small.js";
import { load, notice } from "../parts/states.js";
import { table } from "../parts/table.js";

const EVERY_MS = 5_000;
const HEALTH = { ok: ["At work", "good"], opening: ["Opening", "watch"], "not answering": ["Not answering", "bad"] };

export const workers = {
  title: () => "Workers",
  open({ body, signal }) {
    const some = table({
      caption: "Workers",
      columns: WORKERS,
      key: (row) => row.name,
      order: { by: "Worker" },
      none: "No worker is running. Start one: microseg run",
    });
    const parts = table({
      caption: "Partitions",
      columns: PARTITIONS,
      key: (row) => String(row.partition),
      order: { by: "Partition" },
      none: "No partitions are known.",
    });
    const notes = el("div", { class: "troubles" });
    const update = (data) => {
      fill(notes, notesOf(data));
      some.show(data.workers);
      parts.show(data.partitions);
    };
    load(body, "workers", {
      signal,
      every: EVERY_MS,
      update,
      draw: (data) => {
        update(data);
        return [
          notes,
          section("Workers", some.node),
          section(
            "Partitions",
            el("p", { class: "faint", text: "Customers are divided over partitions; each is kept by one worker." }),
            parts.node,
          ),
        ];
      },
    });
  },
};

function notesOf({ workers: all, partitions, trouble = [] }) {
  const orphaned = partitions.filter((one) => one.worker === null).map((one) => one.partition);
  const digests = new Set(all.map((one) => one.rules).filter(Boolean));
  return [
    trouble.map((one) => notice("bad", sentence(one.error), one.hint ?? "")),
    all.length === 0 &&
      trouble.length === 0 &&
      notice(
        "bad",
        "No worker is running.",
        "Start one: microseg run. Nothing is lost meanwhile; events wait in Kafka.",
      ),
    all.length > 0 &&
      orphaned.length > 0 &&
      notice(
        "watch",
        `Nobody holds partition${orphaned.length === 1 ? "" : "s"} ${orphaned.join(", ")}.`,
        "While workers start or stop this lasts seconds; if it lasts longer, look at their logs.",
      ),
    digests.size > 1 &&
      notice(
        "watch",
        "Workers have different rules.",
        `Live are ${[...digests].join(" and ")}. ` +
          "This lasts seconds after an edit; if it lasts longer, restart the older ones.",
      ),
  ];
}

const healthOf = (text) => badge(...(HEALTH[text] ?? [text, "plain"]));

const WORKERS = [
  { name: "Worker", cell: (row) => el("span", { class: "mono", text: row.name }), by: (row) => row.name },
  { name: "Health", cell: (row) => healthOf(row.health), by: (row) => row.health },
  {
    name: "Partitions",
    cell: (row) => (row.partitions.length ? row.partitions.join(", ") : "none"),
    by: (row) => row.partitions.length,
  },
  {
    name: "Events a second",
    number: true,
    cell: (row) => number(row.events_per_second),
    by: (row) => row.events_per_second,
  },
  {
    name: "Waiting",
    number: true,
    hint: "Events that wait to be read",
    cell: (row) => number(row.lag),
    by: (row) => row.lag,
  },
  { name: "Memory", number: true, cell: (row) => bytes(row.memory), by: (row) => row.memory },
  { name: "Running for", cell: (row) => duration(row.uptime), by: (row) => row.uptime },
  {
    name: "Rules",
    cell: (row) => el("span", { class: "mono", title: `microseg ${row.version ?? ""}`, text: row.rules ?? "–" }),
    by: (row) => row.rules,
  },
];

const PARTITIONS = [
  { name: "Partition", cell: (row) => `Partition ${row.partition}`, by: (row) => row.partition },
  {
    name: "Worker",
    cell: (row) => (row.worker === null ? badge("nobody", "watch") : el("span", { class: "mono", text: row.worker })),
    by: (row) => row.worker,
  },
  { name: "Customers", number: true, cell: (row) => number(row.customers), by: (row) => row.customers },
  { name: "Waiting", number: true, cell: (row) => number(row.lag), by: (row) => row.lag },
  { name: "Events", number: true, cell: (row) => number(row.events), by: (row) => row.events },
  { name: "Memory", number: true, cell: (row) => bytes(row.memory), by: (row) => row.memory },
  {
    name: "To be judged",
    number: true,
    hint: "Customers whose window passed or whose rules changed",
    cell: (row) => number(row.due === null || row.due === undefined ? null : row.due + (row.stale ?? 0)),
    by: (row) => row.due,
  },
];
