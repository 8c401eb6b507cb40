// Before the first paint, and so no module: a chosen colour scheme must not flash in the other one.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("microseg-theme");
  } catch {
    // storage is forbidden: as the system says
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
