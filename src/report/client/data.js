/** The data of the page: unpacks what `html/payload.ts` packed. */

/** @param {string} id of the element that holds it @returns {Promise<any>} */
export async function unpack(id) {
  const text = (document.getElementById(id)?.textContent ?? "").trim();
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** Runs the libraries that the page carries, one after the other. */
export async function loadLibraries() {
  for (const source of await unpack("libraries")) {
    const script = document.createElement("script");
    script.textContent = source;
    document.head.append(script);
  }
}

/** @param {number} ms */
export function showDuration(ms) {
  const size = Math.abs(ms);
  if (size < 999.5) return `${Math.round(ms)} ms`;
  return size < 99_950 ? `${(ms / 1000).toFixed(size < 9_995 ? 2 : 1)} s` : `${Math.round(ms / 1000)} s`;
}
