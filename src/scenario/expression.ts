/**
 * `${…}` in a scenario: arithmetic over `params`. Text in, number or text out; knows no YAML and no key.
 * `params` may use each other; a circle is a problem. `$${` is a literal `${`.
 */
import type { Problem } from "./messages.js";
import { messages } from "./messages.js";
import type { Parsed } from "./units.js";
import { plainDecimal } from "./units.js";

export type ParamValue = number | string;
/** Raw `params`: numbers, quantities as text, or text with `${…}`. */
export type RawParams = Readonly<Record<string, ParamValue>>;

class ExpressionError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

const MAX_LENGTH = 1000;
const MAX_DEPTH = 50;

/** Evaluates arithmetic text; `lookup` resolves names. */
class Parser {
  private position = 0;
  private depth = 0;
  private readonly text: string;
  private readonly lookup: (name: string) => number;

  constructor(text: string, lookup: (name: string) => number) {
    this.text = text;
    this.lookup = lookup;
  }

  parse(): number {
    if (this.text.length > MAX_LENGTH) this.fail(`longer than ${MAX_LENGTH} characters`);
    const value = this.sum();
    if (this.peek() !== "") this.fail(`unexpected ${JSON.stringify(this.peek())}`);
    if (!Number.isFinite(value)) this.fail("the result is not a finite number");
    return value;
  }

  private fail(reason: string): never {
    const text = this.text.length > 60 ? `${this.text.slice(0, 57)}…` : this.text;
    throw new ExpressionError(messages.badExpression(text, reason));
  }

  private peek(): string {
    while (/\s/.test(this.text[this.position] ?? "")) this.position++;
    return this.text[this.position] ?? "";
  }

  private sum(): number {
    let value = this.product();
    for (;;) {
      const operator = this.peek();
      if (operator === "+") {
        this.position++;
        value += this.product();
      } else if (operator === "-" || operator === "−") {
        this.position++;
        value -= this.product();
      } else return value;
    }
  }

  private product(): number {
    let value = this.factor();
    for (;;) {
      const operator = this.peek();
      if (operator === "*" || operator === "×") {
        this.position++;
        value *= this.factor();
      } else if (operator === "/" || operator === "÷") {
        this.position++;
        const divisor = this.factor();
        if (divisor === 0) this.fail("division by zero");
        value /= divisor;
      } else return value;
    }
  }

  private factor(): number {
    if (++this.depth > MAX_DEPTH) this.fail("nested too deeply");
    try {
      const next = this.peek();
      if (next === "-" || next === "−") {
        this.position++;
        return -this.factor();
      }
      if (next === "(") {
        this.position++;
        const value = this.sum();
        if (this.peek() !== ")") this.fail("a ( without its )");
        this.position++;
        return value;
      }
      const rest = this.text.slice(this.position);
      const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.exec(rest);
      if (number !== null) {
        this.position += number[0].length;
        return Number(number[0]);
      }
      const name = /^[A-Za-z_]\w*/.exec(rest);
      if (name !== null) {
        this.position += name[0].length;
        return this.lookup(name[0]);
      }
      this.fail(next === "" ? "it ends too early" : `unexpected ${JSON.stringify(next)}`);
    } finally {
      this.depth--;
    }
  }
}

/** Resolves params lazily, each once, with cycle detection. */
export class Params {
  private readonly raw: RawParams;
  private readonly resolved = new Map<string, ParamValue>();
  private readonly open: string[] = [];

  constructor(raw: RawParams) {
    this.raw = raw;
  }

  names(): string[] {
    return Object.keys(this.raw);
  }

  /** The value of one param, its own `${…}` evaluated. */
  value(name: string): Parsed<ParamValue> {
    return guarded(() => this.resolve(name));
  }

  /**
   * Replaces every `${…}` in `text`. Text that is one single `${…}` becomes that number (or that param's text);
   * otherwise the parts are joined as text.
   */
  interpolate(text: string): Parsed<ParamValue> {
    return guarded(() => this.replace(text));
  }

  private resolve(name: string): ParamValue {
    const known = this.resolved.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.raw, name)) throw new ExpressionError(messages.unknownParam(name, this.names()));
    if (this.open.includes(name)) throw new ExpressionError(messages.paramCycle([...this.open, name]));
    this.open.push(name);
    try {
      const raw = this.raw[name] as ParamValue;
      const value = typeof raw === "string" ? this.replace(raw) : raw;
      this.resolved.set(name, value);
      return value;
    } finally {
      this.open.pop();
    }
  }

  private evaluate(text: string): ParamValue {
    const single = text.trim();
    if (/^[A-Za-z_]\w*$/.test(single)) return this.resolve(single);
    return new Parser(text, (name) => {
      const value = this.resolve(name);
      if (typeof value !== "number") throw new ExpressionError(messages.textParam(name));
      return value;
    }).parse();
  }

  private replace(text: string): ParamValue {
    let out = "";
    let rest = text;
    for (;;) {
      const start = rest.indexOf("${");
      if (start < 0) return out + rest;
      if (start > 0 && rest[start - 1] === "$") {
        out += `${rest.slice(0, start - 1)}\${`;
        rest = rest.slice(start + 2);
        continue;
      }
      const end = rest.indexOf("}", start);
      if (end < 0) throw new ExpressionError(messages.unclosedExpression(text));
      const value = this.evaluate(rest.slice(start + 2, end));
      if (out === "" && start === 0 && end === rest.length - 1) return value;
      out += rest.slice(0, start) + (typeof value === "number" ? plainDecimal(value) : value);
      rest = rest.slice(end + 1);
    }
  }
}

function guarded<T>(action: () => T): Parsed<T> {
  try {
    return { ok: true, value: action() };
  } catch (error) {
    if (error instanceof ExpressionError) return { ok: false, problem: error.problem };
    throw error;
  }
}
