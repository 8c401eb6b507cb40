/**
 * The server's events. Read by `fetch` and not by EventSource, since that cannot send the token.
 * Tells of "counters" and "change" (with `detail`) and of "state": `live`, `away` or `paused`.
 */

import { headers } from "./token.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/** One event of a stream: blocks are separated by an empty line. Comments come to nothing. */
export function parsed(block) {
  let [kind, data] = ["message", ""];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) kind = line.slice(6).trim();
    else if (line.startsWith("data:")) data += line.slice(5);
  }
  return data ? { kind, detail: JSON.parse(data) } : null;
}

class Live extends EventTarget {
  state = "away";
  #stop = null;

  /** Begins to read, and goes on until `end`; what is broken off is taken up again. */
  async begin() {
    this.end();
    const stop = new AbortController();
    this.#stop = stop;
    let wait = FIRST_WAIT_MS;
    while (!stop.signal.aborted) {
      try {
        await this.#read(stop.signal, () => {
          wait = FIRST_WAIT_MS;
        });
      } catch {
        // told below: whatever broke, the answer is to try again
      }
      if (stop.signal.aborted) return;
      this.#say("away");
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  /** Reads no more. */
  end() {
    this.#stop?.abort();
    this.#stop = null;
  }

  async #read(signal, begun) {
    const response = await fetch("api/stream", { signal, headers: headers(), cache: "no-store" });
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
    begun();
    this.#say("live");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (waiting + value.replaceAll("\r", "")).split("\n\n");
      waiting = blocks.pop();
      for (const event of blocks.map(parsed)) {
        if (event) this.dispatchEvent(new CustomEvent(event.kind, { detail: event.detail }));
      }
    }
  }

  #say(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

export const live = new Live();

// A tab that nobody looks at costs the worker nothing.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) live.end();
  else live.begin();
});
