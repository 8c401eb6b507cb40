/**
 * Tables that are sorted by a click on a head. On a phone each row becomes a card, in which `data-of` names the cell;
 * roles are said outright, because a table that is laid out otherwise loses them in some browsers.
 *
 * A column: `{name, cell(row) -> node or text, by(row) -> number or text to sort by, number: bool, hint, short}`;
 * the first one heads its row. `order` {by, descending} is kept up to date, so that its owner may keep it.
 */

import { el, fill } from "../dom.js";
import { NOTHING } from "../format.js";

/** A table with `rows`; `key(row)` names a row, so that one that has not changed stays as it is. */
export function table({ caption, columns, key, order = {}, none = "Nothing to show." }) {
  const body = el("tbody", { role: "rowgroup" });
  const state = { order, rows: [], drawn: new Map() };
  const heads = columns.map((column) => headOf(column, order, () => draw()));
  const node = el(
    "table",
    { role: "table", class: "grid" },
    el("caption", { class: "hidden", text: caption }),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads)),
    body,
  );

  function draw() {
    columns.forEach((column, at) => tellOrder(heads[at], column, order));
    const rows = ordered(
      state.rows,
      columns.find((column) => column.name === order.by),
      order.descending,
    );
    const drawn = new Map();
    for (const row of rows) {
      const [name, content] = [key(row), JSON.stringify(row)];
      const before = state.drawn.get(name);
      drawn.set(name, before?.content === content ? before : { content, node: rowOf(row, columns) });
    }
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    const place = focused?.closest("tr")?.dataset.key;
    fill(body, rows.length ? [...drawn.values()].map((one) => one.node) : nothing(none, columns.length));
    for (const [name, one] of drawn) one.node.dataset.key = name;
    if (focused && !body.contains(document.activeElement)) refocus(body, focused, place);
    state.drawn = drawn;
  }

  return {
    node,
    show(rows) {
      state.rows = rows;
      draw();
    },
  };
}

function refocus(body, focused, place) {
  if (focused.isConnected) focused.focus({ preventScroll: true });
  else
    [...body.rows]
      .find((row) => row.dataset.key === place)
      ?.querySelector("a, button")
      ?.focus({ preventScroll: true });
}

function headOf(column, order, draw) {
  const classes = column.number ? "number" : null;
  if (!column.by)
    return el("th", { role: "columnheader", scope: "col", class: classes, title: column.hint, text: column.name });
  const sort = () => {
    order.descending = order.by === column.name ? !order.descending : column.number === true;
    order.by = column.name;
    draw();
  };
  const button = el(
    "button",
    { type: "button", class: "sort", title: column.hint, on: { click: sort } },
    column.name,
    el("span", { class: "arrow", "aria-hidden": "true" }),
  );
  return el("th", { role: "columnheader", scope: "col", class: classes }, button);
}

function tellOrder(head, column, order) {
  if (!column.by) return;
  if (column.name === order.by) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
  else head.removeAttribute("aria-sort");
}

function ordered(rows, column, descending) {
  if (!column) return rows;
  const turn = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, by: column.by(row) }))
    .sort((a, b) => {
      const [noA, noB] = [a.by === null || a.by === undefined, b.by === null || b.by === undefined];
      if (noA || noB) return Number(noA) - Number(noB); // what is not known comes last, either way
      return turn * (typeof a.by === "number" ? a.by - b.by : String(a.by).localeCompare(String(b.by), "en"));
    })
    .map((one) => one.row);
}

function rowOf(row, columns) {
  return el(
    "tr",
    { role: "row" },
    columns.map((column, at) => {
      const content = column.cell(row);
      const data = { of: column.short ?? column.name };
      const classes = column.number ? "number" : null;
      if (at === 0) return el("th", { role: "rowheader", scope: "row", class: classes }, content);
      if (content === NOTHING) return el("td", { role: "cell", class: `${classes ?? ""} nothing`, data }, content);
      return el("td", { role: "cell", class: classes, data }, content);
    }),
  );
}

function nothing(text, span) {
  return el("tr", { role: "row" }, el("td", { role: "cell", colspan: span, class: "none", text }));
}

/** A small table of texts: heads, and rows of as many cells, the first of which heads the row. */
export function plainTable(caption, heads, rows) {
  return el(
    "table",
    { class: "plain" },
    el("caption", { class: "hidden", text: caption }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        heads.map((text) => el("th", { scope: "col", text })),
      ),
    ),
    el(
      "tbody",
      {},
      rows.map(([first, ...rest]) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, first),
          rest.map((cell) => el("td", {}, cell)),
        ),
      ),
    ),
  );
}
