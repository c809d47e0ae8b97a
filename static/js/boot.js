// Runs before the first paint, so it is not a module: script is on, and the remembered theme and rail apply without a flash.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  try {
    const theme = localStorage.getItem("theme");
    if (theme) root.dataset.theme = theme;
    if (localStorage.getItem("rail") === "folded") root.dataset.rail = "folded";
  } catch {
    // Storage may be forbidden; the system's theme and the open rail are fine then.
  }
})();
