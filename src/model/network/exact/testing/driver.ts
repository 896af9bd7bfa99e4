/**
 * Drives a data plane without a control plane: plays the protocol's part in kills, notices, restarts and views, the
 * shortest that keeps the channel rules.
 */
import { PRIORITY } from "../../../../kernel/priorities.js";
import { RandomStreams } from "../../../../kernel/random.js";
import { Simulation } from "../../../../kernel/simulation.js";
import type { ModelConfig } from "../../../config.js";
import { TASK_STATE, TaskTable } from "../../../task-table.js";
import { buildTopology, consumersOf, producersOf, type Topology } from "../../../topology/topology.js";
import type { DataPlane, PlaneContext, PlaneListener, PlaneResult } from "../../data-plane.js";
import type { Leak } from "../checks.js";
import { MS, SECOND } from "./small-job.js";

export type PlaneFactory = (context: PlaneContext, listener: PlaneListener, leak?: Leak | null) => DataPlane;

export interface DriverOptions {
  readonly measureFromNs?: number;
  readonly discard?: boolean;
  readonly noticeNs?: number;
  readonly restartNs?: number;
  readonly leak?: Leak;
}

/** Runs a plane under a script of failures; the recovery is the shortest that keeps the channel rules. */
export class Driver {
  readonly sim = new Simulation();
  readonly topology: Topology;
  readonly tasks: TaskTable;
  readonly plane: DataPlane;
  readonly consumed: string[] = [];
  private readonly channelState = new Map<string, "lost" | "draining" | "wanted" | "drained">();
  private readonly model: ModelConfig;
  private readonly options: DriverOptions;
  private readonly dead = new Set<number>();
  private readonly actions: (() => void)[] = [];
  private readonly kindAction: number;
  private nextTaskManager: number;

  constructor(model: ModelConfig, create: PlaneFactory, options: DriverOptions = {}) {
    this.model = model;
    this.options = options;
    this.topology = buildTopology(model);
    this.tasks = new TaskTable(this.topology.tasks);
    for (let task = 0; task < this.topology.tasks; task++) {
      this.tasks.state[task] = TASK_STATE.running;
      this.tasks.taskManager[task] = Math.floor(this.topology.taskSlot[task]! / model.cluster.slotsPerTaskManager);
    }
    this.nextTaskManager = model.cluster.taskManagers;
    this.kindAction = this.sim.defineKind("action", PRIORITY.failure, (_, i) => this.actions[i]!());
    const context: PlaneContext = {
      config: model,
      topology: this.topology,
      sim: this.sim,
      streams: new RandomStreams(model.seed),
      tasks: this.tasks,
      taskManagerAlive: (tm) => !this.dead.has(tm),
      measureFromNs: options.measureFromNs ?? model.warmupNs,
      entityBase: 1,
    };
    const listener: PlaneListener = {
      unavailableConsumed: (edge, producer, consumer) => this.unavailableConsumed(edge, producer, consumer),
    };
    this.plane = create(context, listener, options.leak ?? null);
  }

  at(timeNs: number, action: () => void): void {
    this.actions.push(action);
    this.sim.schedule(Math.round(timeNs), this.kindAction, 0, this.actions.length - 1);
  }

  run(): PlaneResult {
    this.sim.run(this.model.durationNs);
    return this.plane.finish(this.model.durationNs);
  }

  tasksOf(taskManager: number): number[] {
    const result: number[] = [];
    for (let task = 0; task < this.topology.tasks; task++)
      if (this.tasks.taskManager[task] === taskManager) result.push(task);
    return result;
  }

  killTaskManager(taskManager: number): void {
    this.dead.add(taskManager);
    const tasks = this.tasksOf(taskManager).filter((task) => this.tasks.state[task] !== TASK_STATE.down);
    this.nextTaskManager++;
    this.lose(tasks, "killed", this.nextTaskManager - 1);
  }

  /** Power loss: nobody is told; after a while the tasks come back elsewhere and ask for their views. */
  silence(taskManager: number, backNs: number): void {
    this.dead.add(taskManager);
    const tasks = this.tasksOf(taskManager);
    for (const task of tasks) {
      this.tasks.state[task] = TASK_STATE.down;
      this.plane.attemptEnded(task, "silent");
    }
    const home = this.nextTaskManager++;
    this.at(this.sim.nowNs + backNs, () => {
      for (const task of tasks) {
        for (const [edge, consumer] of this.consumersOf(task)) {
          if (this.tasks.state[consumer] !== TASK_STATE.running) continue;
          this.channelState.set(`${edge}:${task}>${consumer}`, "lost");
        }
      }
      for (const task of tasks) {
        this.tasks.state[task] = TASK_STATE.running;
        this.tasks.attempt[task]!++;
        this.tasks.taskManager[task] = home;
        this.plane.attemptStarted(task);
      }
      for (const task of tasks) this.reconnect(task, tasks);
    });
  }

  failTask(task: number): void {
    if (this.tasks.state[task] === TASK_STATE.down) return;
    this.lose([task], "failed", this.tasks.taskManager[task]!);
  }

  private lose(tasks: readonly number[], how: "killed" | "failed", home: number): void {
    for (const task of tasks) {
      this.plane.advanceTo(this.sim.nowNs);
      this.plane.touch(task);
    }
    for (const task of tasks) {
      this.tasks.state[task] = TASK_STATE.down;
      this.plane.attemptEnded(task, how);
    }
    for (const task of tasks) {
      for (const [edge, producer] of this.producersOf(task)) this.channelState.delete(`${edge}:${producer}>${task}`);
      for (const [edge, consumer] of this.consumersOf(task)) {
        const state = this.channelState.get(`${edge}:${task}>${consumer}`);
        if (state === "wanted") this.channelState.set(`${edge}:${task}>${consumer}`, "draining");
        else if (state === undefined && this.tasks.state[consumer] === TASK_STATE.running)
          this.channelState.set(`${edge}:${task}>${consumer}`, "lost");
      }
    }
    const noticeNs = this.options.noticeNs ?? 1 * MS;
    const attempts = tasks.map((task) => this.tasks.attempt[task]!);
    this.at(this.sim.nowNs + noticeNs, () => {
      tasks.forEach((task, i) => {
        if (this.tasks.attempt[task] === attempts[i]) this.noticed(task);
      });
    });
    if (this.options.restartNs === Number.POSITIVE_INFINITY) return;
    this.at(this.sim.nowNs + (this.options.restartNs ?? 5 * SECOND), () => {
      for (const task of tasks) {
        this.tasks.state[task] = TASK_STATE.running;
        this.tasks.attempt[task]!++;
        this.tasks.taskManager[task] = home;
        this.plane.attemptStarted(task);
      }
      for (const task of tasks) this.reconnect(task, tasks);
    });
  }

  /** Peers that live learn of the loss. */
  private noticed(task: number): void {
    const policy = this.options.discard === false ? "hold" : "discard";
    for (const [edge, producer] of this.producersOf(task)) {
      if (this.tasks.state[producer] === TASK_STATE.running) this.plane.closeView(edge, producer, task, policy);
    }
    for (const [edge, consumer] of this.consumersOf(task)) this.drain(edge, task, consumer);
  }

  /** UnavailableEvent for a channel whose consumer has lived through the loss. */
  private drain(edge: number, producer: number, consumer: number): void {
    const channel = `${edge}:${producer}>${consumer}`;
    if (this.channelState.get(channel) !== "lost") return;
    this.channelState.set(channel, "draining");
    this.plane.appendUnavailable(edge, producer, consumer, false);
  }

  /** Views of a fresh attempt on both sides; a surviving consumer asks once it has drained what the old one sent. */
  private reconnect(task: number, together: readonly number[]): void {
    for (const [edge, producer] of this.producersOf(task)) {
      if (this.tasks.state[producer] === TASK_STATE.running) this.plane.registerView(edge, producer, task);
    }
    for (const [edge, consumer] of this.consumersOf(task)) {
      // Those that start together with it ask for their own views.
      if (this.tasks.state[consumer] !== TASK_STATE.running || together.includes(consumer)) continue;
      const channel = `${edge}:${task}>${consumer}`;
      this.drain(edge, task, consumer);
      if (this.channelState.get(channel) === "draining") this.channelState.set(channel, "wanted");
      else this.register(edge, task, consumer);
    }
  }

  private register(edge: number, producer: number, consumer: number): void {
    this.channelState.delete(`${edge}:${producer}>${consumer}`);
    this.plane.registerView(edge, producer, consumer);
  }

  private unavailableConsumed(edge: number, producer: number, consumer: number): void {
    const channel = `${edge}:${producer}>${consumer}`;
    this.consumed.push(channel);
    const wanted = this.channelState.get(channel) === "wanted";
    this.channelState.set(channel, "drained");
    if (!wanted) return;
    const attempt = this.tasks.attempt[producer];
    this.at(this.sim.nowNs, () => {
      if (this.channelState.get(channel) === "drained" && this.tasks.attempt[producer] === attempt)
        this.register(edge, producer, consumer);
    });
  }

  private producersOf(task: number): [number, number][] {
    return this.topology.inEdges[this.topology.taskVertex[task]!]!.flatMap((edge) => {
      const { first, count } = producersOf(edge, this.topology.taskSubtask[task]!);
      return Array.from({ length: count }, (_, i): [number, number] => [
        edge.index,
        this.topology.taskBase[edge.from]! + first + i,
      ]);
    });
  }

  private consumersOf(task: number): [number, number][] {
    return this.topology.outEdges[this.topology.taskVertex[task]!]!.flatMap((edge) => {
      const { first, count } = consumersOf(edge, this.topology.taskSubtask[task]!);
      return Array.from({ length: count }, (_, i): [number, number] => [
        edge.index,
        this.topology.taskBase[edge.to]! + first + i,
      ]);
    });
  }
}
