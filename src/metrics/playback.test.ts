/** The playback tells the same story as the summary: steps at their instants, tasks and channels that come back. */
import { expect, test } from "vitest";
import { runScenario } from "../experiment/run-scenario.js";
import { smallScenario } from "../experiment/testing/small-scenario.js";
import { parseScenario } from "../scenario/index.js";

test("of a killed TaskManager: fault, detected, redeploy, recovered; channels go down and come back", async () => {
  const parsed = parseScenario(smallScenario({ durationS: 40 }), { file: "small.yaml" });
  if (!parsed.ok) throw new Error("the small scenario does not parse");
  const runs = await runScenario(parsed.scenario, { workers: 0 });
  expect(runs).toHaveLength(2);
  for (const { summary, playback } of runs) {
    const at = (name: string): number[] =>
      playback.markers.filter((marker) => marker.name.startsWith(name)).map((marker) => marker.timeMs);
    expect(at("fault: kill-task-manager")).toEqual([20_000]);
    expect(at("detected")).toHaveLength(1);
    expect(at("recovered")).toEqual([20_000 + (summary.recoveryTimeMs as number)]);
    const times = playback.markers.map((marker) => marker.timeMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(at("detected")[0]).toBeGreaterThan(20_000);
    expect(at("redeploy")[0]).toBeGreaterThan(at("detected")[0] as number);
    // Two inputs of eight joiners from eight sources each; four slots are hit, or all of them.
    const most = summary.strategy === "global-restart" ? 2 * 8 * 8 : 2 * (8 * 8 - 4 * 4);
    expect(Math.max(...playback.channelsDown)).toBe(most);
    expect(playback.channelsDown.at(-1)).toBe(0);
    expect(playback.channelTimeMs.at(-1)).toBe(20_000 + (summary.recoveryTimeMs as number));
  }
}, 60_000);
