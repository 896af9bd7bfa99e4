import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "./messages.js";
import { MAX_CHARACTERS, parseYaml } from "./parse.js";

const first = (text: string): string => {
  const result = parseYaml(text, "f.yaml");
  return result.ok ? "ok" : formatDiagnostic(result.diagnostics[0]!);
};

describe("bad input gets one clear line", () => {
  test.each([
    ["", "f.yaml:1:1: the file is empty, expected a scenario: a YAML mapping with `version: 1`"],
    ["just words", 'f.yaml:1:1: this is "just words", expected a scenario: a YAML mapping with `version: 1`'],
    ["- a\n- b", "f.yaml:1:1: this is a list, expected a scenario: a YAML mapping with `version: 1`"],
    ["a: 1\nb: 2\na: 3", 'f.yaml:3:1: key "a" is defined twice, expected unique names'],
    ["a:\n\t- 1", "f.yaml:2:1: not valid YAML: Tabs are not allowed as indentation"],
    ["a: b: c", "f.yaml:1:4: not valid YAML: Nested mappings are not allowed in compact mappings"],
    [
      "a: 1\n---\nb: 2",
      "f.yaml:2:1: not valid YAML: Source contains multiple documents; please use YAML.parseAllDocuments()",
    ],
    ["ab\ncd\u0000ef", "f.yaml:2:3: not a text file (it contains control characters), expected a scenario in YAML"],
    ["a: 1\n2: 3", "f.yaml:2:1: key 2 is not text, expected a name"],
    ["a: !secret 1", "f.yaml:1:4: not valid YAML: Unresolved tag: !secret"],
    ["__proto__: { a: 1 }", 'f.yaml:1:1: key "__proto__" is not allowed'],
    ["a: *nowhere", "f.yaml:1:4: not valid YAML: alias *nowhere comes before its anchor"],
  ])("%j", (text, message) => expect(first(text)).toBe(message));
});

describe("hostile input is refused within seconds, on a busy machine too", () => {
  let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (let i = 1; i < 12; i++) {
    const name = String.fromCharCode(97 + i);
    bomb += `${name}: &${name} [${Array(9)
      .fill(`*${String.fromCharCode(96 + i)}`)
      .join(",")}]\n`;
  }
  const noise = Array.from({ length: 1e7 }, (_, i) => String.fromCharCode(33 + ((i * 7919) % 90))).join("");
  test.each([
    ["an anchor bomb", bomb, "aliases"],
    ["many aliases", `a: &a 1\nb: [${"*a,".repeat(80_000)}]`, "aliases"],
    ["10 MB of noise", noise, "characters"],
    ["250 kB of noise", noise.slice(0, 250_000), "not valid YAML"],
    ["deep flow lists", "[".repeat(250_000), "nested"],
    ["deep block lists", "- ".repeat(125_000), "nested"],
    ["deep explicit keys", "? ".repeat(125_000), "nested"],
    ["deep indentation", Array.from({ length: 700 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"), "nested"],
    ["one key, often", "a: 1\n".repeat(50_000), "defined twice"],
  ])("%s", (_, text, word) => {
    const start = performance.now();
    expect(first(text)).toContain(word);
    expect(performance.now() - start).toBeLessThan(5000);
  });
  test("the limit itself is not refused for its size", () => {
    expect(first(`a: 1 #${"x".repeat(MAX_CHARACTERS - 6)}`)).toBe("ok");
  });
});

describe("positions", () => {
  const yaml = parseYaml(
    "job:\n  vertices:\n    - { id: a, rate: 5 }\n    - id: b\nshared: &s { x: 1 }\nuse: *s\nengine:\n  config:\n    heartbeat:\n      timeout: 5\n    task.cancellation: { interval: 1 }\n",
    "f",
  );
  if (!yaml.ok) throw new Error("valid");
  const at = (path: (string | number)[], what?: "key" | "value") => {
    const { line, column } = yaml.value.locate(path, what);
    return `${line}:${column}`;
  };
  test("of values, keys, list entries, aliases and dotted keys", () => {
    expect(at(["job", "vertices", 0, "rate"])).toBe("3:22");
    expect(at(["job", "vertices", 0, "rate"], "key")).toBe("3:16");
    expect(at(["job", "vertices", 1])).toBe("4:7");
    expect(at(["use", "x"])).toBe("5:17");
    expect(at(["engine", "config", "heartbeat.timeout"])).toBe("10:16");
    expect(at(["engine", "config", "task.cancellation.interval"], "key")).toBe("11:26");
  });
  test("of what is not there: the nearest ancestor", () => {
    expect(at(["job", "edges"])).toBe("2:3");
    expect(at(["nothing"])).toBe("1:1");
  });
});
