/**
 * Random sets of faults: kinds that this cluster can recover from, on a few victims so that they meet, at times beside
 * the steps of the protocol that an earlier fault set in motion.
 */
import type { Dice } from "../../scenario/dice.js";
import { ns } from "./swarm-case.js";

export interface Victims {
  readonly taskManagers: number;
  readonly taskManagersPerMachine: number;
  readonly slots: number;
  readonly vertices: readonly (readonly [id: string, parallelism: number])[];
  readonly edges: readonly (readonly [from: string, to: string])[];
  /** Without a provider only a machine that comes back gives its slots back. */
  readonly provider: "yarn" | "kubernetes" | "standalone";
  /** False where data moves in quanta: faults of single threads and links are out. */
  readonly exact: boolean;
}

const SECOND = 1e9;

export class RandomFaults {
  private readonly dice: Dice;
  private readonly victims: Victims;
  /** Few, so that faults meet. */
  private readonly favourites: readonly number[];

  constructor(dice: Dice, victims: Victims) {
    this.dice = dice;
    this.victims = victims;
    this.favourites = Array.from({ length: 2 }, () => dice.below(victims.taskManagers));
  }

  private taskManager(): number {
    return this.dice.chance(0.7) ? this.dice.pick(this.favourites) : this.dice.below(this.victims.taskManagers);
  }

  private machine(): number {
    return Math.floor(this.taskManager() / this.victims.taskManagersPerMachine);
  }

  /** A task on a favourite TaskManager: slots are filled in order, one subtask of each vertex per slot. */
  private task(): string {
    const [id, parallelism] = this.dice.pick(this.victims.vertices);
    const slot = this.taskManager() * this.victims.slots + this.dice.below(this.victims.slots);
    return `{ vertex: ${id}, subtask: ${slot % parallelism} }`;
  }

  lasts(low: number, high: number): string {
    return `for: ${ns(this.dice.magnitude(low, high))}`;
  }

  /** One fault at an instant, and when it is over. */
  at(timeNs: number): string {
    const { dice } = this;
    const time = `at: ${ns(timeNs)}`;
    const forGood = this.victims.provider !== "standalone";
    const exact = this.victims.exact ? 1 : 0;
    const back = forGood ? "" : `, ${this.lasts(0.2 * SECOND, 2 * SECOND)}`;
    return dice.weighted([
      [6, () => `${time}, kind: fail-task, target: ${this.task()}`],
      [forGood ? 3 : 0, () => `${time}, kind: kill-task-manager, target: { taskManager: ${this.taskManager()} }`],
      [forGood ? 3 : 0, () => `${time}, kind: kill-task-manager, target: ${this.task()}`],
      [2, () => `${time}, kind: power-loss, target: { machine: ${this.machine()} }${back}`],
      [
        1,
        () =>
          `${time}, kind: kill-machines, target: { machine: ${this.machine()} }, silent: ${dice.chance(0.5)}${back}`,
      ],
      [2 * exact, () => `${time}, kind: hang-task, target: ${this.task()}, ${this.lasts(0.01 * SECOND, 3 * SECOND)}`],
      [
        exact,
        () =>
          `${time}, kind: slow-task, target: ${this.task()}, factor: ${dice.pick([2, 10, 100])}, ${this.lasts(0.1 * SECOND, 2 * SECOND)}`,
      ],
      [
        exact,
        () =>
          `${time}, kind: slow-machine, target: { machine: ${this.machine()} }, factor: ${dice.pick([2, 5])}, ${this.lasts(0.1 * SECOND, 3 * SECOND)}`,
      ],
      [2 * exact, () => this.partition(time)],
      [
        exact,
        () =>
          `${time}, kind: hang-io-thread, target: { taskManager: ${this.taskManager()} }, side: ${dice.pick(["server", "client"])}, ${this.lasts(0.01 * SECOND, 2 * SECOND)}`,
      ],
    ] as const)();
  }

  private partition(time: string): string {
    const { dice } = this;
    const from = this.taskManager();
    const other = (from + 1 + dice.below(this.victims.taskManagers - 1)) % this.victims.taskManagers;
    const target = dice.weighted([
      [2, () => `{ from: [${from}], to: rest }`],
      [1, () => `{ from: [${from}], to: [jobManager], oneWay: ${dice.chance(0.5)} }`],
      [1, () => `{ from: [jobManager], to: [${from}], oneWay: true }`],
      [2, () => `{ from: [${from}], to: [${other}], oneWay: ${dice.chance(0.5)} }`],
    ] as const)();
    return `${time}, kind: partition, target: ${target}, ${this.lasts(0.05 * SECOND, 5 * SECOND)}`;
  }

  /** A time beside one of the steps: just before, at the same nanosecond, just after, or a little off. */
  beside(stepsNs: readonly number[], latestNs: number): number {
    const { dice } = this;
    const step = dice.pick(stepsNs);
    const offset = dice.pick([0, 0, 1, -1, 1e3, -1e3, 1e5, -1e5, 5e6, -5e6, 5e7]);
    return Math.min(latestNs, Math.max(1, step + offset));
  }
}

/** When a fault of this text is over, in ns. */
export function overNs(fault: string): number {
  const number = (key: string): number => Number(new RegExp(`\\b${key}: (\\d+)ns`).exec(fault)?.[1] ?? 0);
  return number("at") + number("for");
}
