// Toasts leave by themselves unless they are errors or offer Undo; reading (hover, focus) holds them. Failed htmx requests say so.
const STAY = 8000;
const region = document.getElementById("toasts");

function arm(toast) {
  if (toast.dataset.armed) return;
  toast.dataset.armed = "true";
  if (toast.matches(".toast--error, .toast--warning") || toast.querySelector("form")) return;
  let timer = setTimeout(() => toast.remove(), STAY);
  for (const hold of ["pointerenter", "focusin"]) toast.addEventListener(hold, () => clearTimeout(timer));
  for (const free of ["pointerleave", "focusout"]) toast.addEventListener(free, () => (timer = setTimeout(() => toast.remove(), STAY / 2)));
}

function say(text, kind) {
  const toast = document.createElement("div");
  toast.className = `toast toast--${kind}`;
  const words = Object.assign(document.createElement("span"), { className: "toast__text", textContent: text });
  const close = Object.assign(document.createElement("button"), { className: "toast__close", type: "button", textContent: "×" });
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", region.dataset.close);
  toast.append(words, close);
  region.append(toast);
  arm(toast);
}

if (region) {
  region.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast").remove());
  new MutationObserver(() => [...region.children].forEach(arm)).observe(region, { childList: true });
  [...region.children].forEach(arm);
  document.addEventListener("toast", (event) => say(event.detail.text ?? event.detail.value, event.detail.kind ?? "info"));
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => say(region.dataset.failed, "error"));
  }
}
