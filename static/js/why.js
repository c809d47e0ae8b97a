// A link with data-why opens its explanation in the drawer #why; without script, or with a modifier key, it is a plain link.
const drawer = document.getElementById("why");
const body = document.getElementById("why-body");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-why]");
  if (!link || !drawer || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  body.replaceChildren();
  drawer.showModal();
  window.htmx.ajax("GET", link.href, { target: "#why-body", swap: "innerHTML" }).catch(() => window.location.assign(link.href));
});
