// Dropping files onto a drop zone fills its real file input; the chosen files are listed with their sizes.
function size(bytes) {
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

function listFiles(zone) {
  const input = zone.querySelector("input[type=file]");
  zone.querySelector("[data-drop-files]").replaceChildren(...[...input.files].map((file) => {
    const line = document.createElement("li");
    line.textContent = `${file.name} · ${size(file.size)}`;
    return line;
  }));
}

document.addEventListener("change", (event) => {
  const zone = event.target.closest("[data-drop]");
  if (zone) listFiles(zone);
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.toggle("is-over", kind === "dragover");
    if (kind !== "drop") return;
    const input = zone.querySelector("input[type=file]");
    const kept = new DataTransfer();
    [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1).forEach((file) => kept.items.add(file));
    input.files = kept.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
