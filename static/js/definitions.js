// The KPI editor: put a measure into the formula, take a suggestion over. The panes keep each other in step through htmx.
const formula = () => document.querySelector("[data-formula]");

function put(text, from, length) {
  const box = formula();
  box.setRangeText(text, from, from + length, "end");
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const measure = event.target.closest("[data-put]");
  if (measure) {
    const { selectionStart, selectionEnd, value } = formula();
    const gap = selectionStart && !/[\s(+\-*/]$/.test(value.slice(0, selectionStart)) ? " " : "";
    put(gap + measure.dataset.put, selectionStart, selectionEnd - selectionStart);
  }
  const mend = event.target.closest("[data-mend]");
  if (mend) put(mend.dataset.mend, Number(mend.dataset.from), Number(mend.dataset.length));
});

// a formula read from the text pane has the same place in the form: suggestions always go there
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id === "text-pane") event.detail.target.querySelector("textarea").scrollTop = 0;
});
