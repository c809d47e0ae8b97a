// The card of a node in the drawer: Enter, a double click or its "..." opens it; focus returns to the node.
const tree = document.getElementById("org-tree");
const drawer = document.getElementById("org-card");
const body = document.getElementById("org-card-body");
let opener = null;

async function open(item) {
  if (!item.dataset.key) return;
  opener = item.dataset.key;
  const query = tree.org.asked([["node", item.dataset.key]]);
  const html = await tree.org.load(tree.org.routes.node, query);
  if (html === null) return;
  body.innerHTML = html;
  window.htmx.process(body);
  if (!drawer.open) drawer.showModal();
  body.querySelector("a, button")?.focus();
}

tree.addEventListener("org:open", (event) => open(event.detail.item));
drawer.addEventListener("close", () => {
  body.replaceChildren();
  const item = opener && tree.org.node(opener);
  if (item && !document.querySelector("dialog[open]")) tree.org.select(item, { scroll: false });
});
// The sheet opens over the page, not over the drawer.
document.addEventListener("click", (event) => {
  if (event.target.closest("#org-card a[data-sheet]")) drawer.close();
}, { capture: true });
document.addEventListener("org:changed", () => drawer.close());
