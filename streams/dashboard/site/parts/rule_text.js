/** A rule file with light colours for what is a name, a text, a number or a remark. */

import { el } from "../dom.js";

const TOKEN =
  /(#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|((?:^|(?<=[\s{,[-]))[A-Za-z_][\w-]*(?=:(?:\s|$)))|((?<![\w-])-?\d+(?:\.\d+)?(?:ms|[smhdwy])?(?![\w-]))|([{}[\],])/gm;
const KINDS = ["remark", "text", "key", "amount", "mark"];

/** The lines of a rule as a <pre>, with `label` as its name. */
export function ruleText(rule, label) {
  const code = el("code");
  let at = 0;
  for (const found of rule.matchAll(TOKEN)) {
    code.append(rule.slice(at, found.index));
    const kind = KINDS[found.slice(1).findIndex((group) => group !== undefined)];
    code.append(el("span", { class: `code-${kind}`, text: found[0] }));
    at = found.index + found[0].length;
  }
  code.append(rule.slice(at));
  return el("pre", { class: "rule", tabindex: "0", role: "region", "aria-label": label }, code);
}
