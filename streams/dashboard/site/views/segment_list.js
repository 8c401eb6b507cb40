/** The table of segments: sorted, filtered, and with sizes that follow the stream. */

import { el, freshId } from "../dom.js";
import { number } from "../format.js";
import { spark } from "../charts/spark.js";
import { badge, flow, healthBadge, segmentLink, trialState } from "../parts/small.js";
import { table } from "../parts/table.js";

const ANY = "";
/** What the viewer wants to see, also when they come back to the list. */
const wanted = { text: "", folder: ANY, health: ANY, values: false };
const order = { by: "Customers", descending: true };

/** A table of segments with its filters: `nodes`, `show(rows)` and `sizes({name: size})`, which come by themselves. */
export function segmentList() {
  let rows = [];
  const grid = table({
    caption: "Segments",
    columns: COLUMNS,
    key: (row) => row.name,
    order,
    none: "No segment fits these filters.",
  });
  const told = el("p", { class: "faint", role: "status" });
  const draw = () => {
    const found = rows.filter((row) => fits(row));
    grid.show(found);
    const text = `${found.length} of ${rows.filter((row) => wanted.values || !row.family).length}`;
    if (told.textContent !== text) told.textContent = text;
  };
  return {
    nodes: [filters(draw, told), grid.node],
    show(all) {
      rows = all;
      draw();
    },
    sizes(sizes) {
      rows = rows.map((row) =>
        row.name in sizes && sizes[row.name] !== row.size ? { ...row, size: sizes[row.name] } : row,
      );
      if (!grid.node.matches(":hover")) draw(); // no row moves away from under somebody's pointer
    },
  };
}

function fits(row) {
  if (row.family && !wanted.values) return false;
  const text = `${row.name} ${row.title} ${row.why}`.toLowerCase();
  return (
    text.includes(wanted.text.trim().toLowerCase()) &&
    (!wanted.folder || row.folder === wanted.folder) &&
    (!wanted.health || row.health?.state === wanted.health)
  );
}

function filters(draw, told) {
  const choice = (name, label, choices) => {
    const id = freshId("filter");
    const select = el(
      "select",
      { id },
      choices.map(([value, text]) => el("option", { value, text })),
    );
    select.value = wanted[name];
    select.addEventListener("change", () => {
      wanted[name] = select.value;
      draw();
    });
    return el("div", { class: "field" }, el("label", { for: id, text: label }), select);
  };
  const [textId, valuesId] = [freshId("filter"), freshId("filter")];
  const text = el("input", { id: textId, type: "search", placeholder: "Name, title or reason", autocomplete: "off" });
  text.value = wanted.text;
  text.addEventListener("input", () => {
    wanted.text = text.value;
    draw();
  });
  const values = el("input", { id: valuesId, type: "checkbox" });
  values.checked = wanted.values;
  values.addEventListener("change", () => {
    wanted.values = values.checked;
    draw();
  });
  return el(
    "div",
    { class: "filters", role: "group", "aria-label": "Filter the segments" },
    el("div", { class: "field grow" }, el("label", { for: textId, text: "Filter" }), text),
    choice("folder", "Status", [
      [ANY, "All"],
      ["active", "Live"],
      ["trial", "On trial"],
    ]),
    choice("health", "Health", [
      [ANY, "All"],
      ["good", "Good"],
      ["watch", "Watch"],
      ["bad", "Act now"],
    ]),
    sorting(draw),
    el(
      "div",
      { class: "field check" },
      values,
      el("label", {
        for: valuesId,
        text: "Each value of families",
        title:
          "A rule for every category or product is a family; this shows its largest values as segments of their own",
      }),
    ),
    told,
  );
}

/** Where rows are cards there are no heads to click on. */
function sorting(draw) {
  const id = freshId("filter");
  const columns = COLUMNS.filter((column) => column.by);
  const select = el(
    "select",
    { id },
    columns.map((column) => el("option", { value: column.name, text: column.name })),
  );
  select.value = order.by;
  select.addEventListener("change", () => {
    order.by = select.value;
    order.descending = columns.find((column) => column.name === order.by).number === true;
    draw();
  });
  return el("div", { class: "field cards" }, el("label", { for: id, text: "Sort by" }), select);
}

const named = (row) => [
  el("span", { class: "title" }, segmentLink(row.name, row.title || row.name)),
  el(
    "span",
    { class: "below" },
    el("span", { class: "mono", text: row.name }),
    row.values ? ` · each ${row.each} (${number(row.values)})` : "",
    row.everyone ? " · everyone" : "",
  ),
];
const MAIL = { approved: "Approved", draft: "Draft", both: "Approved, drafts" };
const RANK = { bad: 0, watch: 1, good: 2 };

const COLUMNS = [
  { name: "Segment", cell: named, by: (row) => row.title || row.name },
  { name: "Customers", number: true, cell: (row) => number(row.size), by: (row) => row.size },
  {
    name: "Trend",
    cell: (row) =>
      spark(
        (row.trend ?? []).map(([, size]) => size),
        "Customers over the last days",
      ) ?? "–",
  },
  {
    name: "In / out",
    number: true,
    hint: "Customers who entered and left in the last 24 hours",
    short: "In / out, 24 h",
    cell: (row) => flow(row.entered_day, row.exited_day),
    by: (row) => (row.entered_day ?? 0) + (row.exited_day ?? 0),
  },
  {
    name: "Health",
    cell: (row) => (row.health ? healthBadge(row.health) : "–"),
    by: (row) => RANK[row.health?.state] ?? null,
  },
  {
    name: "Mail",
    hint: "Whether what its mail says is approved",
    cell: (row) =>
      row.content
        ? el("span", { title: row.content.subject, text: MAIL[row.content.status] ?? row.content.status })
        : "–",
    by: (row) => row.content?.status ?? null,
  },
  {
    name: "Trial",
    cell: (row) =>
      row.trial
        ? badge(...trialState(row.trial.state), row.trial.sentence)
        : row.folder === "trial"
          ? badge("trial", "accent")
          : "–",
    by: (row) => row.trial?.state ?? (row.folder === "trial" ? "trial" : null),
  },
];
