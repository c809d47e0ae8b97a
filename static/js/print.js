// Buttons that print the page; the browser's dialog also saves it as PDF.
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
