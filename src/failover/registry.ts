/** Every failover strategy by name: a literal list, no self-registration. */
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";
import { approximateLocal } from "./approximate-local.js";
import { globalRestart } from "./global-restart.js";
import { individualRestart } from "./individual-restart.js";
import { none } from "./none.js";
import { regionRestart } from "./region-restart.js";
import { singleTask } from "./single-task.js";

export const STRATEGIES: readonly FailoverStrategy[] = [
  none,
  globalRestart,
  regionRestart,
  individualRestart,
  approximateLocal,
  singleTask,
];

export function strategyNamed(name: string): FailoverStrategy | undefined {
  return STRATEGIES.find((strategy) => strategy.name === name);
}
