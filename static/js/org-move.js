// Moving: drag a card onto another, or pick it up with m, choose a place and press Enter. Nothing is written here: a
// drop opens the sheet, which shows what follows and asks. Places that cannot be are dimmed, and say why.
const tree = document.getElementById("org-tree");
const THINGS = { u: "units", p: "people", s: "seats" };
let moving = null;

function thingOf(item) {
  return { thing: THINGS[item.dataset.key[0]], id: item.dataset.key.slice(2), name: tree.org.nameOf(item), key: item.dataset.key, item };
}

// Why a node cannot be the new place; empty when it can.
function refusal(what, target) {
  const { word, nameOf, parentOf } = tree.org;
  const kind = target.dataset.key?.[0];
  const names = { name: what.name, target: nameOf(target) };
  if (!kind) return word("same", names);
  if (target !== what.item && what.item?.contains(target)) return word("below", names);
  if (target.classList.contains("node--ghost")) return word("ghost", names);
  if (kind === "s") return word("seat");
  if (kind === "p" && what.thing !== "people") return word("person");
  if (kind === "p" && !isByManager()) return word("person");
  if (kind === "u" && isByManager() && what.thing === "people") return word("unit");
  if (target === what.item) return what.thing === "units" ? word("itself") : word("same", names);
  if (what.item && parentOf(what.item) === target) return word("same", names);
  return "";
}

const isByManager = () => new URLSearchParams(location.search).get("tree") === "people";

function start(what) {
  moving = what;
  tree.classList.add("is-moving");
  document.getElementById("org-status").classList.add("is-held");
  what.item?.classList.add("is-moved");
  for (const item of tree.querySelectorAll("[role=treeitem]")) {
    const reason = refusal(what, item);
    item.classList.toggle("is-refused", Boolean(reason));
    if (reason) item.querySelector(":scope > .node__card")?.setAttribute("title", reason);
  }
}

function stop() {
  moving = null;
  tree.classList.remove("is-moving");
  document.getElementById("org-status").classList.remove("is-held");
  tree.querySelectorAll(".is-moved, .is-refused, .is-target").forEach((item) => {
    item.classList.remove("is-moved", "is-refused", "is-target");
    item.querySelector(":scope > .node__card")?.removeAttribute("title");
    delete item.dataset.here;
  });
}

function aim(target) {
  tree.querySelectorAll(".is-target").forEach((item) => item.classList.remove("is-target"));
  const reason = refusal(moving, target);
  if (!reason) {
    target.classList.add("is-target");
    target.querySelector(":scope > .node__card").dataset.here = tree.org.word("here", { target: tree.org.nameOf(target) });
  }
  tree.org.say(reason || tree.org.word("target", { name: moving.name, target: tree.org.nameOf(target) }));
  return !reason;
}

function drop(target) {
  const what = moving;
  if (!aim(target)) return;
  const query = new URLSearchParams({ thing: what.thing, id: what.id });
  if (target.dataset.key[0] === "p") {
    // another manager: the unit stays as it is
    query.set("to", what.item?.dataset.unit ?? target.dataset.unit);
    query.set("manager", target.dataset.key.slice(2));
  } else query.set("to", target.dataset.key.slice(2));
  for (const name of ["as_of", "scenario"]) {
    const kept = new URLSearchParams(location.search).get(name);
    if (kept) query.set(name, kept);
  }
  stop();
  tree.org.say("");
  if (what.item) tree.org.select(what.item, { scroll: false });
  document.dispatchEvent(new CustomEvent("org:sheet", { detail: { url: `${tree.org.routes.move}?${query}` } }));
}

tree.addEventListener("dragstart", (event) => {
  const item = event.target.closest("[role=treeitem]");
  if (!item?.dataset.key || !event.target.closest(".node__card")) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", tree.org.nameOf(item));
  start(thingOf(item));
});

// People and units out of the tray beside the chart.
document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[data-place]");
  if (!row) return;
  event.dataTransfer.setData("text/plain", row.dataset.name);
  start({ thing: row.dataset.thing, id: row.dataset.id, name: row.dataset.name, item: null });
});

tree.addEventListener("dragover", (event) => {
  const target = moving && event.target.closest("[role=treeitem]");
  if (!target || !event.target.closest(".node__card")) return;
  if (!target.classList.contains("is-target") && !aim(target)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
});

tree.addEventListener("drop", (event) => {
  const target = moving && event.target.closest("[role=treeitem]");
  if (!target) return;
  event.preventDefault();
  drop(target);
});

document.addEventListener("dragend", () => moving && stop());

tree.addEventListener("keydown", (event) => {
  const item = event.target.closest("[role=treeitem]");
  const turn = document.getElementById(event.shiftKey ? "draft-redo" : "draft-undo");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && turn) {
    event.preventDefault();
    turn.requestSubmit();
  } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && tree.org.routes.undo) {
    event.preventDefault();
    const dialog = document.getElementById("org-undo");
    const number = tree.org.routes.undo.match(/(\d+)\/[^\d]*$/)[1];
    dialog.querySelector("form[method=post]").action = tree.org.routes.undo;
    dialog.querySelector("[data-number]").textContent = `r${number}`;
    dialog.showModal();
  } else if (event.ctrlKey || event.metaKey || event.altKey || !item) {
    return;
  } else if (moving && (event.key === "Enter" || event.key === "Escape")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.key === "Enter") return drop(item);
    const { item: origin } = moving;
    stop();
    if (origin) tree.org.select(origin);
    tree.org.say(tree.org.word("left"));
  } else if (event.key.toLowerCase() === "m" && item.dataset.key && !moving && !item.classList.contains("node--ghost")) {
    event.preventDefault();
    start(thingOf(item));
    tree.org.say(tree.org.word("moving", { name: moving.name }));
  }
}, { capture: true });

tree.addEventListener("org:selected", (event) => moving && event.detail.item !== moving.item && event.detail.item.dataset.key && aim(event.detail.item));
tree.addEventListener("org:drawn", () => moving && start(moving));
document.addEventListener("org:changed", () => moving && stop());
