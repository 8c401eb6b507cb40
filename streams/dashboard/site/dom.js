/** Elements made by calls: what a shop or a customer said becomes text and is never read as markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `props`: `class`, `text`, `data` (an object), `on` (event -> listener), all else as attributes;
 * `null`, `undefined` and `false` are left out, `true` is an attribute without a value.
 * Children are nodes, texts, or nothing.
 */
export function el(tag, props = {}, ...children) {
  return furnished(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  return furnished(document.createElementNS(SVG, tag), props, children);
}

function furnished(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = String(value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "on")
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Puts children in place of what is there. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

let numbered = 0;

/** An id that nothing else on the page has. */
export function freshId(prefix) {
  numbered += 1;
  return `${prefix}-${numbered}`;
}

/** Text for screen readers only. */
export function hidden(text) {
  return el("span", { class: "hidden", text });
}
