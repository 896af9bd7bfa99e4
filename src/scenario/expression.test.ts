// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scenarios write ${…} in plain text
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Params } from "./expression.js";

const params = new Params({ P: 4000, Q: "${P/4}", delay: "10s", R: "${2*(P+Q)}" });
const replaced = (text: string) => {
  const result = params.interpolate(text);
  return result.ok ? result.value : result.problem.message;
};

describe("${…}", () => {
  test.each([
    ["${P}", 4000],
    ["${P/4}", 1000],
    ["${P ÷ 4}", 1000],
    ["${2 × P − 1}", 7999],
    ["${-P + 1}", -3999],
    ["${P/4/10*2}", 200],
    ["${2*(P+Q)}", 10_000],
    ["${R}", 10_000],
    ["${delay}", "10s"],
    ["${5000*P}/s", "20000000/s"],
    ["${P+64}mb", "4064mb"],
    ["${1e18*P}/s", "4000000000000000000000/s"],
    ["a ${P} b ${Q}", "a 4000 b 1000"],
    ["$${P}", "${P}"],
    ["plain", "plain"],
  ])("%s", (text, value) => expect(replaced(text)).toBe(value));

  test.each([
    ["${p}", 'unknown param "p"'],
    ["${P", '${ without } in "${P"'],
    ["${P/0}", "cannot evaluate ${P/0}: division by zero"],
    ["${P+}", "cannot evaluate ${P+}: it ends too early"],
    ["${P Q}", 'cannot evaluate ${P Q}: unexpected "Q"'],
    ["${(P}", "cannot evaluate ${(P}: a ( without its )"],
    ["${}", "cannot evaluate ${}: it ends too early"],
    ["${delay*2}", 'param "delay" is text and cannot be calculated with'],
    ["${1e308*10}", "cannot evaluate ${1e308*10}: the result is not a finite number"],
    [`\${${"(".repeat(200)}1${")".repeat(200)}}`, `cannot evaluate \${${"(".repeat(57)}…}: nested too deeply`],
  ])("%s is refused", (text, message) => expect(replaced(text)).toBe(message));

  test("params in a circle name the circle", () => {
    const circle = new Params({ A: "${B+1}", B: "${A}" });
    const result = circle.value("A");
    expect(result.ok ? null : result.problem.message).toBe("params refer to each other in a circle: A → B → A");
  });

  test("agrees with JavaScript's own arithmetic", () => {
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.nat({ max: 1000 }).map(String),
        fc.constant("P"),
        fc.tuple(tie("tree"), fc.constantFrom("+", "-", "*"), tie("tree")).map(([a, op, b]) => `(${a}${op}${b})`),
        fc
          .tuple(tie("tree"), fc.constantFrom("+", "-", "*", "/"), fc.integer({ min: 1, max: 99 }))
          .map(([a, op, b]) => `${a} ${op} ${b}`),
      ),
    }));
    fc.assert(
      fc.property(tree, (text) => {
        const wanted = new Function("P", `return ${text}`)(4000) as number;
        const result = params.interpolate(`\${0+${text}}`);
        if (!Number.isFinite(wanted)) return;
        expect(result.ok ? result.value : result.problem).toBe(new Function("P", `return 0+${text}`)(4000));
      }),
    );
  });

  test("no text makes it throw", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("$", "{", "}", "P", "1", "+", "(", ")", "/", " ", "e", ".") }),
        (text) => {
          expect(params.interpolate(text)).toHaveProperty("ok");
        },
      ),
    );
  });
});
