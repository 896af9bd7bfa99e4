/**
 * The browser's modules as one script: each in a function of its own, imports and exports through one object. Knows
 * only the forms that `client/` uses: named imports from `./x.js`, and exported functions and constants.
 */

export interface ClientModule {
  readonly name: string;
  readonly source: string;
}

/** In the order of their imports. */
export const CLIENT_MODULES = [
  "data.js",
  "cases.js",
  "charts.js",
  "explorer.js",
  "player-state.js",
  "player-tracks.js",
  "player.js",
  "main.js",
] as const;

const EXPORT = /^export (?:async )?(?:function|const) ([A-Za-z0-9_]+)/gm;

/** Throws RangeError where a module imports one that does not stand before it. */
export function bundle(modules: readonly ClientModule[]): string {
  const seen = new Set<string>();
  const parts = modules.map(({ name, source }) => {
    const body = source
      .replace(/^import (\{[^}]*\}) from "\.\/([^"]+)";$/gm, (_, names: string, from: string) => {
        if (!seen.has(from)) throw new RangeError(`${name} imports ${from}, which does not stand before it`);
        return `const ${names} = modules[${JSON.stringify(from)}];`;
      })
      .replace(/^export (?=async function|function|const)/gm, "");
    const names = [...source.matchAll(EXPORT)].map((match) => match[1]);
    seen.add(name);
    return `modules[${JSON.stringify(name)}] = (() => {\n${body}\nreturn { ${names.join(", ")} };\n})();`;
  });
  return `(() => {\n"use strict";\nconst modules = {};\n${parts.join("\n")}\n})();`;
}
