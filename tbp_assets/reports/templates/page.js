"use strict";
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const darkOutside = matchMedia("(prefers-color-scheme: dark)");

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : darkOutside.matches);
  const showTheme = () => button.setAttribute("aria-pressed", String(isDark()));
  // A page opened from a disk may be refused any storage: the choice then lasts until the page is closed.
  const remember = (theme) => { try { sessionStorage.setItem("report-theme", theme); } catch { /* not remembered */ } };
  const remembered = () => { try { return sessionStorage.getItem("report-theme"); } catch { return null; } };

  if (remembered()) root.dataset.theme = remembered();
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
    showTheme();
  });
  darkOutside.addEventListener("change", showTheme);
  button.hidden = false;
  showTheme();

  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    const folded = target.closest("details") || target.querySelector(":scope > details");
    if (folded) folded.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) unfold();
  });

  const column = (packed) => (Array.isArray(packed) ? packed : packed.places.map((place) => packed.values[place]));
  const rows = (frame) => {
    const columns = Object.entries(frame).map(([name, packed]) => [name, column(packed)]);
    return columns[0][1].map((_, row) => Object.fromEntries(columns.map(([name, values]) => [name, values[row]])));
  };
  const draw = async ({ id, spec, data }) => {
    const box = document.getElementById(`chart-${id}`);
    spec.datasets = Object.fromEntries(Object.entries(data).map(([name, frame]) => [name, rows(frame)]));
    try {
      // The interpreter needs no eval, which the page's policy forbids.
      await vegaEmbed(box, spec, { renderer: "svg", actions: false, ast: true, tooltip: { theme: "report" } });
      box.dataset.drawn = "yes";
    } catch (error) {
      box.textContent = "This chart could not be drawn; the table has the same numbers.";
      console.error(error);
    }
  };
  const drawAll = async () => {
    for (const chart of JSON.parse(document.getElementById("charts").textContent)) await draw(chart);
    root.dataset.drawn = "all";
    unfold();
  };
  drawAll();
})();
