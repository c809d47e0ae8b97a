// Rows of texts in both languages: one more row at the end, the cursor in it.
for (const set of document.querySelectorAll("[data-rows]")) {
  const button = set.querySelector("[data-add-row]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const rows = set.querySelectorAll(".pairs__row");
    const row = rows[rows.length - 1].cloneNode(true);
    for (const input of row.querySelectorAll("input")) input.value = "";
    rows[rows.length - 1].after(row);
    row.querySelector("input").focus();
  });
}
