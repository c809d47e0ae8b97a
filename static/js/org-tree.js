// The tree of the org chart: one tab stop, the whole keyboard, branches fetched when they open, the URL kept true.
// Other parts of the chart work through `tree.org` and through events: org:open {item}, org:selected, org:drawn.
const tree = document.getElementById("org-tree");
const words = document.getElementById("org-words").dataset;
const routes = JSON.parse(document.getElementById("org-routes").textContent);
const status = document.getElementById("org-status");
const PLACE = ["open", "shut", "from", "level", "focus", "q"];
const TYPING = 700;
let typed = { text: "", at: 0 };
let jumped = [];
let jumps = 0;

const word = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
const say = (text) => { status.textContent = text; };
const nameOf = (item) => item.querySelector(":scope > .node__card .node__name")?.textContent ?? item.getAttribute("aria-label");
const groupOf = (item) => item.querySelector(":scope > [role=group]");
const parentOf = (item) => item.parentElement.closest("[role=treeitem]");
const node = (key) => tree.querySelector(`[data-key="${CSS.escape(key)}"]`);
const isOpen = (item) => item.getAttribute("aria-expanded") === "true";
const visible = () => [...tree.querySelectorAll("[role=treeitem]")].filter((item) => !item.parentElement.closest("[hidden]"));
const current = () => tree.querySelector("[role=treeitem][tabindex='0']") ?? tree.querySelector("[role=treeitem]");

// What is asked of the server: the choices of this page without the place in it.
function asked(extra) {
  const query = new URLSearchParams(location.search);
  PLACE.forEach((name) => query.delete(name));
  extra.forEach(([name, value]) => query.append(name, value));
  return query;
}

async function load(url, query) {
  const answer = await fetch(`${url}?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.ok && !answer.redirected) return answer.text();
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: word("failed"), kind: "error" } }));
  return null;
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// Links and buttons in the cards are for mouse and touch: the tree is one tab stop.
function quiet(root) {
  root.querySelectorAll(".node a, .node button").forEach((part) => (part.tabIndex = -1));
}

function drawn() {
  tree.dispatchEvent(new CustomEvent("org:drawn", { bubbles: true }));
}

// The open nodes without an open one below: the others follow from these.
function openEnds() {
  return [...tree.querySelectorAll("[aria-expanded=true]")]
    .filter((item) => !item.closest("[hidden]") && !groupOf(item)?.querySelector("[aria-expanded=true]"))
    .map((item) => item.dataset.key);
}

function remember() {
  const query = asked([]);
  const ends = openEnds();
  ends.slice(-80).forEach((key) => query.append("open", key));
  if (!ends.length) query.set("level", "1");
  const chosen = tree.querySelector("[aria-selected=true]")?.dataset.key;
  if (chosen) query.set("focus", chosen);
  history.replaceState(history.state, "", `?${query}${location.hash}`);
}

function reveal(item) {
  for (let above = parentOf(item); above; above = parentOf(above)) show(above, true);
}

function select(item, { focus = true, scroll = true } = {}) {
  if (!item) return;
  tree.querySelectorAll("[tabindex='0'], [aria-selected=true]").forEach((other) => {
    if (other.getAttribute("role") !== "treeitem") return;
    other.tabIndex = -1;
    other.setAttribute("aria-selected", "false");
    if (other.id === "here") other.removeAttribute("id");
  });
  item.tabIndex = 0;
  item.setAttribute("aria-selected", "true");
  if (focus) item.focus({ preventScroll: true });
  if (scroll) (item.querySelector(":scope > .node__card") ?? item).scrollIntoView({ block: "nearest", inline: "nearest" });
  tree.dispatchEvent(new CustomEvent("org:selected", { detail: { item } }));
}

function show(item, open) {
  const group = groupOf(item);
  if (!group) return;
  group.hidden = !open;
  item.setAttribute("aria-expanded", String(open));
}

// Puts the branches of an answer where they belong; another page of a level takes the place of the one there.
function attach(html) {
  for (const group of [...parsed(html).children]) {
    const item = node(group.dataset.of);
    if (!item) continue;
    quiet(group);
    groupOf(item)?.remove();
    item.append(group);
    show(item, true);
  }
}

async function expandAll(items) {
  const closed = items.filter((item) => item.getAttribute("aria-expanded") === "false");
  closed.filter(groupOf).forEach((item) => show(item, true));
  const missing = closed.filter((item) => !groupOf(item) && !item.hasAttribute("aria-busy"));
  for (let at = 0; at < missing.length; at += 50) {
    const part = missing.slice(at, at + 50);
    part.forEach((item) => item.setAttribute("aria-busy", "true"));
    const html = await load(routes.branch, asked(part.map((item) => ["node", item.dataset.key])));
    part.forEach((item) => item.removeAttribute("aria-busy"));
    if (html === null) break;
    attach(html);
  }
  if (!closed.length) return;
  drawn();
  remember();
}

async function expand(item) {
  await expandAll([item]);
  if (isOpen(item)) say(word("opened", { name: nameOf(item) }));
}

function collapse(item) {
  const inside = groupOf(item)?.contains(document.activeElement) || groupOf(item)?.querySelector("[aria-selected=true]");
  show(item, false);
  if (inside) select(item);
  say(word("closed", { name: nameOf(item) }));
  drawn();
  remember();
}

// One more page of a long level, in the place of the line that offered it.
async function more(item) {
  if (item.hasAttribute("aria-busy")) return;
  item.setAttribute("aria-busy", "true");
  const [key, section, start] = item.dataset.more.match(/^([^]*)\|(\w+)\|(\d+)$/).slice(1);
  const html = await load(routes.branch, asked([["from", `${key}|${section}|${start}`]]));
  item.removeAttribute("aria-busy");
  if (html === null) return;
  const rows = [...parsed(html).children];
  const before = "before" in item.dataset;
  const fresh = rows.filter((row) => !("more" in row.dataset) || ("before" in row.dataset) === before);
  fresh.forEach(quiet);
  const had = item.contains(document.activeElement) || item === document.activeElement;
  item.replaceWith(...fresh);
  const next = before ? fresh.filter((row) => row.dataset.key).at(-1) : fresh[0];
  if (had || !tree.querySelector("[tabindex='0'][role=treeitem]")) select(next);
  drawn();
}

// The query of the tree as it stands open, with `focus` in sight.
function wanted(focus) {
  return asked([...openEnds().map((key) => ["open", key]), ...(focus ? [["focus", focus]] : [])]);
}

// Draws the tree anew, with `focus` in sight; the rest stays open as it is.
async function refresh(focus) {
  const html = await load(location.pathname, wanted(focus));
  if (html === null) return false;
  replace(html);
  return true;
}

function replace(html) {
  tree.innerHTML = html;
  quiet(tree);
  const chosen = tree.querySelector("[aria-selected=true]") ?? tree.querySelector("[role=treeitem]");
  if (chosen) chosen.tabIndex = 0;
  drawn();
}

// A hit outside the branch shown is shown from the top.
function leaveRoot(key, path) {
  const query = new URLSearchParams(location.search);
  const root = query.get("root");
  if (!root || key === root || path.includes(root)) return;
  query.delete("root");
  history.replaceState(history.state, "", `?${query}`);
}

// What a jump has opened folds again at the next one, or a search would leave half the tree open.
function foldJumped(path) {
  for (const item of jumped.filter((key) => !path.includes(key)).map(node)) {
    if (!item) continue;
    const had = groupOf(item)?.contains(document.activeElement);
    show(item, false);
    groupOf(item)?.remove();
    if (had) item.focus({ preventScroll: true });
  }
  jumped = [];
}

// Brings the branches on the way to a node that are not drawn yet; without a known way the whole tree.
async function bring(key, path) {
  const opens = path.filter((each) => !node(each) || !isOpen(node(each)));
  if (!node(key) && (!path.length || !node(path[0]))) {
    foldJumped(path);
    leaveRoot(key, path);
    return refresh(key);
  }
  let html = "";
  if (!node(key)) {
    const missing = path.filter((each, at) => !node(path[at + 1] ?? key));
    html = await load(routes.branch, asked([...missing.map((each) => ["node", each]), ["focus", key]]));
    if (html === null) return false;
  }
  foldJumped(path); // only now: the focus stays on the hit before until the next one stands there
  jumped = opens;
  attach(html);
  return true;
}

// Opens the way to a node, wherever it is, and makes it flash once.
async function jump(key, { flash = true, path = [] } = {}) {
  const mine = (jumps += 1);
  if (!(await bring(key, path)) || mine !== jumps) return false; // a later jump has begun meanwhile
  const item = node(key);
  if (!item) return false;
  reveal(item);
  select(item);
  remember();
  drawn();
  if (flash) {
    item.classList.remove("is-found");
    void item.offsetWidth;
    item.classList.add("is-found");
  }
  return true;
}

function typeAhead(letter) {
  const now = performance.now();
  typed = { text: now - typed.at < TYPING ? typed.text + letter : letter, at: now };
  const items = visible().filter((item) => item.dataset.key);
  const from = items.indexOf(current()) + (typed.text.length === 1 ? 1 : 0);
  const starts = (item) => [nameOf(item), item.dataset.key.slice(2), item.dataset.typed ?? ""].some((text) => text.toLowerCase().startsWith(typed.text));
  select([...items.slice(from), ...items.slice(0, from)].find(starts));
}

const MOVES = {
  ArrowDown: (items, at) => items[at + 1],
  ArrowUp: (items, at) => items[at - 1],
  Home: (items) => items[0],
  End: (items) => items.at(-1),
};

function arrow(item, key) {
  if (key === "ArrowRight") {
    if (item.getAttribute("aria-expanded") === "false") expand(item);
    else if (isOpen(item)) select(groupOf(item)?.querySelector("[role=treeitem]"));
  } else if (isOpen(item)) collapse(item);
  else select(parentOf(item));
}

tree.addEventListener("keydown", (event) => {
  const item = event.target.closest("[role=treeitem]");
  if (!item || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const handled = () => event.preventDefault();
  if (event.key in MOVES) {
    const items = visible();
    handled();
    select(MOVES[event.key](items, items.indexOf(item)));
  } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    handled();
    arrow(item, event.key);
  } else if (event.key === "*") {
    handled();
    expandAll([...item.parentElement.children]);
  } else if (event.key === "Enter") {
    handled();
    if (item.dataset.more) more(item);
    else tree.dispatchEvent(new CustomEvent("org:open", { detail: { item } }));
  } else if (event.key.toLowerCase() === "m" && !routes.move && performance.now() - typed.at >= TYPING) {
    handled();
    say(word("readonly"));
  } else if (event.key === " ") {
    handled();
    select(item);
    remember();
  } else if (event.key.length === 1 && /[\p{L}\p{N}]/u.test(event.key) && (!"mnN".includes(event.key) || performance.now() - typed.at < TYPING)) {
    handled();
    event.stopImmediatePropagation();
    typeAhead(event.key.toLowerCase());
  }
});

tree.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const item = event.target.closest("[role=treeitem]");
  if (!item) return;
  if (event.target.closest(".node__fold")) {
    event.preventDefault();
    select(item, { scroll: false });
    if (isOpen(item)) collapse(item);
    else expand(item);
  } else if (event.target.closest(".node__next")) {
    event.preventDefault();
    more(item);
  } else if (event.target.closest(".node__more")) {
    event.preventDefault();
    select(item, { scroll: false });
    tree.dispatchEvent(new CustomEvent("org:open", { detail: { item } }));
  } else if (event.target.closest(".node__card")) {
    event.preventDefault();
    select(item, { scroll: false });
    remember();
  }
});

tree.addEventListener("dblclick", (event) => {
  const item = event.target.closest(".node__card") && !event.target.closest("button") && event.target.closest("[role=treeitem]");
  if (item) tree.dispatchEvent(new CustomEvent("org:open", { detail: { item } }));
});

// Focus that comes by mouse or script makes its node the tab stop.
tree.addEventListener("focusin", (event) => {
  const item = event.target;
  if (item.getAttribute("role") === "treeitem" && item.tabIndex !== 0) select(item, { focus: false, scroll: false });
});

// The chart's own list of keys, instead of the page's.
document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.target.matches?.("input, select, textarea") || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.getElementById("org-keys").showModal();
}, { capture: true });

// After a change: the tree and the figures above it, as they are now.
document.addEventListener("org:changed", async (event) => {
  const key = { units: "u:", people: "p:", seats: "s:" }[event.detail?.thing];
  if (routes.undo && event.detail?.revision) routes.undo = routes.undo.replace(/\d+(?=\/[^\d]*$)/, event.detail.revision);
  const focus = key && event.detail.id ? key + event.detail.id : tree.querySelector("[aria-selected=true]")?.dataset.key;
  const answer = await fetch(`${location.pathname}?${wanted(focus)}`).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector(".org-totals")?.replaceWith(page.querySelector(".org-totals") ?? "");
  document.querySelector("[data-draft]")?.replaceWith(page.querySelector("[data-draft]") ?? "");
  if (!page.getElementById("org-tree")) return location.reload();
  replace(page.getElementById("org-tree").innerHTML);
  if (focus && node(focus)) jump(focus);
});

tree.org = { asked, current, jump, load, nameOf, node, parentOf, replace, routes, say, select, word };
quiet(tree);
const first = tree.querySelector("[aria-selected=true]") ?? tree.querySelector("[role=treeitem]");
if (first) first.tabIndex = 0;
