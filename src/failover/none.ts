/**
 * `none`: the control. Nothing is redeployed; the data plane is vanilla Flink's: consumers of a dead producer fail,
 * producers hold what they have for a dead consumer and stall.
 */
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";

export const none: FailoverStrategy = {
  name: "none",
  summary: "nothing is redeployed; consumers of a dead producer fail, senders hold: the control",
  restarts: "nothing",
  guarantee: "none",
  source: "control",
  policy: () => ({ receiver: "fail", sender: "hold", leavesOthersRunning: true }),
  decide: () => ({ action: "ignore" }),
  refuses: () => null,
};
