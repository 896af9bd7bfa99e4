/**
 * Machines and TaskManagers as they are (not as the JobManager believes): alive, dead, silent. Slots belong to
 * `slot-pool.ts`, tasks to `task-table.ts`.
 */
import { assert } from "../../kernel/assert.js";
import type { ClusterConfig } from "../config.js";

export const TM_STATE = { alive: 0, dead: 1, silent: 2 } as const;

export class ClusterState {
  /** State by TaskManager; reserved and started ones are appended, indices never reused. */
  readonly state: number[] = [];
  /** Tasks whose newest attempt was placed there, in placement order. */
  readonly tasksOn: number[][] = [];
  /** False for TaskManagers that came after t=0: connections to them do not exist yet. */
  readonly original: boolean[] = [];
  private readonly machines: number[] = [];
  /** How many times slower than usual each works: its machine's faults multiplied. */
  readonly slowdown: number[] = [];

  readonly config: ClusterConfig;

  constructor(config: ClusterConfig) {
    this.config = config;
    for (let tm = 0; tm < config.taskManagers; tm++) this.add(true);
  }

  /** `machine`: where it starts; by default on the machines after those of t=0, in order. */
  add(original: boolean, machine?: number): number {
    this.machines.push(machine ?? Math.floor(this.state.length / this.config.taskManagersPerMachine));
    this.state.push(TM_STATE.alive);
    this.tasksOn.push([]);
    this.original.push(original);
    this.slowdown.push(1);
    return this.state.length - 1;
  }

  get taskManagers(): number {
    return this.state.length;
  }
  alive(tm: number): boolean {
    return this.state[tm] === TM_STATE.alive;
  }
  /** The process is gone but its host answers: RPCs are refused at once rather than lost. */
  refusesConnections(tm: number): boolean {
    return this.state[tm] === TM_STATE.dead;
  }
  machineOf(tm: number): number {
    return this.machines[tm]!;
  }
  rackOf(tm: number): number {
    return Math.floor(this.machineOf(tm) / this.config.machinesPerRack);
  }
  /** TaskManagers of a machine, in order. */
  onMachine(machine: number): number[] {
    return this.state.map((_, tm) => tm).filter((tm) => this.machineOf(tm) === machine);
  }

  place(task: number, tm: number, previous: number): void {
    if (previous >= 0) {
      const list = this.tasksOn[previous]!;
      const at = list.indexOf(task);
      if (at >= 0) list.splice(at, 1);
    }
    const list = this.tasksOn[tm];
    assert(list !== undefined, `no TaskManager ${tm}`);
    list.push(task);
  }
}
