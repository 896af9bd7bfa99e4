/**
 * Threads that hang or work slower than normal, and keep all they hold: a task's, a machine's, a Netty event loop's.
 * Owns how slow each one is; what that does to data is the data plane's business.
 */
import type { ControlContext } from "./control-context.js";
import type { FaultMarks } from "./fault-marks.js";
import type { DataPlane } from "./network/data-plane.js";
import type { Network } from "./network/protocol.js";
import { TASK_STATE } from "./task-table.js";

export class Slowness {
  private readonly context: ControlContext;
  private readonly marks: FaultMarks;
  private readonly network: Network;
  private readonly plane: DataPlane;
  /** Speed of each task's newest attempt by itself (1 = normal, 0 = hung), its TaskManager's slowness apart. */
  private readonly ownSpeed: Float64Array;
  private readonly loopSpeeds = new Map<string, number>();

  constructor(context: ControlContext, marks: FaultMarks, network: Network, plane: DataPlane) {
    this.context = context;
    this.marks = marks;
    this.network = network;
    this.plane = plane;
    this.ownSpeed = new Float64Array(context.topology.tasks).fill(1);
  }

  /** The task's thread does nothing for a while (or works `1/speed` times slower): it keeps all it holds. */
  slowTask(task: number, speed: number, endsNs: number | null): () => void {
    const { tasks } = this.context;
    const name = speed === 0 ? `hang-task ${this.marks.taskName(task)}` : `slow-task ${this.marks.taskName(task)}`;
    if (tasks.state[task] === TASK_STATE.down) return () => {};
    const attempt = tasks.attempt[task]!;
    this.marks.beginLasting(name, endsNs);
    this.setOwnSpeed(task, speed);
    return () => {
      this.marks.over(name);
      if (tasks.attempt[task] === attempt) this.setOwnSpeed(task, 1);
    };
  }

  private setOwnSpeed(task: number, speed: number): void {
    const { tasks } = this.context;
    const hung = tasks.hung[task] === 1;
    this.ownSpeed[task] = speed;
    tasks.hung[task] = speed === 0 ? 1 : 0;
    if (tasks.state[task] !== TASK_STATE.down) this.applySpeed(task);
    if (hung && speed > 0) this.network.taskResumed(task);
  }

  private applySpeed(task: number): void {
    const { tasks, cluster } = this.context;
    if (tasks.started[task] === 1)
      this.plane.setTaskSpeed?.(task, this.ownSpeed[task]! / cluster.slowdown[tasks.taskManager[task]!]!);
  }

  /** A new attempt is RUNNING: its thread is its own, its machine may be slow. */
  attemptRunning(task: number): void {
    const { tasks, cluster } = this.context;
    this.ownSpeed[task] = 1;
    if (cluster.slowdown[tasks.taskManager[task]!] !== 1) this.applySpeed(task);
  }

  /** Every thread on the machine works `factor` times slower: task threads, event loops, TaskManagers' main threads. */
  slowMachine(machine: number, factor: number, endsNs: number | null): () => void {
    const name = `slow-machine ${machine}`;
    this.marks.beginLasting(name, endsNs);
    this.multiplySlowdown(machine, factor);
    return () => {
      this.marks.over(name);
      this.multiplySlowdown(machine, 1 / factor);
    };
  }

  private multiplySlowdown(machine: number, factor: number): void {
    const { cluster } = this.context;
    for (const tm of cluster.onMachine(machine)) {
      const slowdown = cluster.slowdown[tm]! * factor;
      cluster.slowdown[tm] = Math.abs(slowdown - 1) < 1e-9 ? 1 : slowdown;
      if (!cluster.alive(tm)) continue;
      for (const task of cluster.tasksOn[tm]!) this.applySpeed(task);
      for (const side of ["server", "client"] as const)
        for (let loop = 0; loop < this.loopsOf(side); loop++) this.applyLoopSpeed(tm, side, loop);
    }
  }

  private loopsOf(side: "server" | "client"): number {
    const { engine, cluster } = this.context.config;
    return (side === "server" ? engine.nettyServerThreads : engine.nettyClientThreads) || cluster.slotsPerTaskManager;
  }

  /** One Netty event loop of a TaskManager serves nobody. */
  hangLoop(tm: number, side: "server" | "client", loop: number, endsNs: number | null): () => void {
    if (!this.context.cluster.alive(tm)) return () => {};
    const name = `hang-io-thread ${tm} ${side} ${loop}`;
    this.marks.beginLasting(name, endsNs);
    this.setLoopSpeed(tm, side, loop, 0);
    return () => {
      this.marks.over(name);
      this.setLoopSpeed(tm, side, loop, 1);
      if (this.context.cluster.alive(tm)) this.network.loopResumed(tm);
    };
  }

  private setLoopSpeed(tm: number, side: "server" | "client", loop: number, speed: number): void {
    this.loopSpeeds.set(`${tm} ${side} ${loop}`, speed);
    this.applyLoopSpeed(tm, side, loop);
  }

  private applyLoopSpeed(tm: number, side: "server" | "client", loop: number): void {
    const own = this.loopSpeeds.get(`${tm} ${side} ${loop}`) ?? 1;
    this.plane.setLoopSpeed?.(tm, side, loop, own / this.context.cluster.slowdown[tm]!);
  }
}
