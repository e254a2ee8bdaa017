/** Lists of things that have ids: drawn without disturbing who uses them, and read page by page. */

const PAGES = 10; // are read at most

/** Makes `list` show `things` in their order. What stays keeps its element, its focus, and a click that is on its way; when
 * what has the focus is gone, its neighbour gets it. */
export function arrange(list, things, make, fill) {
  const there = new Map([...list.children].map((item) => [Number(item.dataset.id), item]));
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const place = [...list.children].findIndex((item) => item.contains(focused));
  const ids = new Set(things.map(({ id }) => id));
  for (const [id, item] of there) if (!ids.has(id)) item.remove();
  things.forEach((thing, at) => {
    const item = there.get(thing.id) ?? make();
    item.dataset.id = thing.id;
    fill(item, thing);
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
  if (!focused || focused === document.activeElement) return;
  if (list.contains(focused)) return focused.focus({ preventScroll: true });
  const neighbour = list.children[Math.min(place, things.length - 1)];
  const act = focused.dataset.act ?? "vote";
  (neighbour?.querySelector(`[data-act=${act}]:not(:disabled)`) ?? list).focus();
}

/** All pages of a list of the API, and the server's time in ms. Raises what went wrong. */
export async function readAll(path) {
  const found = [];
  let asOf = Date.now();
  for (let page = 0, cursor = ""; page < PAGES && cursor !== null; page += 1) {
    const address = new URL(path, location.origin);
    address.searchParams.set("limit", "50");
    if (cursor) address.searchParams.set("cursor", cursor);
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(String(answer.status));
    asOf = Date.parse(answer.headers.get("date") ?? "") || asOf;
    const { items, next_cursor: next } = await answer.json();
    found.push(...items);
    cursor = next;
  }
  return { found, asOf };
}
