// The theme toggle and the folding of the rail. Charts listen for "themechange".
const root = document.documentElement;

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the choice lasts for this page.
  }
}

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function setTheme(theme) {
  root.dataset.theme = theme;
  document.dispatchEvent(new CustomEvent("themechange"));
}

function showRail(button) {
  button.setAttribute("aria-expanded", String(root.dataset.rail !== "folded"));
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) {
    const theme = isDark() ? "light" : "dark";
    remember("theme", theme);
    setTheme(theme);
  }
  const rail = event.target.closest("[data-rail-toggle]");
  if (rail) {
    root.dataset.rail = root.dataset.rail === "folded" ? "open" : "folded";
    remember("rail", root.dataset.rail);
    showRail(rail);
  }
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (!root.dataset.theme) document.dispatchEvent(new CustomEvent("themechange"));
});
document.querySelectorAll("[data-rail-toggle]").forEach(showRail);
