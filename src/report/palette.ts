/**
 * The one palette: a fixed colour per strategy (Okabe–Ito, safe for the common colour-vision deficiencies), phases
 * and sequential steps. Cases of one strategy share its colour and differ by dash and shape.
 */
import type { PhaseName } from "../metrics/result.js";

export type Mode = "light" | "dark";

const STRATEGY_COLOURS: Readonly<Record<string, string>> = {
  "global-restart": "#d55e00",
  "region-restart": "#e69f00",
  "individual-restart": "#999933",
  "single-task": "#0072b2",
  "approximate-local": "#009e73",
  "hot-standby": "#56b4e9",
  adaptive: "#cc79a7",
  none: "#7f7f7f",
};

/** For strategies that the palette does not know yet (registered by a user). */
const SPARE_COLOURS = ["#882255", "#117733", "#44aa99", "#aa4499"];

/** Ten muted hues after Paul Tol, in the order of `PHASES`; the lightness differs too. */
const PHASE_COLOURS: Readonly<Record<PhaseName, string>> = {
  detect: "#cc6677",
  cancel: "#999933",
  delay: "#bbbbbb",
  reset: "#ddcc77",
  slots: "#88ccee",
  deploy: "#4477aa",
  open: "#44aa99",
  restore: "#117733",
  connect: "#aa4499",
  timer: "#882255",
};

/** Steps of a sequential scale from calm to grave, dark enough at the grave end for white text. */
export const STEPS: Readonly<Record<Mode, readonly string[]>> = {
  light: ["#eef1f4", "#cfe3f1", "#9fcbe6", "#6db0d8", "#4292c6", "#2a6fae", "#5b3f97", "#8c2a7f", "#b5124f", "#7a0017"],
  dark: ["#22272e", "#243b50", "#27557a", "#2c74a8", "#4a95cf", "#8fb6e8", "#c9a6e6", "#f08fc0", "#ff7a7a", "#ffd166"],
};

export const PUBLISHED_COLOUR: Readonly<Record<Mode, string>> = { light: "#000000", dark: "#ffffff" };
export const TWIN_COLOUR: Readonly<Record<Mode, string>> = { light: "#8a8f98", dark: "#8a919c" };

const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [12, 4],
  [4, 2, 1, 2],
];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"] as const;

/** Black or white with `alpha`, to lay over a strategy's colour for its second, third … case. */
function mix(colour: string, other: string, share: number): string {
  const part = (text: string, at: number): number => Number.parseInt(text.slice(at, at + 2), 16);
  const channels = [1, 3, 5].map((at) => Math.round(part(colour, at) * (1 - share) + part(other, at) * share));
  return `#${channels.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

export function strategyColour(strategy: string): string {
  const known = STRATEGY_COLOURS[strategy];
  if (known !== undefined) return known;
  let hash = 0;
  for (const char of strategy) hash = (hash * 31 + (char.codePointAt(0) as number)) >>> 0;
  return SPARE_COLOURS[hash % SPARE_COLOURS.length] as string;
}

export interface CaseStyle {
  readonly case: string;
  readonly strategy: string;
  /** The strategy's colour, lighter for its further cases. */
  readonly colour: string;
  readonly dash: readonly number[];
  readonly shape: (typeof SHAPES)[number];
}

/** Styles in the order of the cases given; the first case of a strategy has its plain colour and a solid line. */
export function caseStyles(cases: readonly { readonly case: string; readonly strategy: string }[]): CaseStyle[] {
  const styles: CaseStyle[] = [];
  for (const { case: name, strategy } of cases) {
    if (styles.some((style) => style.case === name)) continue;
    const nth = styles.filter((style) => style.strategy === strategy).length;
    styles.push({
      case: name,
      strategy,
      colour: mix(strategyColour(strategy), "#b0b0b0", Math.min(0.6, nth * 0.32)),
      dash: DASHES[nth % DASHES.length] as readonly number[],
      shape: SHAPES[styles.length % SHAPES.length] as CaseStyle["shape"],
    });
  }
  return styles;
}

export function phaseColour(phase: PhaseName): string {
  return PHASE_COLOURS[phase];
}
