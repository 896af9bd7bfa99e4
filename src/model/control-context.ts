/** What every part of the control plane shares. Built once per run by `simulate.ts`; holds no behaviour. */
import type { Simulation } from "../kernel/simulation.js";
import type { CausalLog } from "./causal-log.js";
import type { ClusterState } from "./cluster/cluster-state.js";
import type { Reachability } from "./cluster/reachability.js";
import type { ModelConfig } from "./config.js";
import type { CostDraws } from "./cost-draws.js";
import type { TaskTable } from "./task-table.js";
import type { Topology } from "./topology/topology.js";

export interface ControlContext {
  readonly config: ModelConfig;
  readonly topology: Topology;
  readonly sim: Simulation;
  readonly log: CausalLog;
  readonly draws: CostDraws;
  readonly tasks: TaskTable;
  readonly cluster: ClusterState;
  readonly links: Reachability;
  /** Kernel entity numbers: 0 = JobManager, then TaskManagers, then tasks, then the data plane's. */
  readonly entities: EntityRanges;
}

export interface EntityRanges {
  readonly jobManager: number;
  readonly resourceManager: number;
  taskManager(tm: number): number;
  task(task: number): number;
  readonly dataPlane: number;
}

/** Room for TaskManagers that come later than t=0: a run that starts more than this many is refused. */
const LATER_TASK_MANAGERS = 4096;

export function entityRanges(config: ModelConfig, topology: Topology): EntityRanges {
  const taskManagers = config.cluster.taskManagers + config.cluster.reservedTaskManagers + LATER_TASK_MANAGERS;
  return {
    jobManager: 0,
    resourceManager: 1,
    taskManager: (tm) => {
      if (tm >= taskManagers) throw new Error(`more than ${LATER_TASK_MANAGERS} TaskManagers were started in one run`);
      return 2 + tm;
    },
    task: (task) => 2 + taskManagers + task,
    dataPlane: 2 + taskManagers + topology.tasks,
  };
}
