/** Which view an address means. Addresses are `#/VIEW/NAME`, so that every view can be kept and sent on. */

/** `#/segments/a%2Fb` as {view: "segments", name: "a/b"}. What cannot be read has the name it came with. */
export function route(hash) {
  const [view = "", ...rest] = hash.replace(/^#\/?/, "").split("?")[0].split("/");
  const name = rest.join("/");
  try {
    return { view, name: decodeURIComponent(name) };
  } catch {
    return { view, name };
  }
}

/** The address of a view. */
export function to(view, name) {
  return name === undefined ? `#/${view}` : `#/${view}/${encodeURIComponent(name)}`;
}
