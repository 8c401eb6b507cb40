/** Light, dark, or as the system says. */

import { el, fill } from "./dom.js";

const KEY = "microseg-theme";
const CHOICES = ["auto", "light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");

/** Tells of "change" when colours are others than before: what is drawn on a canvas must be drawn again. */
export const themes = new EventTarget();

system.addEventListener("change", () => themes.dispatchEvent(new Event("change")));

function chosen() {
  return document.documentElement.dataset.theme ?? "auto";
}

function choose(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // storage is forbidden: the choice lives as long as the page
  }
  themes.dispatchEvent(new Event("change"));
}

/** Makes a button go through the choices. */
export function themeButton(button) {
  const tell = () => {
    const now = chosen();
    const next = CHOICES[(CHOICES.indexOf(now) + 1) % CHOICES.length];
    const text = { auto: "Auto", light: "Light", dark: "Dark" }[now];
    fill(button, el("span", { "aria-hidden": "true", text: "◐" }), el("span", { class: "roomy", text: ` ${text}` }));
    button.setAttribute("aria-label", `Colours: ${text}. Change to ${next}.`);
    button.onclick = () => {
      choose(next);
      tell();
    };
  };
  tell();
}

/** A colour of the style sheets by its name, as it is now. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
