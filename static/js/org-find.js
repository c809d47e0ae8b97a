// Search as you type: Enter jumps and opens the path, n and N step through the hits, Escape restores the view before.
const tree = document.getElementById("org-tree");
const input = document.getElementById("org-q");
const list = document.getElementById("org-hits");
const count = document.querySelector("[data-find-count]");
const PAUSE = 90;
const NOTHING = { keys: [], hits: [], paths: {}, total: 0 };
let found = NOTHING;
let at = -1;
let active = -1;
let asking = null;
let timer = 0;
let before = null;
let words = "";
let answered = Promise.resolve();

input.setAttribute("role", "combobox");
input.setAttribute("aria-controls", list.id);
input.setAttribute("aria-expanded", "false");
input.setAttribute("aria-autocomplete", "list");

function shut() {
  list.hidden = true;
  active = -1;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function tell() {
  if (!words) count.textContent = "";
  else if (!found.total) count.textContent = tree.org.word("none");
  else count.textContent = tree.org.word(at < 0 ? "total" : "found", { n: at + 1, total: found.total });
}

function part(name, text) {
  return Object.assign(document.createElement("span"), { className: name, textContent: text });
}

function option(hit, index) {
  const item = Object.assign(document.createElement("li"), { id: `org-hit-${index}`, className: "org-hit" });
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.index = index;
  item.append(part("org-hit__name", hit.name), part("org-hit__id muted small", hit.id), part("org-hit__note muted small", [hit.thing, hit.note].filter(Boolean).join(" · ")), part("org-hit__path muted small", hit.path));
  return item;
}

function offer() {
  list.replaceChildren(...found.hits.map(option));
  list.hidden = !found.hits.length;
  active = -1;
  input.setAttribute("aria-expanded", String(found.hits.length > 0));
  input.removeAttribute("aria-activedescendant");
}

function point(index) {
  const items = [...list.children];
  active = items.length ? (index + items.length) % items.length : -1;
  items.forEach((item, each) => item.setAttribute("aria-selected", String(each === active)));
  if (active < 0) return;
  input.setAttribute("aria-activedescendant", items[active].id);
  items[active].scrollIntoView({ block: "nearest" });
}

// Enter may come while the answer is still on its way: then it waits for that one.
function search() {
  clearTimeout(timer);
  const text = input.value.trim();
  if (text !== words) {
    words = text;
    answered = ask(text);
  }
  return answered;
}

async function ask(text) {
  at = -1;
  asking?.abort();
  asking = new AbortController();
  found = NOTHING;
  if (text) {
    const query = tree.org.asked([["q", text]]);
    query.delete("root");
    const answer = await fetch(`${tree.org.routes.find}?${query}`, { signal: asking.signal }).catch(() => null);
    if (!answer?.ok || text !== input.value.trim()) return;
    found = await answer.json();
  }
  offer();
  tell();
}

function keep() {
  before ??= { html: tree.innerHTML, url: location.href, key: tree.querySelector("[aria-selected=true]")?.dataset.key, box: [tree.closest(".org-box").scrollLeft, tree.closest(".org-box").scrollTop] };
}

async function go(index) {
  if (!found.keys.length) return;
  keep();
  at = (index + found.keys.length) % found.keys.length;
  shut();
  tell();
  const key = found.keys[at];
  if (await tree.org.jump(key, { path: found.paths[key] })) document.getElementById("org-box").org.centre(tree.org.node(key));
}

function restore() {
  if (!before) return false;
  const { html, url, key, box } = before;
  before = null;
  found = NOTHING;
  words = input.value = "";
  shut();
  tell();
  tree.org.replace(html);
  history.replaceState(history.state, "", url);
  tree.org.select((key && tree.org.node(key)) || tree.org.current(), { scroll: false });
  tree.closest(".org-box").scrollTo(...box);
  return true;
}

input.addEventListener("input", (event) => {
  clearTimeout(timer);
  if (!event.isComposing) timer = setTimeout(search, PAUSE);
});
input.addEventListener("compositionend", search);
input.addEventListener("blur", () => setTimeout(shut, 150));
input.addEventListener("keydown", async (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) offer();
    point(active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1));
  } else if (event.key === "Enter") {
    event.preventDefault();
    const chosen = active;
    await search();
    go(chosen >= 0 ? chosen : at + 1);
  } else if (event.key === "Escape") {
    event.preventDefault();
    if (!list.hidden) shut();
    else if (!restore()) input.value = "";
  }
});
list.addEventListener("pointerdown", (event) => {
  const item = event.target.closest("[role=option]");
  if (!item) return;
  event.preventDefault();
  go(Number(item.dataset.index));
});

tree.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if ((event.key === "n" || event.key === "N") && found.keys.length) {
    event.preventDefault();
    go(at + (event.key === "n" ? 1 : -1));
  } else if (event.key === "Escape" && restore()) {
    event.preventDefault();
  }
});

// The first search of a process reads every name's pinyin: let that happen while nobody waits.
(window.requestIdleCallback ?? setTimeout)(() => fetch(`${tree.org.routes.find}?${tree.org.asked([])}`).then((answer) => answer.text()).catch(() => null));
if (input.value) search().then(shut);
