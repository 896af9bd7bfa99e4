/** Which cases are shown, and in which mode: one state for the whole page, with listeners. */

/** @type {Set<string>} */
export const hiddenCases = new Set();
/** @type {(() => void)[]} */
const caseListeners = [];
/** @type {(() => void)[]} */
const modeListeners = [];

/** @param {() => void} listener */
export function onCases(listener) {
  caseListeners.push(listener);
}

/** @param {() => void} listener */
export function onMode(listener) {
  modeListeners.push(listener);
}

/** @returns {"light" | "dark"} */
export function currentMode() {
  return document.documentElement.dataset.theme === "dark" ? "dark" : "light";
}

/** @param {"light" | "dark"} mode */
export function setMode(mode) {
  document.documentElement.dataset.theme = mode;
  const button = document.getElementById("theme");
  button?.setAttribute("aria-pressed", String(mode === "dark"));
  if (button) button.textContent = mode === "dark" ? "Light" : "Dark";
  for (const listener of modeListeners) listener();
}

export function startCases() {
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[data-toggle]"));
  for (const box of boxes) {
    box.addEventListener("change", () => {
      const name = box.dataset.toggle ?? "";
      if (box.checked) hiddenCases.delete(name);
      else if (hiddenCases.size + 1 < boxes.length) hiddenCases.add(name);
      else box.checked = true;
      showCases();
    });
  }
}

function showCases() {
  for (const element of document.querySelectorAll("[data-case]")) {
    element.toggleAttribute("data-hidden", hiddenCases.has(/** @type {HTMLElement} */ (element).dataset.case ?? ""));
  }
  for (const listener of caseListeners) listener();
}
