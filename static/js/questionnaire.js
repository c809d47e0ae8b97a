// Answering by keyboard: the key of an option (a letter or a number) answers, the arrow keys go back and forth.
document.addEventListener("keydown", (event) => {
  const form = document.querySelector("[data-questionnaire]");
  if (!form || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.matches?.("input, select, textarea, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  const options = [...form.querySelectorAll("[data-key]")];
  const chosen = options.find((option) => option.dataset.key === key) ?? options.find((option) => option.dataset.number === key);
  if (chosen) {
    event.preventDefault();
    chosen.click();
  } else if (event.key === "ArrowLeft") {
    form.querySelector("[data-previous]")?.click();
  } else if (event.key === "ArrowRight") {
    form.querySelector("[data-next]")?.click();
  }
});
