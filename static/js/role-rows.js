// The form of a role. Rows of texts in both languages: one more row at the end, the cursor in it.
for (const set of document.querySelectorAll("[data-rows]")) {
  const button = set.querySelector("[data-add-row]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const rows = set.querySelectorAll(".pairs__row");
    const row = rows[rows.length - 1].cloneNode(true);
    for (const input of row.querySelectorAll("input")) input.value = "";
    for (const select of row.querySelectorAll("select")) select.selectedIndex = 0;
    rows[rows.length - 1].after(row);
    row.querySelector("select, input").focus();
  });
}

// KPIs by name or id: groups without one that fits go, those with one open; what is ticked stays ticked.
const field = document.querySelector("[data-kpi-find]");
if (field) {
  const said = document.getElementById("kpi-found");
  const hint = said.textContent;
  const groups = [...document.querySelectorAll("[data-kpi-group]")].map((group) => ({ group, wasOpen: group.open }));
  const show = () => {
    const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { group, wasOpen } of groups) {
      const labels = [...group.querySelectorAll("[data-find]")];
      for (const label of labels) label.hidden = !words.every((word) => label.dataset.find.includes(word));
      const shown = labels.filter((label) => !label.hidden).length;
      found += shown;
      group.hidden = shown === 0;
      group.open = words.length > 0 ? shown > 0 : wasOpen;
    }
    said.textContent = words.length > 0 && found === 0 ? said.dataset.none : hint;
  };
  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  show();
}
