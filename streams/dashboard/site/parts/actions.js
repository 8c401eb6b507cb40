/** What a viewer with the token may do: plan, approve and move segments. Every move is planned and confirmed first. */

import { act } from "../api.js";
import { el, fill } from "../dom.js";
import { number } from "../format.js";
import { shop } from "../shop.js";
import { askForToken } from "../token.js";
import { failure, loading } from "./states.js";
import { plainTable } from "./table.js";
import { toast } from "./toast.js";

const SAID = {
  active: ["Make it live", "becomes live for all customers"],
  trial: ["Try it first", "becomes a trial: members are counted, half of them are held back as a control"],
  retired: ["Retire", "is taken off; all its members leave it"],
  proposed: ["Back to proposals", "is taken off and waits as a proposal"],
};

/** Buttons that move a segment from `folder` to one of `targets`; where that is locked, one that asks for the token. */
export function actionBar(name, folder, targets, done) {
  if (!shop.access.actions) return lockedBar();
  return el(
    "div",
    { class: "row actions", role: "group", "aria-label": `What to do with ${name}` },
    targets.map((to, at) =>
      el("button", {
        type: "button",
        class: at === 0 ? "primary" : null,
        text: SAID[to][0],
        on: { click: () => confirm(name, folder, to, done) },
      }),
    ),
  );
}

function lockedBar() {
  if (!shop.access.token_set)
    return el("p", {
      class: "faint",
      text: "Read only. To change it here, set a token: [dashboard] token in microseg.toml.",
    });
  return el(
    "div",
    { class: "row actions" },
    el("button", { type: "button", text: "Unlock to change this", on: { click: askForToken } }),
  );
}

function confirm(name, folder, to, done) {
  const plan = el("div", { class: "plan" }, loading());
  const go = el("button", { type: "submit", class: "primary", text: SAID[to][0] });
  const cancel = el("button", { type: "button", class: "quiet", text: "Cancel" });
  const form = el(
    "form",
    { method: "dialog" },
    el("h2", { text: `${SAID[to][0]}?` }),
    el("p", {}, el("strong", { text: name }), ` ${SAID[to][1]}.`),
    plan,
    el("div", { class: "row end" }, cancel, go),
  );
  const dialog = el("dialog", { class: "ask wide", "aria-label": `${SAID[to][0]}: ${name}` }, form);
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    move(name, folder, to, go, dialog, done);
  });
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
  act("plan", { name, to }).then(
    (said) => fill(plan, planned(said)),
    (error) => fill(plan, failure(error, null)),
  );
}

async function move(name, folder, to, go, dialog, done) {
  go.disabled = true;
  try {
    const approved = folder === "proposed" && (to === "active" || to === "trial");
    const { said } = await act(approved ? "approve" : "move", { name, to });
    dialog.close();
    toast(said);
    done();
  } catch (error) {
    go.disabled = false;
    toast(error.message, "bad", error.hint);
    dialog.querySelector(".plan")?.replaceChildren(failure(error, null));
  }
}

function planned({ said, plan }) {
  const rows = plan?.segments ?? [];
  return [
    el("p", { class: "faint", text: said }),
    rows.length > 0 &&
      plainTable(
        "What would change",
        ["Segment", "Now", "Then", "Enter", "Leave"],
        rows.map((row) => [
          row.segment,
          number(row.before),
          number(row.after),
          number(row.entering),
          number(row.leaving),
        ]),
      ),
  ];
}
