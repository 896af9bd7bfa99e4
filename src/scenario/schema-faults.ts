/** The fault kinds that a scenario can name: their targets and their own options. What they do is faults/'s matter. */
import * as z from "zod";
import { duration, positiveNumber, quantity, ratio, whole } from "./schema-values.js";

const at = duration("Virtual time of the fault, from the start of the run.");
const forSome = duration("How long it lasts. Default: for good.", { positive: true }).optional();

const taskManagerTarget = z
  .strictObject({ taskManager: whole("Index of the TaskManager, from 0.", 0) })
  .meta({ description: "The TaskManager that it hits." });
const machineTarget = z
  .strictObject({ machine: whole("Index of the machine, from 0.", 0) })
  .meta({ description: "The machine that it hits." });
const random = z.strictObject({ random: whole("How many TaskManagers, drawn from the seed.", 1) });
const killTarget = z
  .union([
    z.strictObject({ taskManager: whole("Index of the TaskManager, from 0.", 0) }),
    z.strictObject({
      vertex: z.string().meta({ description: "Id of the vertex." }),
      subtask: whole("Index of the subtask, from 0.", 0),
    }),
    random,
  ])
  .meta({
    description:
      "{ taskManager: index }, { vertex: id, subtask: index } for the one where that task is by then, or { random: how many TaskManagers }.",
  });
const powerTarget = z
  .union([
    z.strictObject({ machine: whole("Index of the machine, from 0.", 0) }),
    z.strictObject({ rack: whole("Index of the rack, from 0.", 0) }),
    random,
  ])
  .meta({ description: "{ machine: index }, { rack: index } or { random: how many TaskManagers whose machines go }." });
const taskTarget = z
  .strictObject({
    vertex: z.string().meta({ description: "Id of the vertex." }),
    subtask: whole("Index of the subtask, from 0.", 0),
  })
  .meta({ description: "The task that it hits." });

const member = z.union([z.int().min(0), z.literal("jobManager")]);
const members = z
  .union([z.array(member).min(1), z.literal("rest")])
  .meta({ description: "TaskManager indices and `jobManager`; `rest` = everyone not on the other side." });

const factor = positiveNumber("How many times slower: 10 makes every service time ten times longer.");

/** One strict object per kind; `kind` decides which keys are valid. */
export const faultSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z
        .literal("kill-task-manager")
        .meta({ description: "The TaskManager's process dies; its machine closes the sockets." }),
      at,
      target: killTarget,
    }),
    z.strictObject({
      kind: z.literal("power-loss").meta({ description: "A machine vanishes without a word: no socket is closed." }),
      at,
      target: powerTarget,
      for: forSome,
    }),
    z.strictObject({
      kind: z.literal("fail-task").meta({ description: "A task throws; its slot and TaskManager stay." }),
      at,
      target: taskTarget,
    }),
    z.strictObject({
      kind: z.literal("hang-task").meta({ description: "A task thread stops working and keeps everything it holds." }),
      at,
      target: taskTarget,
      for: forSome,
    }),
    z.strictObject({
      kind: z.literal("slow-task").meta({ description: "A task thread works `factor` times slower." }),
      at,
      target: taskTarget,
      factor,
      for: forSome,
    }),
    z.strictObject({
      kind: z.literal("slow-machine").meta({ description: "All threads of a machine work `factor` times slower." }),
      at,
      target: machineTarget,
      factor,
      for: forSome,
    }),
    z.strictObject({
      kind: z
        .literal("partition")
        .meta({ description: "Messages between two sets do not get through; TCP delivers them when it is over." }),
      at,
      target: z
        .strictObject({
          from: members,
          to: members,
          oneWay: z.boolean().meta({ description: "Only messages from `from` to `to` are held up." }).prefault(false),
        })
        .meta({ description: "The two sides." }),
      for: forSome,
    }),
    z.strictObject({
      kind: z.literal("hang-io-thread").meta({ description: "One Netty event loop of a TaskManager stops." }),
      at,
      target: taskManagerTarget,
      side: z.enum(["server", "client"]).meta({ description: "Which event-loop group." }).prefault("server"),
      thread: whole("Index of the event loop in its group, from 0.", 0).prefault(0),
      for: forSome,
    }),
    z.strictObject({
      kind: z
        .literal("kill-machines")
        .meta({ description: "Several machines at once: a run of neighbours, a rack or a random draw." }),
      at,
      target: z
        .union([
          z.strictObject({ machine: whole("First machine, from 0.", 0) }),
          z.strictObject({ rack: whole("Index of the rack, from 0.", 0) }),
          z.strictObject({ random: whole("How many machines, drawn from the seed.", 1) }),
        ])
        .meta({ description: "{ machine: first }, { rack: index } or { random: how many }." }),
      count: whole("With `machine`: how many neighbours from it on.", 1).prefault(1),
      silent: z
        .boolean()
        .meta({ description: "true: power loss. false: processes die and sockets close." })
        .prefault(true),
      for: forSome,
    }),
    z.strictObject({
      kind: z.literal("mtbf").meta({ description: "Random failures over the whole rest of the run, with bursts." }),
      at: duration("From when on.").prefault("0s"),
      meanInterval: duration("Mean time between failures of the whole cluster.", { positive: true }),
      of: z
        .enum(["task-manager", "machine"])
        .meta({ description: "What fails: a process or a machine (silently)." })
        .prefault("task-manager"),
      burstShare: ratio("Share of the failures that come in groups.").prefault(0),
      burstSize: whole("Failures in a group.", 2).prefault(3),
      burstWithin: quantity("duration", "A group's failures fall within this time.", { positive: true }).prefault(
        "60s",
      ),
    }),
  ])
  .meta({ description: "A fault: `kind` decides its keys." });

export type FaultInput = z.output<typeof faultSchema>;
export const FAULT_KINDS: readonly string[] = faultSchema.options.map((option) => option.shape.kind.value);
