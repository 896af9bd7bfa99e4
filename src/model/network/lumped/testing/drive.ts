/**
 * Drives a data plane without a control plane: plays the channel protocol's part for one TaskManager that is killed
 * (single-task recovery) or one restart of the whole job, with fixed delays.
 */
import { PRIORITY } from "../../../../kernel/priorities.js";
import { RandomStreams } from "../../../../kernel/random.js";
import { Simulation } from "../../../../kernel/simulation.js";
import type { ModelConfig } from "../../../config.js";
import { TASK_STATE, TaskTable } from "../../../task-table.js";
import { buildTopology, consumersOf, producersOf, type Topology } from "../../../topology/topology.js";
import type { DataPlane, PlaneContext, PlaneListener, PlaneResult } from "../../data-plane.js";

export type CreatePlane = (context: PlaneContext, listener: PlaneListener) => DataPlane;

export interface Kill {
  readonly atNs: number;
  readonly taskManager: number;
  /** How the senders treat what is meant for the dead: single-task recovery; or a restart of the whole job. */
  readonly mode: "discard" | "hold" | "global";
  readonly noticeNs: number;
  readonly outageNs: number;
  /** From RUNNING to the views. */
  readonly connectNs: number;
}

export interface Driven {
  readonly result: PlaneResult;
  readonly plane: DataPlane;
  readonly topology: Topology;
  readonly sim: Simulation;
  readonly consumed: number;
}

export function drive(
  config: ModelConfig,
  create: CreatePlane,
  kills: readonly Kill[],
  onTime?: (plane: DataPlane, sim: Simulation) => void,
): Driven {
  const topology = buildTopology(config);
  const tasks = new TaskTable(topology.tasks);
  for (let task = 0; task < topology.tasks; task++) {
    tasks.taskManager[task] = Math.floor(topology.taskSlot[task]! / config.cluster.slotsPerTaskManager);
    tasks.state[task] = TASK_STATE.running;
  }
  const sim = new Simulation();
  let consumed = 0;
  const context: PlaneContext = {
    config,
    topology,
    sim,
    streams: new RandomStreams(config.seed),
    tasks,
    taskManagerAlive: () => true,
    measureFromNs: kills[0]?.atNs ?? config.warmupNs,
    entityBase: topology.tasks,
  };
  const plane = create(context, { unavailableConsumed: () => consumed++ });
  const act: (() => void)[] = [];
  const kind = sim.defineKind("driver", PRIORITY.failure, (_e, a) => act[a]!());
  const at = (timeNs: number, run: () => void): void => {
    act.push(run);
    if (timeNs < config.durationNs) sim.schedule(timeNs, kind, 0, act.length - 1);
  };
  let nextTm = config.cluster.taskManagers;
  for (const kill of kills) at(kill.atNs, () => (kill.mode === "global" ? restart(kill) : lose(kill)));
  const dead = (tm: number): number[] => [...tasks.taskManager.keys()].filter((task) => tasks.taskManager[task] === tm);

  function channels(task: number, visit: (edge: number, p: number, c: number) => void): void {
    const vertex = topology.taskVertex[task]!;
    const i = topology.taskSubtask[task]!;
    for (const edge of topology.inEdges[vertex]!) {
      const { first, count } = producersOf(edge, i);
      for (let p = first; p < first + count; p++) visit(edge.index, p, i);
    }
    for (const edge of topology.outEdges[vertex]!) {
      const { first, count } = consumersOf(edge, i);
      for (let c = first; c < first + count; c++) visit(edge.index, i, c);
    }
  }

  function lose(kill: Kill): void {
    const lost = dead(kill.taskManager);
    const gone = new Set(lost);
    for (const task of lost) plane.touch(task);
    for (const task of lost) {
      tasks.state[task] = TASK_STATE.down;
      plane.attemptEnded(task, "killed");
    }
    at(sim.nowNs + kill.noticeNs, () => {
      for (const task of lost) {
        channels(task, (edge, p, c) => {
          const producer = topology.taskBase[topology.edges[edge]!.from]! + p;
          const consumer = topology.taskBase[topology.edges[edge]!.to]! + c;
          if (consumer === task && !gone.has(producer))
            plane.closeView(edge, producer, consumer, kill.mode === "hold" ? "hold" : "discard");
          if (producer === task && !gone.has(consumer)) plane.appendUnavailable(edge, producer, consumer, false);
        });
      }
    });
    const tm = nextTm++;
    at(sim.nowNs + kill.outageNs, () => {
      for (const task of lost) {
        tasks.taskManager[task] = tm;
        tasks.state[task] = TASK_STATE.running;
        tasks.attempt[task] = tasks.attempt[task]! + 1;
        plane.attemptStarted(task);
      }
    });
    at(sim.nowNs + kill.outageNs + kill.connectNs, () => {
      for (const task of lost) {
        channels(task, (edge, p, c) => {
          const producer = topology.taskBase[topology.edges[edge]!.from]! + p;
          const consumer = topology.taskBase[topology.edges[edge]!.to]! + c;
          if (producer === task || !gone.has(producer)) plane.registerView(edge, producer, consumer);
        });
      }
    });
  }

  function restart(kill: Kill): void {
    const all = [...tasks.taskManager.keys()];
    const end = (list: readonly number[]): void => {
      for (const task of list) {
        if (tasks.state[task] === TASK_STATE.down) continue;
        tasks.state[task] = TASK_STATE.down;
        if (topology.inEdges[topology.taskVertex[task]!]!.length > 0) plane.closeAllViews(task);
        plane.attemptEnded(task, "canceled");
      }
    };
    end(dead(kill.taskManager));
    const consumers = all.filter((task) => topology.inEdges[topology.taskVertex[task]!]!.length > 0);
    at(sim.nowNs + kill.noticeNs, () => end(consumers));
    at(sim.nowNs + 2 * kill.noticeNs, () => end(all));
    at(sim.nowNs + kill.outageNs, () => {
      for (const task of all) {
        tasks.state[task] = TASK_STATE.running;
        plane.attemptStarted(task);
      }
    });
    at(sim.nowNs + kill.outageNs + kill.connectNs, () => {
      for (const task of consumers) plane.registerAllViews(task);
    });
  }

  onTime?.(plane, sim);
  sim.run(config.durationNs);
  return { result: plane.finish(config.durationNs), plane, topology, sim, consumed };
}
