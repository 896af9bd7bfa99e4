import { describe, expect, it } from "vitest";
import { PRIORITY } from "./priorities.js";
import { NO_EVENT, Simulation } from "./simulation.js";

function recorder(options = {}) {
  const simulation = new Simulation(options);
  const log: string[] = [];
  const kind = (name: string, priority: number) =>
    simulation.defineKind(name, priority, (entity, a) => log.push(`${simulation.nowNs} ${name} ${entity} ${a}`));
  return { simulation, log, timer: kind("timer", PRIORITY.timer), failure: kind("failure", PRIORITY.failure) };
}

describe("Simulation", () => {
  it("orders by time, priority, entity, then scheduling order within the entity", () => {
    const { simulation, log, timer, failure } = recorder();
    simulation.schedule(5, timer, 2, 1);
    simulation.schedule(5, timer, 1, 2);
    simulation.schedule(5, timer, 2, 3);
    simulation.schedule(5, failure, 9, 4);
    simulation.schedule(4, timer, 7, 5);
    expect(simulation.run(10)).toBe("drained");
    expect(log).toEqual(["4 timer 7 5", "5 failure 9 4", "5 timer 1 2", "5 timer 2 1", "5 timer 2 3"]);
    expect(simulation.nowNs).toBe(10);
    expect(simulation.eventsHandled).toBe(5);
  });

  it("cancels, and a stale handle is harmless", () => {
    const { simulation, log, timer } = recorder();
    const first = simulation.schedule(1, timer, 0, 1);
    expect(simulation.timeOf(first)).toBe(1);
    expect(simulation.cancel(first)).toBe(true);
    expect(simulation.cancel(first)).toBe(false);
    const second = simulation.schedule(2, timer, 0, 2);
    expect(simulation.cancel(first)).toBe(false);
    expect(simulation.timeOf(first)).toBeNaN();
    simulation.run(3);
    expect(simulation.cancel(second)).toBe(false);
    expect(log).toEqual(["2 timer 0 2"]);
  });

  it("has no handle 0, and takes any number for one", () => {
    const { simulation, timer } = recorder();
    expect(simulation.schedule(1, timer, 0)).not.toBe(NO_EVENT);
    for (const handle of [NO_EVENT, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 52]) {
      expect(simulation.cancel(handle)).toBe(false);
      expect(simulation.timeOf(handle)).toBeNaN();
    }
    expect(simulation.pending).toBe(1);
  });

  it("says why it ended", () => {
    const { simulation, timer } = recorder();
    const stopper = simulation.defineKind("stopper", 0, () => simulation.stop());
    simulation.schedule(5, stopper, 0);
    simulation.schedule(5, timer, 0);
    simulation.schedule(9, timer, 0);
    expect(simulation.run(7)).toBe("stopped");
    expect(simulation.nowNs).toBe(5);
    expect(simulation.run(7)).toBe("reached");
    expect(simulation.nowNs).toBe(7);
    expect(simulation.run(Number.POSITIVE_INFINITY)).toBe("drained");
    expect(simulation.nowNs).toBe(9);
  });

  it("refuses the past, fractions of a nanosecond, unknown kinds and entities", () => {
    const { simulation, timer } = recorder();
    simulation.run(100);
    expect(() => simulation.schedule(99, timer, 0)).toThrow("it is 100 ns already");
    expect(() => simulation.schedule(100.5, timer, 0)).toThrow("no integer");
    expect(() => simulation.schedule(Number.NaN, timer, 0)).toThrow();
    expect(() => simulation.schedule(100, 77, 0)).toThrow("kind");
    expect(() => simulation.schedule(100, timer, -1)).toThrow("entity");
  });

  it("shuffles ties between entities by the salt, never within an entity", () => {
    const orders = [0, 1, 2].map((shuffleSalt) => {
      const { simulation, log, timer } = recorder({ shuffleSalt });
      for (let i = 0; i < 40; i++) simulation.schedule(1, timer, i % 20, i);
      simulation.run(1);
      for (let entity = 0; entity < 20; entity++) {
        const own = log.filter((line) => line.split(" ")[2] === String(entity)).map((line) => line.split(" ")[3]);
        expect(own).toEqual([String(entity), String(entity + 20)]);
      }
      return log.join();
    });
    expect(new Set(orders).size).toBe(3);
  });
});
