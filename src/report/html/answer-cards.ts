/** Questions and answers as cards, each line with the colour of the case that it is about. */
import { unbroken } from "../format.js";
import type { Answer } from "../input.js";
import type { CaseStyle } from "../palette.js";
import { escapeHtml } from "./escape.js";

export function answerCards(answers: readonly Answer[], styles: readonly CaseStyle[]): string {
  const cards = answers.map(({ question, lines, detail }) => {
    const shown = lines.map(({ case: of, text }) => {
      const words = escapeHtml(unbroken(text));
      if (of === null) return `<li class="plain">${words}</li>`;
      const colour = styles.find((style) => style.case === of)?.colour;
      const swatch = colour === undefined ? "" : `<span class="swatch" style="--colour:${colour}"></span>`;
      return `<li data-case="${escapeHtml(of)}">${swatch}<b>${escapeHtml(of)}:</b> ${words}</li>`;
    });
    return `<div class="answer"><h3>${escapeHtml(question)}</h3><ul>${shown.join("")}</ul><p>${escapeHtml(unbroken(detail))}</p></div>`;
  });
  return `<div class="answers">\n${cards.join("\n")}\n</div>`;
}
