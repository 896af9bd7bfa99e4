/**
 * Plots: several faults that belong together, so that a step of the protocol meets the obstacle which one cell of the
 * state tables is for. Times and lengths are drawn; what happens between them is the model's matter.
 */
import type { Dice } from "../../scenario/dice.js";
import type { RandomFaults, Victims } from "./random-faults.js";
import { ns } from "./swarm-case.js";

export interface Plot {
  readonly faults: readonly string[];
  /** Delays that the plot needs, on top of all others. */
  readonly settings: readonly string[];
}

type Edge = readonly [from: string, to: string];

const SECOND = 1e9;
/** Longer than any plot lasts: the fallback timer stays out of it. */
const LONG_TIMER = "strategyOptions.fallbackTimer=6s";

export class Plots {
  private readonly dice: Dice;
  private readonly victims: Victims;
  private readonly faults: RandomFaults;
  /** The fallback timer is an option of single-task recovery only. */
  private readonly hasTimer: boolean;

  constructor(dice: Dice, victims: Victims, faults: RandomFaults, strategy: string) {
    this.dice = dice;
    this.victims = victims;
    this.faults = faults;
    this.hasTimer = strategy === "single-task";
  }

  at(timeNs: number): Plot {
    const { dice, victims } = this;
    const edge = dice.pick(victims.edges);
    if (edge === undefined || !victims.exact) return { faults: [this.faults.at(timeNs)], settings: [] };
    return dice.weighted([
      [5, () => this.hungConsumer(timeNs, edge)],
      [4, () => this.cutConsumer(timeNs, edge)],
      [2, () => this.diesTwice(timeNs, edge)],
      [2, () => this.overtakenUpdates(timeNs, edge)],
      [2, () => this.lateUpdate(timeNs, edge)],
    ] as const)();
  }

  private get kills(): boolean {
    return this.victims.provider !== "standalone";
  }

  private subtask(id: string): number {
    return this.dice.below(this.victims.vertices.find(([each]) => each === id)![1]);
  }

  /** Slots are filled in order, one subtask of each vertex per slot. */
  private taskManagerOf(subtask: number): number {
    return Math.floor(subtask / this.victims.slots) % this.victims.taskManagers;
  }

  private fail(atNs: number, vertex: string, subtask: number): string {
    return `at: ${ns(atNs)}, kind: fail-task, target: { vertex: ${vertex}, subtask: ${subtask} }`;
  }

  private hang(atNs: number, vertex: string, subtask: number, low: number, high: number): string {
    return `at: ${ns(atNs)}, kind: hang-task, target: { vertex: ${vertex}, subtask: ${subtask} }, ${this.faults.lasts(low, high)}`;
  }

  private longTimer(): string[] {
    return this.hasTimer ? [LONG_TIMER] : [];
  }

  /** A consumer hangs while one of its producers is lost, perhaps twice: it cannot drain. */
  private hungConsumer(timeNs: number, [from, to]: Edge): Plot {
    const { dice } = this;
    const producer = this.subtask(from);
    const lost = (atNs: number): string =>
      this.kills && dice.chance(0.4)
        ? `at: ${ns(atNs)}, kind: kill-task-manager, target: { vertex: ${from}, subtask: ${producer} }`
        : this.fail(atNs, from, producer);
    const faults = [
      this.hang(timeNs, to, this.subtask(to), 0.3 * SECOND, 4 * SECOND),
      lost(timeNs + dice.magnitude(1e3, 0.1 * SECOND)),
    ];
    if (dice.chance(0.6)) faults.push(lost(timeNs + dice.magnitude(0.1 * SECOND, 2 * SECOND)));
    return { faults, settings: [] };
  }

  /** What a consumer sends to a producer is held up, and the consumer is lost before it gets there. */
  private cutConsumer(timeNs: number, [from, to]: Edge): Plot {
    const { dice } = this;
    const producer = this.subtask(from);
    const consumer = this.subtask(to);
    const here = this.taskManagerOf(consumer);
    const there = this.taskManagerOf(producer);
    if (here === there) return { faults: [this.faults.at(timeNs)], settings: [] };
    const reconnects = timeNs + dice.magnitude(0.05 * SECOND, 1.5 * SECOND);
    const lastsNs = reconnects - timeNs + dice.magnitude(0.2 * SECOND, 3 * SECOND);
    const kind = this.kills && dice.chance(0.7) ? "kill-task-manager" : "fail-task";
    return {
      faults: [
        this.fail(timeNs, from, producer),
        `at: ${ns(timeNs + dice.magnitude(1e3, 0.02 * SECOND))}, kind: partition, target: { from: [${here}], to: [${there}], oneWay: true }, for: ${ns(lastsNs)}`,
        `at: ${ns(reconnects)}, kind: ${kind}, target: { vertex: ${to}, subtask: ${consumer} }`,
      ],
      settings: [],
    };
  }

  /** A consumer hangs; its producer fails, and the producer's process dies after it: two errors for one channel. */
  private diesTwice(timeNs: number, [from, to]: Edge): Plot {
    const { dice } = this;
    const producer = this.subtask(from);
    const failsNs = timeNs + dice.magnitude(1e3, 0.05 * SECOND);
    const kind = this.kills
      ? `kill-task-manager, target: { taskManager: ${this.taskManagerOf(producer)} }`
      : `kill-machines, silent: false, target: { machine: ${Math.floor(this.taskManagerOf(producer) / this.victims.taskManagersPerMachine)} }, ${this.faults.lasts(0.2 * SECOND, 1 * SECOND)}`;
    return {
      faults: [
        this.hang(timeNs, to, this.subtask(to), 0.3 * SECOND, 3 * SECOND),
        this.fail(failsNs, from, producer),
        `at: ${ns(failsNs + dice.magnitude(1e5, 1 * SECOND))}, kind: ${kind}`,
      ],
      settings: this.longTimer(),
    };
  }

  /** A consumer hangs while its producer fails again and again, and update RPCs overtake each other. */
  private overtakenUpdates(timeNs: number, [from, to]: Edge): Plot {
    const { dice } = this;
    const producer = this.subtask(from);
    const faults = [this.hang(timeNs, to, this.subtask(to), 2.5 * SECOND, 5 * SECOND)];
    let atNs = timeNs + dice.magnitude(1e3, 0.1 * SECOND);
    for (let failures = 3 + dice.below(3); failures > 0; failures--) {
      faults.push(this.fail(atNs, from, producer));
      atNs += dice.magnitude(0.15 * SECOND, 0.8 * SECOND);
    }
    return { faults, settings: ["costs.updateRpcWire={ uniform: { low: 1ms, high: 2500ms } }", ...this.longTimer()] };
  }

  /**
   * Both ends restart, and the consumer asks the new producer before the JobManager's word of it arrives. Then it hangs
   * and that producer fails: what is on the way by now tells of an attempt that is gone.
   */
  private lateUpdate(timeNs: number, [from, to]: Edge): Plot {
    const { dice } = this;
    const producer = this.subtask(from);
    const consumer = this.subtask(to);
    const againNs = timeNs + dice.magnitude(0.1 * SECOND, 1.5 * SECOND);
    return {
      faults: [
        this.fail(timeNs, to, consumer),
        this.fail(timeNs + dice.magnitude(1, 0.02 * SECOND), from, producer),
        this.hang(againNs, to, consumer, 0.5 * SECOND, 3 * SECOND),
        this.fail(againNs + dice.magnitude(1e3, 0.05 * SECOND), from, producer),
      ],
      settings: [`costs.updateRpcWire=${dice.magnitude(100e6, 1.5 * SECOND)}ns`, ...this.longTimer()],
    };
  }
}
