/** Spells out the encoded threads of the trace. */
import { THREAD, threadCategory, threadIndex } from "../model/causal-log.js";

/** `taskName` names a task by its job-wide id; without it the id is shown. */
export function threadName(thread: number, taskName: (task: number) => string = (task) => `task ${task}`): string {
  const index = threadIndex(thread);
  switch (threadCategory(thread)) {
    case THREAD.world:
      return "world";
    case THREAD.jobManager:
      return "JobManager main";
    case THREAD.taskManager:
      return `TaskManager ${index} main`;
    case THREAD.nettyServer:
      return `TaskManager ${Math.floor(index / 64)} netty-server`;
    case THREAD.nettyClient:
      return `TaskManager ${Math.floor(index / 64)} netty-client`;
    case THREAD.task:
      return `${taskName(index)} task`;
    case THREAD.resourceManager:
      return "ResourceManager";
    case THREAD.wire:
      return "network";
    case THREAD.jobManagerNic:
      return "JobManager NIC";
    default:
      return "timer";
  }
}
