/** The viewer's token: kept for this tab only, and the dialog that asks for it. */

import { el, fill, freshId } from "./dom.js";

const KEY = "microseg-token";
let kept = "";
try {
  kept = sessionStorage.getItem(KEY) ?? "";
} catch {
  // storage is forbidden: the token lives as long as the page
}

/** Tells of "change" when the token is set or forgotten. */
export const tokens = new EventTarget();

/** Whether there is a token. */
export const hasToken = () => kept !== "";

/** The header that carries the token, if there is one. */
export const headers = () => (kept ? { Authorization: `Bearer ${kept}` } : {});

function keep(token) {
  kept = token;
  try {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  } catch {
    // see above
  }
}

/** Forgets the token. */
export function forget() {
  keep("");
  tokens.dispatchEvent(new Event("change"));
}

/** Whether the server takes the token that is kept: it tells in the overview what the asker may do. */
async function accepted() {
  const response = await fetch("api/overview", { headers: headers(), cache: "no-store" });
  if (response.status === 401 || response.status === 403) return false;
  const said = await response.json().catch(() => ({}));
  return said.access === undefined || said.access.actions === true || said.access.customers === true;
}

/** Opens the dialog that asks for the token. */
export function askForToken() {
  const [id, problem] = [freshId("token"), el("p", { class: "problem", role: "alert" })];
  const input = el("input", { id, type: "password", autocomplete: "off", spellcheck: "false", required: true });
  const cancel = el("button", { type: "button", class: "quiet", text: "Cancel" });
  const form = el(
    "form",
    { method: "dialog" },
    el("h2", { text: "Enter the token" }),
    el("p", {
      class: "faint",
      text:
        "It unlocks customers' data and lets you approve, move and plan segments. " +
        "Whoever runs the workers set it as dashboard_token. It is kept in this tab until you close it.",
    }),
    el("label", { for: id, text: "Token" }),
    input,
    problem,
    el("div", { class: "row end" }, cancel, el("button", { type: "submit", class: "primary", text: "Unlock" })),
  );
  const dialog = el("dialog", { class: "ask", "aria-label": "Enter the token" }, form);
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const before = kept;
    keep(input.value.trim());
    try {
      if (await accepted()) {
        dialog.close();
        tokens.dispatchEvent(new Event("change"));
        return;
      }
      fill(problem, "This token was not accepted. Ask whoever runs the workers for it.");
    } catch {
      fill(problem, "The dashboard's server does not answer. Try again in a moment.");
    }
    keep(before);
    input.select();
  });
  document.body.append(dialog);
  dialog.showModal();
}
