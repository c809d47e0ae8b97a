// The grid of targets: arrows, Enter and pasted blocks as in a spreadsheet; sums and gaps follow while one types.
// Amounts are counted in ten-thousandths as whole numbers, so that nothing drifts.
const form = document.querySelector("[data-targets]");
const table = form?.querySelector("[data-grid]");
const PLACES = 4;
const UNITS = { 万: 4, 亿: 8, k: 3, m: 6, bn: 9 };
const inputs = () => [...table.querySelectorAll(".targets__input")];
const changed = () => inputs().filter((input) => input.classList.contains("is-changed"));

// Returns a BigInt, null for nothing, undefined for what is no number (the server says why).
function amount(text) {
  const plain = text.normalize("NFKC").trim().replace("\u2212", "-").replace(/\s/g, "").toLowerCase().replace(/^¥/, "").replace(/[%‰元]$/, "");
  if (!plain) return null;
  const found = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?(万|亿|k|m|bn)?$/.exec(plain);
  if (!found || !(found[2] || found[3])) return undefined;
  const shift = PLACES + (UNITS[found[4]] ?? 0);
  const part = found[3] ?? "";
  if (part.length > shift) return undefined;
  const digits = (found[2] ?? "0").replaceAll(",", "") + part.padEnd(shift, "0");
  return BigInt(found[1] + digits);
}

function written(value) {
  const size = value < 0n ? -value : value;
  const digits = size.toString().padStart(PLACES + 1, "0");
  const whole = digits.slice(0, -PLACES).replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = digits.slice(-PLACES).replace(/0+$/, "");
  return rest ? `${whole}.${rest}` : whole;
}

const placeOf = (node) => (node.name ?? node.dataset.at).split("|").slice(1);
const cellAt = (key, period) => table.querySelector(`[name="t|${CSS.escape(key)}|${CSS.escape(period)}"], [data-at="t|${CSS.escape(key)}|${CSS.escape(period)}"]`);
const now = (node) => amount(node.value ?? node.dataset.stored ?? "");
const before = (node) => amount(node.dataset.stored ?? "");

function showGap(cell, sum, target, isEmpty) {
  const below = cell.querySelector("[data-below]");
  const gap = cell.querySelector("[data-gap]");
  below.textContent = isEmpty ? "–" : (sum < 0n ? "−" : "") + written(sum);
  const rest = target === null || target === undefined || isEmpty ? null : target - sum;
  gap.classList.toggle("is-off", Boolean(rest));
  gap.textContent = rest === null ? "" : rest === 0n ? "✓" : `${rest < 0n ? "−" : "+"}${written(rest)}`;
}

// What is below may not all be on the page, so the server's sum is moved by what has changed here.
function follow(parent, period) {
  const cell = table.querySelector(`[data-sum="${CSS.escape(`${parent}|${period}`)}"]`);
  if (!cell) return;
  const text = cell.querySelector("[data-below]");
  cell.dataset.base ??= text.textContent;
  let sum = amount(cell.dataset.base === "–" ? "" : cell.dataset.base) ?? 0n;
  let isEmpty = cell.dataset.base === "–";
  for (const row of table.querySelectorAll(`[data-row][data-parent="${CSS.escape(parent)}"]`)) {
    const child = cellAt(row.dataset.row, period);
    if (!child) continue;
    const value = now(child);
    sum += (value ?? 0n) - (before(child) ?? 0n);
    if (value !== null && value !== undefined) isEmpty = false;
  }
  const own = cellAt(parent, period);
  showGap(cell, sum, own ? now(own) : null, isEmpty);
}

function total(key) {
  const cell = table.querySelector(`[data-total="${CSS.escape(key)}"]`);
  const row = table.querySelector(`[data-row="${CSS.escape(key)}"]`);
  if (!cell || !row) return;
  const [year, ...parts] = [...row.querySelectorAll(".targets__input, [data-at]")];
  const values = parts.map(now).filter((value) => value !== null && value !== undefined);
  showGap(cell, values.reduce((sum, value) => sum + value, 0n), now(year), !values.length);
}

function count() {
  const many = changed().length;
  const words = form.querySelector("[data-count]");
  if (words) words.textContent = many === 0 ? "" : many === 1 ? words.dataset.one : words.dataset.many.replace("{count}", many);
}

function show(input) {
  const value = now(input);
  const same = value === undefined ? input.value === input.dataset.stored : value === before(input);
  input.classList.toggle("is-changed", !same);
  if (value === undefined) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  const [key, period] = placeOf(input);
  follow(key, period);
  const parent = input.closest("tr").dataset.parent;
  if (parent) follow(parent, period);
  total(key);
  count();
}

function rowsOf() {
  return [...table.querySelectorAll("tr[data-row]")].map((row) => [...row.querySelectorAll(".targets__input")]).filter((row) => row.length);
}

function near(input, down, right) {
  const rows = rowsOf();
  const at = rows.findIndex((row) => row.includes(input));
  const row = rows[at + down];
  return row?.[rows[at].indexOf(input) + right];
}

function go(input) {
  if (!input) return;
  input.focus();
  input.select();
}

// A cell is left sideways only from its edge, so that the arrows still move inside a text.
function leaves(input, right) {
  const { selectionStart: start, selectionEnd: end, value } = input;
  return (start === 0 && end === value.length) || (right > 0 ? start === value.length : end === 0);
}

function take(input, text) {
  input.value = text.trim();
  show(input);
}

function paste(input, text) {
  const block = text.replace(/\r/g, "").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  const rows = rowsOf();
  const top = rows.findIndex((row) => row.includes(input));
  const left = rows[top].indexOf(input);
  let cut = false;
  block.forEach((line, down) => line.forEach((cell, right) => {
    const target = rows[top + down]?.[left + right];
    if (target) take(target, cell);
    else cut ||= cell.trim() !== "";
  }));
  if (cut) say(form.dataset.cut, "warning");
}

const say = (text, kind) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));

function onKey(event) {
  const input = event.target.closest(".targets__input");
  if (!input || event.isComposing) return;
  const { key } = event;
  const ctrl = event.ctrlKey || event.metaKey;
  let to;
  if (ctrl && (key === "d" || key === "r")) {
    const source = key === "d" ? near(input, -1, 0) : near(input, 0, -1);
    event.preventDefault();
    if (source) take(input, source.value);
    return;
  }
  if (ctrl || event.altKey) return;
  if (key === "ArrowUp") to = near(input, -1, 0);
  else if (key === "ArrowDown") to = near(input, 1, 0);
  else if (key === "ArrowLeft" && leaves(input, -1)) to = near(input, 0, -1);
  else if (key === "ArrowRight" && leaves(input, 1)) to = near(input, 0, 1);
  else if (key === "Enter") {
    event.preventDefault();
    to = near(input, event.shiftKey ? -1 : 1, 0);
  } else if (key === "Escape") take(input, input.dataset.stored);
  if (to) {
    event.preventDefault();
    go(to);
  }
}

async function open(link) {
  const row = link.closest("tr");
  const isOpen = link.getAttribute("aria-expanded") === "true";
  const address = new URL(location.href);
  if (isOpen) {
    const gone = below(row.dataset.row);
    if (gone.some((each) => each.querySelector(".is-changed")) && !confirm(form.dataset.leave)) return;
    gone.forEach((each) => each.remove());
    const kept = address.searchParams.getAll("open").filter((unit) => `unit:${unit}` !== link.dataset.open);
    address.searchParams.delete("open");
    kept.forEach((unit) => address.searchParams.append("open", unit));
  } else {
    const answer = await fetch(link.dataset.rows, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return void say(form.dataset.failed, "error");
    row.insertAdjacentHTML("afterend", await answer.text());
    address.searchParams.append("open", link.dataset.open.slice("unit:".length));
  }
  link.setAttribute("aria-expanded", String(!isOpen));
  history.replaceState(history.state, "", address);
  form.setAttribute("action", address.search);
  count();
}

function below(key) {
  const found = [...table.querySelectorAll(`[data-parent="${CSS.escape(key)}"], [data-sum-of="${CSS.escape(key)}"]`)];
  return found.flatMap((row) => (row.dataset.row ? [row, ...below(row.dataset.row)] : [row]));
}

function tell(issues, moment) {
  document.getElementById("target-issues")?.remove();
  table.querySelectorAll(".targets__fault").forEach((fault) => fault.remove());
  const box = document.createElement("div");
  Object.assign(box, { id: "target-issues", className: "notice notice--bad", tabIndex: -1 });
  box.setAttribute("role", "alert");
  const list = document.createElement("ul");
  list.className = "list";
  for (const { cell, place, message } of issues) {
    const item = document.createElement("li");
    const strong = document.createElement("strong");
    strong.textContent = place;
    item.append(strong, ` ${message}`);
    list.append(item);
    const input = table.querySelector(`[name="${CSS.escape(cell)}"]`);
    if (!input) continue;
    if (moment) input.dataset.told = moment;
    const fault = Object.assign(document.createElement("span"), { className: "targets__fault", id: `fault-${cell}`, textContent: message });
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", fault.id);
    input.after(fault);
  }
  const head = document.createElement("p");
  head.textContent = form.dataset.refused;
  box.append(head, list);
  form.before(box);
  box.focus();
}

let sending = false;

async function save() {
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "seen", "note"]) body.set(name, form.elements[name].value);
  for (const input of changed()) {
    body.set(input.name, input.value);
    // Whoever has been told what another made of a target, and saves again, means it.
    if (input.dataset.told) body.set(input.name.replace(/^t/, "seen"), input.dataset.told);
  }
  sending = true;
  try {
    const answer = await fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (answer.ok) return void location.assign(told.url);
    tell(told.issues ?? [{ cell: "", place: "", message: form.dataset.failed }], told.told_at);
  } catch {
    say(form.dataset.failed, "error");
  }
  sending = false;
}

if (table) {
  table.addEventListener("keydown", onKey);
  table.addEventListener("input", (event) => event.target.matches(".targets__input") && show(event.target));
  table.addEventListener("focusin", (event) => event.target.matches(".targets__input") && event.target.select());
  table.addEventListener("paste", (event) => {
    const input = event.target.closest(".targets__input");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!input || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    paste(input, text);
  });
  table.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open]");
    if (!link) return;
    event.preventDefault();
    open(link);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sending) save();
  });
  form.querySelector("[data-discard]")?.addEventListener("click", () => changed().forEach((input) => take(input, input.dataset.stored)));
  addEventListener("beforeunload", (event) => {
    if (!sending && changed().length) event.preventDefault();
  });
  inputs().filter((input) => input.value !== input.dataset.stored).forEach(show);
}
