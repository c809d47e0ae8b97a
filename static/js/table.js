// Tables with a key remember their density and hidden columns; rows move by j and k, Enter opens the row's first link.
function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(`table:${key}`)) ?? {};
  } catch {
    return {};
  }
}

function store(key, change) {
  try {
    localStorage.setItem(`table:${key}`, JSON.stringify({ ...stored(key), ...change }));
  } catch {
    // Without storage the choice lasts for this page.
  }
}

function hide(box, hidden) {
  box.querySelectorAll("tr").forEach((row) => {
    if ([...row.cells].some((cell) => cell.colSpan > 1)) return;
    [...row.cells].forEach((cell, at) => (cell.hidden = hidden.includes(at)));
  });
}

function offerColumns(box, hidden) {
  const body = box.querySelector("[data-columns] .menu__body");
  if (!body || body.childElementCount) return;
  box.querySelectorAll("thead tr:last-child th").forEach((head, at) => {
    if (at === 0) return;
    const label = document.createElement("label");
    label.className = "menu__item";
    const check = Object.assign(document.createElement("input"), { type: "checkbox", className: "check", checked: !hidden.includes(at) });
    check.addEventListener("change", () => {
      const now = new Set(stored(box.dataset.table).hidden ?? []);
      if (check.checked) now.delete(at);
      else now.add(at);
      store(box.dataset.table, { hidden: [...now] });
      hide(box, [...now]);
    });
    label.append(check, head.textContent.trim());
    body.append(label);
  });
}

function setDensity(box, compact) {
  box.classList.toggle("is-compact", compact);
  box.querySelector("[data-density]")?.setAttribute("aria-pressed", String(compact));
}

function start() {
  document.querySelectorAll("[data-table]").forEach((box) => {
    const { hidden = [], compact = false } = stored(box.dataset.table);
    setDensity(box, compact);
    offerColumns(box, hidden);
    if (hidden.length) hide(box, hidden);
  });
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-density]")?.closest("[data-table]");
  if (!box) return;
  const compact = !box.classList.contains("is-compact");
  setDensity(box, compact);
  store(box.dataset.table, { compact });
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key !== "j" && event.key !== "k") return;
  const links = [...document.querySelectorAll(".table tbody tr")].map((row) => row.querySelector("a, button")).filter(Boolean);
  if (!links.length) return;
  const row = document.activeElement.closest("tr");
  const at = links.findIndex((link) => link.closest("tr") === row);
  const next = at < 0 ? 0 : Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), links.length - 1);
  links[next].focus();
});

document.addEventListener("htmx:load", start);
start();
