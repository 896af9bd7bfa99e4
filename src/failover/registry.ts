/** Every failover strategy by name: a literal list, no self-registration. */
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";
import { globalRestart } from "./global-restart.js";
import { none } from "./none.js";
import { singleTask } from "./single-task.js";

export const STRATEGIES: readonly FailoverStrategy[] = [none, globalRestart, singleTask];

export function strategyNamed(name: string): FailoverStrategy | undefined {
  return STRATEGIES.find((strategy) => strategy.name === name);
}
