/** `outgap list`: rows of the catalogue as text blocks or JSON. Owns the layout, no row. */
import { CATALOGUES, type CatalogueName, type CatalogueRow, catalogueRows } from "../../scenario/index.js";
import { nearestName } from "../../scenario/nearest.js";
import { EXIT, UsageError } from "../exit.js";
import { paint, writeOut } from "../streams.js";

export interface ListArguments {
  readonly what: string;
  readonly json: boolean;
}

export async function list({ what, json }: ListArguments): Promise<number> {
  if (!CATALOGUES.includes(what as CatalogueName)) {
    const nearest = nearestName(what, CATALOGUES);
    const hint = nearest === null ? "" : `; did you mean ${nearest}?`;
    throw new UsageError(`there is no list ${JSON.stringify(what)}, expected ${CATALOGUES.join(", ")}${hint}`);
  }
  const rows = catalogueRows(what as CatalogueName);
  await writeOut(json ? `${JSON.stringify(rows, null, 2)}\n` : rows.map(block).join(""));
  return EXIT.done;
}

/** The name and what it is on one line; below it whatever else is known. */
function block({ name, doc, unit, default: value, grade, source }: CatalogueRow): string {
  const details = [
    unit === null || unit === "" ? "" : `unit: ${unit}`,
    value === null ? "" : `default: ${value}`,
    grade === null ? "" : `grade ${grade}`,
    source === null ? "" : `source: ${source}`,
  ].filter((part) => part !== "");
  const below = details.length === 0 ? "" : `    ${paint("dim", details.join(" · "))}\n`;
  return `${paint("bold", name)}  ${doc}\n${below}`;
}
