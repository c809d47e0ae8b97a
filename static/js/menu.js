// Menus (<details class="menu">) close on Escape, on a click elsewhere, when a file was taken from them, and move by arrow keys. Dialogs open by data-opens.
function openMenus() {
  return document.querySelectorAll("details.menu[open]");
}

function close(menu, refocus) {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  const isFile = event.target.closest("a[download]"); // nothing else tells that it was taken
  openMenus().forEach((menu) => {
    const inside = menu.contains(event.target);
    if (!inside || isFile) close(menu, inside);
  });
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    openMenus().forEach((menu) => close(menu, false));
    document.getElementById(opener.dataset.opens)?.showModal();
  }
  if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

// A menu near the right edge opens to the left.
document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.menu[open]")) return;
    const box = menu.querySelector(".menu__body").getBoundingClientRect();
    const isCut = box.right > document.documentElement.clientWidth;
    if (isCut && menu.getBoundingClientRect().right >= box.width) menu.classList.add("menu--end");
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (event.key === "Escape") openMenus().forEach((each) => close(each, true));
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("input, select, textarea")) return;
  const items = [...menu.querySelectorAll(".menu__body :is(a, button, input)")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = items[(items.indexOf(document.activeElement) + step + items.length) % items.length];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

// Copying takes the exact value of a shortened figure.
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return;
  const piece = document.createElement("div");
  piece.append(selection.getRangeAt(0).cloneContents());
  const short = piece.querySelectorAll("[data-exact]");
  if (!short.length) return;
  short.forEach((figure) => figure.replaceChildren(figure.dataset.exact));
  piece.querySelectorAll("td, th").forEach((cell) => cell.append("\t"));
  piece.querySelectorAll("tr, p, li, article").forEach((line) => line.append("\n"));
  event.clipboardData.setData("text/plain", piece.textContent.replace(/[ \n]*\n[ \n]*/g, "\n").replace(/\t\n/g, "\n").trim());
  event.preventDefault();
});
