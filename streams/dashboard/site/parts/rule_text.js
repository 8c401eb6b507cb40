/** A rule file with light colours for what is a name, a text, a number or a remark. */

import { el } from "../dom.js";

/** What has a colour, and how it is found: each is a group of the whole, in this order. */
const TOKENS = {
  remark: /#.*$/,
  text: /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/,
  key: /(?:^|(?<=[\s{,[-]))[A-Za-z_][\w-]*(?=:(?:\s|$))/,
  amount: /(?<![\w-])-?\d+(?:\.\d+)?(?:ms|[smhdwy])?(?![\w-])/,
  mark: /[{}[\]]/,
};
const TOKEN = new RegExp(
  Object.values(TOKENS)
    .map((one) => `(${one.source})`)
    .join("|"),
  "gm",
);
const KINDS = Object.keys(TOKENS);
const FOR_EDITORS = /^# yaml-language-server:.*\n/;

/** The lines of a rule as a <pre>, with `label` as its name. */
export function ruleText(rule, label) {
  const shown = rule.replace(FOR_EDITORS, "");
  const code = el("code");
  let at = 0;
  for (const found of shown.matchAll(TOKEN)) {
    code.append(shown.slice(at, found.index));
    const kind = KINDS[found.slice(1).findIndex((group) => group !== undefined)];
    code.append(el("span", { class: `code-${kind}`, text: found[0] }));
    at = found.index + found[0].length;
  }
  code.append(shown.slice(at));
  return el("pre", { class: "rule", tabindex: "0", role: "region", "aria-label": label }, code);
}
