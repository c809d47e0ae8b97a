// The sheet in which the organisation is changed. Links with data-sheet open in it, as does the event "org:sheet" {url};
// a change that holds sends "org:changed" {thing, id, revision, url}, which shuts it. Forms also work as pages of their own.
const sheet = document.getElementById("org-sheet");
const body = document.getElementById("org-sheet-body");
let opener = null;

async function open(url) {
  opener = document.activeElement;
  const settled = new Promise((done) => body.addEventListener("htmx:afterSettle", done, { once: true }));
  await window.htmx.ajax("GET", url, { target: body, swap: "innerHTML" });
  if (!body.firstElementChild) return;
  await settled; // only then do the fields ask for what follows: what is typed earlier would show nothing
  if (!sheet.open) sheet.showModal();
  (body.querySelector("[autofocus]") ?? body.querySelector("form input:not([type=hidden]), form select") ?? body.querySelector("button"))?.focus();
}

if (sheet) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-sheet]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.href);
  });
  document.addEventListener("org:sheet", (event) => open(event.detail.url));
  document.addEventListener("org:changed", () => sheet.close());
  sheet.addEventListener("close", () => {
    body.replaceChildren();
    if (opener?.isConnected) opener.focus();
  });
}

// What a day means for a change: a correction of the past, now, or planned.
function tellWhen(box) {
  const day = document.getElementById(box.dataset.when)?.value ?? "";
  const means = !day || day === box.dataset.today ? "now" : day < box.dataset.today ? "past" : "planned";
  box.querySelectorAll("[data-when-is]").forEach((words) => (words.hidden = words.dataset.whenIs !== means));
}

// The person's whole share of time, while it is typed. Counted in ten-thousandths: no float drift.
function tellLoad(box) {
  const form = box.closest("form");
  const share = Math.round(Number(form.elements.share?.value || 0) * 10000) || 0;
  const total = Math.round(Number(box.dataset.load) * 10000) + share;
  const roles = new Set(box.dataset.loadRoles.split(" ").filter(Boolean).concat(form.elements.role?.value || []));
  box.querySelector("[data-load-total]").textContent = String(total / 10000);
  box.querySelector("[data-load-warning]").hidden = total <= Number(box.dataset.most) * 10000 && roles.size <= Number(box.dataset.mostRoles);
}

function tellAll(root = document) {
  root.querySelectorAll("[data-when]").forEach(tellWhen);
  root.querySelectorAll("[data-load]").forEach(tellLoad);
}

for (const kind of ["input", "change"]) document.addEventListener(kind, (event) => event.target.form && tellAll(event.target.form));
document.addEventListener("htmx:afterSettle", () => tellAll());
tellAll();
