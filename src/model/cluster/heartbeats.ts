/**
 * Heartbeats between the JobManager and every TaskManager (HeartbeatManagerSenderImpl): one round per interval, sent
 * and answered through the JobManager's main thread, so a blocked main thread delays both and can raise false alarms
 * on either side. The ResourceManager's own monitor is not modelled apart: it shares this one's phase.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { JobManager } from "./job-manager.js";
import { JOB_MANAGER_NODE } from "./reachability.js";

export class Heartbeats {
  private readonly context: ControlContext;
  private readonly jobManager: JobManager;
  /** The TaskManager has not heard of the JobManager for the timeout: it fails all its tasks. */
  private readonly onJobManagerLost: (tm: number, step: number) => void;
  private readonly sendRound: number;
  private readonly received: number;
  private readonly timedOut: number;
  private readonly roundDue: number;
  private readonly answersArrive: number;
  private readonly monitorDue: number;
  private readonly taskManagerDue: number;
  private readonly stepTimeout: number;
  /** When the JobManager last handled an answer, and when each TaskManager last got a request. */
  private readonly heardNs: number[] = [];
  private readonly requestedNs: number[] = [];
  private readonly refused: number[] = [];
  private readonly individually: number[] = [];
  /** Whether the JobManager watches the TaskManager, and the other way round. */
  private readonly monitored: boolean[] = [];
  private readonly monitors: boolean[] = [];
  private readonly requestArrives: number;

  constructor(context: ControlContext, jobManager: JobManager, onJobManagerLost: (tm: number, step: number) => void) {
    this.context = context;
    this.jobManager = jobManager;
    this.onJobManagerLost = onJobManagerLost;
    const { sim, draws, log, config } = context;
    const { heartbeatIntervalNs } = config.engine;
    const thread = jobManager.thread;
    const message = (
      name: string,
      items: () => number,
      handle: (tm: number, b: number, step: number) => void,
    ): number =>
      thread.define({
        name,
        phase: PHASE.detect,
        cost: "heartbeatMessage",
        costNs: (tm, round) => draws.draw("heartbeatMessage", tm, round) * items(),
        handle,
      });
    this.sendRound = message(
      "heartbeat-requests",
      () => context.cluster.taskManagers,
      (_tm, round, step) => this.onSend(round, step),
    );
    this.received = message(
      "heartbeat-answer",
      () => 1,
      (tm) => this.onAnswer(tm),
    );
    this.timedOut = message(
      "heartbeat-timeout",
      () => 1,
      (tm, _b, step) => this.onTimedOut(tm, step),
    );
    this.stepTimeout = log.kindId("heartbeat-timer");
    this.roundDue = sim.defineKind("heartbeat-round", PRIORITY.timer, (_e, round) => this.onRoundDue(round));
    this.answersArrive = sim.defineKind("heartbeat-answers-arrive", PRIORITY.delivery, (_e, round) =>
      this.onAnswersArrive(round),
    );
    this.requestArrives = sim.defineKind("heartbeat-request-arrives", PRIORITY.delivery, (_e, tm, round) =>
      this.onRequestArrives(tm, round),
    );
    this.monitorDue = sim.defineKind("heartbeat-monitor", PRIORITY.timer, (_e, tm) => this.onMonitorDue(tm));
    this.taskManagerDue = sim.defineKind("heartbeat-of-job-manager", PRIORITY.timer, (_e, tm) =>
      this.onTaskManagerDue(tm),
    );
    jobManager.onRegistered = (tm) => {
      if (!this.monitored[tm]) this.watch(tm, sim.nowNs);
      // It left on its own, on a farewell that a cut had held up, and is back before the JobManager missed it.
      else if (!this.monitors[tm]) this.watchJobManager(tm, sim.nowNs);
    };
    // The job has been running: the last round was handled one phase ago.
    const phaseNs = Math.floor(context.draws.uniform("heartbeat-phase", 0, 0) * heartbeatIntervalNs);
    for (let tm = 0; tm < context.cluster.taskManagers; tm++) this.watch(tm, phaseNs - heartbeatIntervalNs);
    sim.schedule(phaseNs, this.roundDue, context.entities.jobManager, 0);
  }

  /** A TaskManager is under watch from now on. */
  watch(tm: number, heardNs: number): void {
    const { sim, config, entities } = this.context;
    this.heardNs[tm] = heardNs;
    this.refused[tm] = 0;
    this.monitored[tm] = true;
    sim.schedule(heardNs + config.engine.heartbeatTimeoutNs, this.monitorDue, entities.taskManager(tm), tm);
    this.watchJobManager(tm, heardNs);
  }

  /** The TaskManager watches the JobManager from now on. */
  private watchJobManager(tm: number, requestedNs: number): void {
    const { sim, config, entities } = this.context;
    this.requestedNs[tm] = requestedNs;
    this.monitors[tm] = true;
    sim.schedule(requestedNs + config.engine.heartbeatTimeoutNs, this.taskManagerDue, entities.taskManager(tm), tm);
  }

  private onRoundDue(round: number): void {
    const { sim, config, entities } = this.context;
    this.jobManager.thread.post(this.sendRound, 0, round, -1);
    sim.schedule(sim.nowNs + config.engine.heartbeatIntervalNs, this.roundDue, entities.jobManager, round + 1);
  }

  private onSend(round: number, step: number): void {
    const { sim, draws, entities, cluster, config, links } = this.context;
    const latencyNs = draws.draw("rpcLatency", 0, 5);
    for (let tm = 0; tm < cluster.taskManagers; tm++) {
      if (!this.monitored[tm]) {
        if (cluster.alive(tm) && this.jobManager.knows(tm)) this.watch(tm, sim.nowNs);
        continue;
      }
      if (!links.whole && !links.reachable(JOB_MANAGER_NODE, tm)) {
        this.individually[tm] = round;
        links.send(JOB_MANAGER_NODE, tm, latencyNs, (arrivesNs) =>
          sim.schedule(arrivesNs, this.requestArrives, entities.taskManager(tm), tm, round),
        );
      } else if (cluster.alive(tm)) {
        this.requestedNs[tm] = sim.nowNs + latencyNs;
        this.refused[tm] = 0;
      } else if (config.engine.heartbeatRpcFailureThreshold > 0 && cluster.refusesConnections(tm)) {
        this.refused[tm] = this.refused[tm]! + 1;
        if (this.refused[tm] === config.engine.heartbeatRpcFailureThreshold) this.lost(tm, step);
      }
    }
    sim.schedule(sim.nowNs + 2 * latencyNs, this.answersArrive, entities.jobManager, round);
  }

  private onAnswersArrive(round: number): void {
    const { cluster } = this.context;
    for (let tm = 0; tm < cluster.taskManagers; tm++) {
      if (this.monitored[tm] && cluster.alive(tm) && this.individually[tm] !== round)
        this.jobManager.thread.post(this.received, tm, round, -1);
    }
  }

  /** A request that a cut held up, or whose answer a cut may hold up. */
  private onRequestArrives(tm: number, round: number): void {
    const { cluster, links, draws, entities, sim } = this.context;
    if (!cluster.alive(tm)) return;
    this.requestedNs[tm] = sim.nowNs;
    const latencyNs = draws.draw("rpcLatency", 0, 5);
    links.send(tm, JOB_MANAGER_NODE, latencyNs, (arrivesNs) =>
      this.jobManager.thread.postAt(arrivesNs, entities.taskManager(tm), this.received, tm, round, -1),
    );
  }

  private onAnswer(tm: number): void {
    this.heardNs[tm] = this.context.sim.nowNs;
  }

  /** The timer of the JobManager's monitor: posts the alarm on the main thread, where a queued answer may still come first. */
  private onMonitorDue(tm: number): void {
    const { sim, config, entities } = this.context;
    if (!this.monitored[tm]) return;
    const dueNs = this.heardNs[tm]! + config.engine.heartbeatTimeoutNs;
    if (dueNs > sim.nowNs) {
      sim.schedule(dueNs, this.monitorDue, entities.taskManager(tm), tm);
      return;
    }
    this.jobManager.thread.post(this.timedOut, tm, 0, this.logTimeout(tm, this.heardNs[tm]!));
  }

  /** Nothing was heard since `sinceNs`. @returns the step in the causal log */
  private logTimeout(tm: number, sinceNs: number): number {
    const { sim, config, log } = this.context;
    return log.add(
      this.stepTimeout,
      PHASE.detect,
      threadId(THREAD.timer, 0),
      tm,
      sinceNs,
      sim.nowNs,
      -1,
      -1,
      costIndex("heartbeatTimeout"),
      config.engine.heartbeatTimeoutNs,
    );
  }

  private onTimedOut(tm: number, step: number): void {
    const { sim, config, entities } = this.context;
    const dueNs = this.heardNs[tm]! + config.engine.heartbeatTimeoutNs;
    // An answer that was queued ahead of the alarm has reset the monitor.
    if (dueNs > sim.nowNs) sim.schedule(dueNs, this.monitorDue, entities.taskManager(tm), tm);
    else this.lost(tm, step);
  }

  private lost(tm: number, step: number): void {
    if (!this.monitored[tm]) return;
    this.monitored[tm] = false;
    const { sim, cluster, links } = this.context;
    this.jobManager.reportTaskManagerLost(tm, sim.nowNs, step);
    // A false alarm: the JobManager disconnects a living TaskManager, which fails its tasks and registers anew.
    links.send(JOB_MANAGER_NODE, tm, 0, () => {
      if (cluster.alive(tm) && this.monitors[tm]) this.disconnect(tm, step);
    });
  }

  /** The TaskManager's own monitor of the JobManager. */
  private onTaskManagerDue(tm: number): void {
    const { sim, config, entities, cluster, links } = this.context;
    if (!this.monitors[tm] || !cluster.alive(tm)) return;
    const dueNs = this.requestedNs[tm]! + config.engine.heartbeatTimeoutNs;
    if (dueNs > sim.nowNs) {
      sim.schedule(dueNs, this.taskManagerDue, entities.taskManager(tm), tm);
      return;
    }
    const step = this.logTimeout(tm, this.requestedNs[tm]!);
    // It says goodbye, if that gets through.
    if (links.up(tm, JOB_MANAGER_NODE)) this.monitored[tm] = false;
    this.disconnect(tm, step);
  }

  private disconnect(tm: number, step: number): void {
    this.monitors[tm] = false;
    this.onJobManagerLost(tm, step);
  }
}
