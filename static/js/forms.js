// Selects that send their form on change, and selects one can narrow by typing (a combobox over the real select).
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form?.requestSubmit();
});

// A second press while the first is on its way sends nothing. Forms that htmx sends are its own to keep apart.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
  setTimeout(() => delete form.dataset.sent, 3000);
});

let made = 0;

function build(select) {
  select.dataset.comboboxReady = "";
  const id = `combobox-${(made += 1)}`;
  const input = document.createElement("input");
  Object.assign(input, { className: "input", type: "text", autocomplete: "off", id: `${id}-input` });
  const list = document.createElement("ul");
  Object.assign(list, { className: "combobox__list", id, role: "listbox", hidden: true });
  const label = select.form?.querySelector(`label[for="${select.id}"]`);
  if (label) label.htmlFor = input.id;
  const name = label?.textContent || select.getAttribute("aria-label") || "";
  list.setAttribute("aria-label", name);
  for (const [key, value] of Object.entries({ role: "combobox", "aria-controls": id, "aria-expanded": "false", "aria-autocomplete": "list" })) {
    input.setAttribute(key, value);
  }
  if (!label) input.setAttribute("aria-label", name);
  select.hidden = true;
  select.after(input, list);
  return { select, input, list, active: -1 };
}

function enhance(select) {
  const box = build(select);
  const { input, list } = box;
  const chosen = () => select.selectedOptions[0]?.textContent ?? "";
  const shut = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = chosen();
  };
  const point = (index) => {
    const items = [...list.querySelectorAll("[role=option]")];
    box.active = items.length ? (index + items.length) % items.length : -1;
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === box.active)));
    const item = items[box.active];
    if (item) {
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    }
  };
  const show = (words) => {
    const needle = words.trim().toLowerCase();
    const found = [...select.options].filter((option) => option.textContent.toLowerCase().includes(needle));
    list.replaceChildren(...found.slice(0, 200).map((option, at) => {
      const item = document.createElement("li");
      Object.assign(item, { id: `${list.id}-${at}`, textContent: option.textContent });
      item.setAttribute("role", "option");
      item.dataset.value = option.value;
      return item;
    }));
    if (!found.length) {
      const none = document.createElement("li");
      none.textContent = select.dataset.none;
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(Math.max(found.findIndex((option) => option.selected), 0));
  };
  const choose = (value) => {
    const changed = select.value !== value;
    select.value = value;
    shut();
    if (changed) select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  input.value = chosen();
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => list.hidden && show(""));
  input.addEventListener("input", () => show(input.value));
  input.addEventListener("blur", shut);
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const item = event.target.closest("[role=option]");
    if (item) choose(item.dataset.value);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) show("");
      else point(box.active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      const item = list.querySelector("[aria-selected=true]");
      if (item) choose(item.dataset.value);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      shut();
    }
  });
}

function enhanceAll() {
  document.querySelectorAll("select[data-combobox]:not([data-combobox-ready])").forEach(enhance);
}

document.addEventListener("htmx:load", enhanceAll);
enhanceAll();
