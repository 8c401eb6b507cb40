/** The server's answers, and its errors in words that say what to do. */

import { headers } from "./token.js";

/** What went wrong: `status` (0: nobody answered), one clear sentence, and a hint. */
export class ApiError extends Error {
  constructor(status, message, hint = "") {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** The JSON under `api/PATH`. Raises ApiError; an aborted request raises as `fetch` does. */
export function get(path, signal) {
  return answered(path, { signal, headers: headers(), cache: "no-store" });
}

/** Does an action, `approve`, `move` or `plan`, and gives what the server said of it. */
export function act(action, wanted) {
  return answered(`actions/${action}`, {
    method: "POST",
    headers: { ...headers(), "Content-Type": "application/json" },
    body: JSON.stringify(wanted),
  });
}

async function answered(path, options) {
  let response;
  try {
    response = await fetch(`api/${path}`, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(
      0,
      "The dashboard's server does not answer.",
      "Is the worker still running? Start it with: microseg run",
    );
  }
  const said = await response.json().catch(() => null);
  if (response.ok && said !== null) return said;
  throw new ApiError(
    response.status,
    said?.error ?? `The server answered with status ${response.status}.`,
    said?.hint ?? "",
  );
}
