/**
 * A run as a story that a person can read: who did what on which thread, one line each, in milliseconds since the
 * first fault. Steps of the control plane and moves of the two state machines; heartbeats that nothing follows from and
 * waiting in queues are left out. Canonical: equal runs give equal text.
 */
import { THREAD, threadCategory, threadIndex } from "../../model/causal-log.js";
import {
  CHANNEL_EVENT_THREADS,
  CHANNEL_EVENTS,
  CHANNEL_NAMES,
  CHANNEL_TABLE,
} from "../../model/network/input-channel.js";
import type { ProbeFactory, ProbeView } from "../../model/probe.js";
import type { RunRecord } from "../../model/simulate.js";

interface Line {
  readonly atNs: number;
  readonly thread: string;
  readonly text: string;
}

/** Steps whose entity is a TaskManager; `null`: a step that says nothing by itself. */
const ABOUT: Readonly<Record<string, "taskManager" | "nobody" | null>> = {
  "served-before": null,
  link: null,
  fault: null,
  "task-manager-lost": "taskManager",
  "container-exit-noticed": "taskManager",
  "node-manager-heartbeat": "taskManager",
  "application-master-heartbeat": "taskManager",
  "connection-closed": "taskManager",
  "reserved-slot": "taskManager",
  "slot-offer": "taskManager",
  "slot-offer-wire": "taskManager",
  "heartbeat-timer": "taskManager",
  "heartbeat-timeout": "taskManager",
  "container-start": "nobody",
  "restart-delay": "nobody",
};

const MARKS: Readonly<Record<string, string>> = {
  recovered: "RECOVERED",
  redeploy: "redeploy begins",
  detected: "the JobManager knows",
};

export class Story {
  private readonly lines: Line[] = [];
  private view!: ProbeView;

  /** Hand this to the run. */
  readonly probe: ProbeFactory = (view) => {
    this.view = view;
    const { sim } = view.context;
    const add = (thread: string, text: string): void => void this.lines.push({ atNs: sim.nowNs, thread, text });
    return {
      fault: (name, endsNs) =>
        add("world", `FAULT ${name}${endsNs === null || endsNs === sim.nowNs ? "" : ` until ${this.ms(endsNs)}`}`),
      restarting: (tasks, cancelFirst) =>
        add(
          "JobManager",
          `decides: ${cancelFirst ? "cancel and restart" : "restart"} ${[...tasks].map((task) => this.task(task)).join(", ")}`,
        ),
      attemptDeployed: (task, attempt, tm) => add(`TM ${tm}`, `${this.task(task)} attempt ${attempt} is here`),
      attemptRunning: (task, attempt) => add(`${this.task(task)} thread`, `attempt ${attempt} RUNNING`),
      attemptEnded: (task, attempt, how, reason) =>
        add(`${this.task(task)} thread`, `attempt ${attempt} ends: ${how}, ${reason}`),
      viewRegistered: ({ producer, consumer, producerAttempt, consumerAttempt }) =>
        add(
          this.server(producer),
          `${this.task(producer)} #${producerAttempt} registers the view of ${this.task(consumer)} #${consumerAttempt}`,
        ),
      viewClosed: ({ producer, consumer }, attempt) =>
        add(
          this.server(producer),
          `${this.task(producer)} closes the view of ${this.task(consumer)} #${attempt}: UNAVAILABLE`,
        ),
      channelMoves: (_edge, producer, consumer, from, to) => {
        const event = eventOf(from, to);
        const thread = {
          "Netty client": this.client(consumer),
          RPC: `TM ${this.tm(consumer)} RPC`,
          task: `${this.task(consumer)} thread`,
          timer: "timer",
        }[CHANNEL_EVENT_THREADS[event]!];
        add(
          thread,
          `${this.task(producer)} → ${this.task(consumer)}: ${CHANNEL_NAMES[from]} → ${CHANNEL_NAMES[to]} (${CHANNEL_EVENTS[event]})`,
        );
      },
    };
  };

  /** The story from the first fault on. */
  tell(record: RunRecord): string {
    const { log, incidents } = record;
    const startNs = incidents[0]!.startNs;
    const told = new Set(ancestors(record));
    const steps: Line[] = [];
    const marks: Line[] = [];
    for (let step = 0; step < log.length; step++) {
      const kind = log.kindNames[log.kind[step]!]!;
      if (ABOUT[kind] === null || log.endNs[step]! < startNs || (kind.startsWith("heartbeat") && !told.has(step)))
        continue;
      const entity = log.entity[step]!;
      const about =
        ABOUT[kind] === "nobody" ? "" : ABOUT[kind] === "taskManager" ? ` TM ${entity}` : ` ${this.task(entity)}`;
      const lasted = log.endNs[step]! - log.startNs[step]!;
      steps.push({
        atNs: log.endNs[step]!,
        thread: this.threadOf(log.thread[step]!),
        text: `${kind}${about}${lasted > 0 ? ` [${(lasted / 1e6).toFixed(3)}]` : ""}`,
      });
    }
    for (const { timeNs, name } of record.markers)
      if (!name.startsWith("fault")) marks.push({ atNs: timeNs, thread: "observer", text: MARKS[name] ?? name });
    const all = [...steps, ...this.lines.filter(({ atNs }) => atNs >= startNs), ...marks];
    // Steps before the moves that they bring about, what is noticed after both; the sort is stable.
    all.sort((a, b) => a.atNs - b.atNs);
    const width = Math.max(...all.map(({ thread }) => thread.length));
    return all
      .map(
        ({ atNs, thread, text }) =>
          `${((atNs - startNs) / 1e6).toFixed(3).padStart(10)}  ${thread.padEnd(width)}  ${text}\n`,
      )
      .join("");
  }

  private ms(timeNs: number): string {
    return `${(timeNs / 1e6).toFixed(0)} ms`;
  }
  private task(task: number): string {
    const { config, topology } = this.view.context;
    return `${config.vertices[topology.taskVertex[task]!]!.id}(${topology.taskSubtask[task]!})`;
  }
  private tm(task: number): number {
    return this.view.context.tasks.taskManager[task]!;
  }
  private server(task: number): string {
    return `TM ${this.tm(task)} Netty server`;
  }
  private client(task: number): string {
    return `TM ${this.tm(task)} Netty client`;
  }

  private threadOf(thread: number): string {
    const index = threadIndex(thread);
    switch (threadCategory(thread)) {
      case THREAD.world:
        return "world";
      case THREAD.jobManager:
        return "JobManager";
      case THREAD.taskManager:
        return `TM ${index}`;
      case THREAD.nettyServer:
        return `TM ${Math.floor(index / 64)} Netty server`;
      case THREAD.nettyClient:
        return `TM ${Math.floor(index / 64)} Netty client`;
      case THREAD.task:
        return `${this.task(index)} thread`;
      case THREAD.resourceManager:
        return "ResourceManager";
      case THREAD.wire:
        return "wire";
      case THREAD.jobManagerNic:
        return "JobManager NIC";
      default:
        return "timer";
    }
  }
}

/** The event that takes a channel from one state to another: the table has one each. */
function eventOf(from: number, to: number): number {
  return CHANNEL_TABLE[from]!.findIndex((cell) => cell !== null && cell.next === to && to !== from);
}

/** Steps on the causal chains of everything that is no heartbeat. */
function* ancestors({ log }: RunRecord): Generator<number> {
  const seen = new Set<number>();
  for (let step = 0; step < log.length; step++) {
    if (log.kindNames[log.kind[step]!]!.startsWith("heartbeat")) continue;
    for (let at = log.cause[step]!; at >= 0 && !seen.has(at); at = log.cause[at]!) {
      seen.add(at);
      yield at;
    }
  }
}
