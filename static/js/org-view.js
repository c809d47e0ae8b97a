// Looking at the chart: zoom by buttons, keys and Ctrl with the wheel at the pointer; dragging empty space pans.
const box = document.getElementById("org-box");
const plane = document.getElementById("org-plane");
const tree = document.getElementById("org-tree");
const style = document.getElementById("org-drawn");
const shown = document.querySelector("[data-zoom-level]");
const LEAST = 0.05;
const MOST = 2;
let zoom = 1;

const isDrawn = () => Boolean(style && matchMedia(style.media).matches);

function zoomTo(wanted, x = box.clientWidth / 2, y = box.clientHeight / 2) {
  const next = Math.min(Math.max(Math.floor(wanted * 100 + 0.5) / 100, LEAST), MOST);
  const left = (box.scrollLeft + x) / zoom;
  const top = (box.scrollTop + y) / zoom;
  zoom = next;
  plane.style.zoom = String(zoom);
  box.scrollTo(left * zoom - x, top * zoom - y);
  shown.textContent = `${Math.round(zoom * 100)} %`;
  const query = new URLSearchParams(location.search);
  if (zoom === 1) query.delete("zoom");
  else query.set("zoom", String(Math.round(zoom * 100)));
  history.replaceState(history.state, "", `?${query}${location.hash}`);
  tree.dispatchEvent(new CustomEvent("org:drawn", { bubbles: true }));
}

function fit() {
  const width = plane.scrollWidth / zoom;
  const height = plane.scrollHeight / zoom;
  zoomTo(Math.floor(Math.min(box.clientWidth / width, box.clientHeight / height, 1) * 100) / 100);
  box.scrollTo(0, 0);
}

function centre(item) {
  const card = item?.querySelector(":scope > .node__card");
  if (!card || !isDrawn()) return;
  const at = card.getBoundingClientRect();
  const around = box.getBoundingClientRect();
  // what it hangs under stays in sight, where there is room for both
  const above = item.parentElement.closest("[role=treeitem]")?.querySelector(":scope > .node__card").getBoundingClientRect().top ?? at.top;
  const top = at.bottom - above < around.height * 0.6 ? above - 12 : at.top - 90;
  box.scrollBy(at.left - around.left - (around.width - at.width) / 2, top - around.top);
}

const ACTIONS = { in: () => zoomTo(zoom + (zoom < 0.2 ? 0.05 : 0.1)), out: () => zoomTo(zoom - (zoom <= 0.2 ? 0.05 : 0.1)), reset: () => zoomTo(1), fit };
document.addEventListener("click", (event) => ACTIONS[event.target.closest("[data-zoom]")?.dataset.zoom]?.());

tree.addEventListener("keydown", (event) => {
  if (!isDrawn() || event.altKey || event.defaultPrevented) return;
  const action = { "+": "in", "=": "in", "-": "out", "0": "reset" }[event.key];
  if (!action || (event.key === "0" && event.ctrlKey)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ACTIONS[action]();
}, { capture: true });

box.addEventListener("wheel", (event) => {
  if (!event.ctrlKey || !isDrawn()) return;
  event.preventDefault();
  const around = box.getBoundingClientRect();
  zoomTo(zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1), event.clientX - around.left, event.clientY - around.top);
}, { passive: false });

box.addEventListener("pointerdown", (event) => {
  if (event.pointerType !== "mouse" || event.button || !isDrawn() || event.target.closest(".node__card, button, a")) return;
  const from = { x: event.clientX, y: event.clientY, left: box.scrollLeft, top: box.scrollTop };
  if (event.offsetX > box.clientWidth || event.offsetY > box.clientHeight) return;
  const pan = (move) => box.scrollTo(from.left - move.clientX + from.x, from.top - move.clientY + from.y);
  const end = () => {
    box.classList.remove("is-panned");
    box.removeEventListener("pointermove", pan);
  };
  event.preventDefault();
  box.setPointerCapture(event.pointerId);
  box.classList.add("is-panned");
  box.addEventListener("pointermove", pan);
  box.addEventListener("pointerup", end, { once: true });
  box.addEventListener("pointercancel", end, { once: true });
});

// A phone that has not chosen a view has the list.
const auto = document.querySelector(".org-switches[data-auto='1']");
if (auto && !isDrawn()) {
  auto.querySelectorAll("nav:last-of-type a").forEach((link) => {
    if (new URL(link.href).searchParams.get("view") === "list") link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
}

box.org = { centre, isDrawn, zoom: () => zoom };
const asked = Number(new URLSearchParams(location.search).get("zoom"));
if (asked >= LEAST * 100 && asked <= MOST * 100 && isDrawn()) zoomTo(asked / 100);
centre(document.getElementById("here") ?? tree.querySelector("[role=treeitem]"));
