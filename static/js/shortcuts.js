// "/" or Ctrl-K focuses the search of the page, where it has one; "?" lists the shortcuts. Nothing fires while someone types.
document.addEventListener("keydown", (event) => {
  const search = document.querySelector("input[data-search], main input[type=search]");
  const commanded = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
  const typing = event.target.matches?.("input, select, textarea, [contenteditable]");
  if (commanded || (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey)) {
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "?" && !typing) {
    document.getElementById("shortcuts")?.showModal();
  } else if (event.key === "Escape" && event.target === search) {
    search.blur();
  }
});
