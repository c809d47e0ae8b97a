// Rows of texts in both languages: one more row at the end, the cursor in it.
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
