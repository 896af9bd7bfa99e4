/**
 * At most one live view per subpartition, and it is the newest consumer attempt's: a view is registered only for an
 * attempt newer than the one that holds it, never for one whose end the producer has been told of, and never with an
 * attempt of the producer that is gone.
 */
import type { Invariant } from "./invariant.js";

export const oneViewPerSubpartition: Invariant = {
  name: "one-view-per-subpartition",
  summary: "a subpartition's view belongs to the newest consumer attempt that asked, and to one only",
  probe: ({ context, violated }) => {
    const { tasks, topology, sim } = context;
    const holders = new Map<number, { producerAttempt: number; consumerAttempt: number }>();
    return {
      viewRegistered: ({ edge, producer, producerAttempt, consumer, consumerAttempt }) => {
        const place = `edge ${edge}, ${producer} → ${consumer}, attempts ${producerAttempt} → ${consumerAttempt} at ${sim.nowNs} ns`;
        if (tasks.attempt[producer] !== producerAttempt)
          violated("one-view-per-subpartition", `${place}: the producer is at attempt ${tasks.attempt[producer]}`);
        const key = (edge * topology.tasks + producer) * topology.tasks + consumer;
        const holder = holders.get(key);
        if (
          holder !== undefined &&
          holder.producerAttempt === producerAttempt &&
          holder.consumerAttempt >= consumerAttempt
        ) {
          violated("one-view-per-subpartition", `${place}: attempt ${holder.consumerAttempt} holds the view already`);
        }
        holders.set(key, { producerAttempt, consumerAttempt });
      },
      viewClosed: ({ edge, producer, consumer, consumerAttempt }, attempt) => {
        if (attempt === consumerAttempt) return;
        violated(
          "one-view-per-subpartition",
          `edge ${edge}, ${producer} → ${consumer} at ${sim.nowNs} ns: the end of attempt ${attempt} takes down the view of attempt ${consumerAttempt}`,
        );
      },
    };
  },
};
