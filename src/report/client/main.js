/** Starts the page: mode first, then explorers and players, then the charts as they come near. */
import { currentMode, setMode, startCases } from "./cases.js";
import { startCharts } from "./charts.js";
import { loadLibraries, unpack } from "./data.js";
import { startExplorer } from "./explorer.js";
import { startPlayer } from "./player.js";

async function main() {
  const asked = new URLSearchParams(location.search).get("theme");
  const dark = asked ? asked === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  setMode(dark ? "dark" : "light");
  document
    .getElementById("theme")
    ?.addEventListener("click", () => setMode(currentMode() === "dark" ? "light" : "dark"));
  const [payload] = await Promise.all([unpack("payload"), loadLibraries()]);
  startCases();
  /** @type {any[]} */
  const explorers = [];
  for (const figure of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("figure.explorer"))) {
    const set = Number(figure.dataset.set);
    const start = async () => {
      explorers[set] = await startExplorer(figure, payload.sets[set]);
    };
    // The first one at once: whoever opens the page finds it ready.
    if (set === 0) await start();
    else whenNear(figure, start);
  }
  for (const figure of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("figure.player"))) {
    const set = Number(figure.dataset.set);
    whenNear(figure, () => startPlayer(figure, payload.sets[set], (ms) => explorers[set]?.setPlayhead(ms)));
  }
  const charts = startCharts(payload);
  document.getElementById("print")?.addEventListener("click", async () => {
    setMode("light");
    await charts.drawAll();
    for (const details of document.querySelectorAll("details")) details.open = true;
    window.print();
  });
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

/** @param {HTMLElement} element @param {() => unknown} start */
function whenNear(element, start) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      start();
    },
    { rootMargin: "900px" },
  );
  observer.observe(element);
}

main().catch((error) => {
  console.error(error);
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = `The charts could not be drawn: ${error}`;
  document.getElementById("content")?.prepend(notice);
});
