// Secondary lines: thin and dashed, for the node chosen or pointed at, or all of them; each kind has a dash of its own.
const tree = document.getElementById("org-tree");
const plane = document.getElementById("org-plane");
const box = document.getElementById("org-box");
const SVG = "http://www.w3.org/2000/svg";
const all = new URLSearchParams(location.search).get("lines") === "all";
const drawing = document.createElementNS(SVG, "svg");
let pointed = null;
let waiting = 0;

drawing.classList.add("org-lines");
drawing.setAttribute("aria-hidden", "true");
plane.append(drawing);

function linesOf(item) {
  return (item?.dataset.lines ?? "").split(" ").filter(Boolean).map((line) => {
    const [kind, start, end] = line.split("|");
    return { kind, start: decodeURIComponent(start), end: decodeURIComponent(end) };
  });
}

function middle(item) {
  const at = item.querySelector(":scope > .node__card").getBoundingClientRect();
  const around = plane.getBoundingClientRect();
  const zoom = box.org.zoom();
  return { x: (at.left - around.left + at.width / 2) / zoom, y: (at.top - around.top) / zoom, bottom: (at.bottom - around.top) / zoom };
}

function curve({ kind, start, end }) {
  const [from, to] = [tree.org.node(start), tree.org.node(end)];
  if (!from || !to || from.closest("[hidden]") || to.closest("[hidden]")) return null;
  const [a, b] = [middle(from), middle(to)];
  const lift = Math.min(a.y, b.y) - 24 - Math.min(Math.abs(a.x - b.x) / 12, 60);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", `org-line org-line--${kind}`);
  path.setAttribute("d", `M${a.x} ${a.y} C${a.x} ${lift} ${b.x} ${lift} ${b.x} ${b.y}`);
  return path;
}

function draw() {
  waiting = 0;
  const chosen = tree.querySelector("[aria-selected=true]");
  const items = all ? [...tree.querySelectorAll("[data-lines]")] : [chosen, pointed];
  const lines = new Map(items.flatMap(linesOf).map((line) => [`${line.kind}|${line.start}|${line.end}`, line]));
  tree.querySelectorAll(".is-linked").forEach((item) => item.classList.remove("is-linked"));
  if (!all) [...lines.values()].flatMap((line) => [line.start, line.end]).forEach((key) => tree.org.node(key)?.classList.add("is-linked"));
  if (!box.org.isDrawn()) return drawing.replaceChildren();
  // all is measured before anything is written: the chart is laid out once
  const curves = [...lines.values()].map(curve).filter(Boolean);
  const [width, height] = curves.length ? [tree.scrollWidth, tree.scrollHeight] : [0, 0];
  drawing.replaceChildren(...curves);
  drawing.setAttribute("width", String(width));
  drawing.setAttribute("height", String(height));
}

function soon() {
  waiting ||= requestAnimationFrame(draw);
}

if (tree.querySelector("[data-lines]") || document.querySelector(".org-legend__line")) {
  tree.addEventListener("pointerover", (event) => {
    const item = event.target.closest(".node__card")?.parentElement ?? null;
    if (item === pointed) return;
    pointed = item;
    soon();
  });
  for (const event of ["org:drawn", "org:selected"]) tree.addEventListener(event, soon);
  addEventListener("resize", soon);
  soon();
}
