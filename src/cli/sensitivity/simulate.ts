/** Runs a sensitivity study on worker threads with progress on stderr. Owns threads and progress, no result. */

import { threadRunner } from "../../experiment/runners.js";
import { performOn } from "../../experiment/sensitivity/rounds.js";
import { mostRuns, type Sensitivity, type StudiedCase, studySensitivity } from "../../experiment/sensitivity/study.js";
import { startProgress } from "../progress.js";

export interface StudyOptions {
  readonly workers: number | undefined;
  readonly progress: "auto" | "plain" | "none";
  readonly signal: AbortSignal;
}

export async function simulateStudy(
  cases: readonly StudiedCase[],
  seeds: readonly string[],
  metrics: readonly string[],
  { workers, progress, signal }: StudyOptions,
): Promise<Sensitivity> {
  const most = mostRuns(cases.length, seeds.length);
  // A twin for each run at most, and those of the unchanged cases once more in each round.
  const capacity = 2 * most + 2 * cases.length * seeds.length;
  const cells = new Float64Array(new SharedArrayBuffer(8 * capacity));
  // Rounds: the cases as they are, then every cost higher, then lower. What is left out counts as done.
  const roundSizes = [cases.length * seeds.length, (most - cases.length * seeds.length) / 2];
  let before = 0;
  let rounds = 0;
  let ended = 0;
  let underWay = { durationsNs: [] as number[], firstCell: 0 };
  const shown = startProgress(progress, {
    total: most,
    done: () => before + ended,
    fraction: () => {
      const { durationsNs, firstCell } = underWay;
      const sum = durationsNs.reduce((total, ns, at) => total + Math.min(1, (cells[firstCell + at] as number) / ns), 0);
      return Math.min(1, (before + sum) / most);
    },
  });
  const runner = await threadRunner(workers, cells, signal);
  try {
    const perform = performOn(runner, {
      metrics,
      signal,
      capacity,
      onRound: (runs, firstCell) => {
        const size = (roundSizes[Math.min(rounds, 1)] as number) - runs.length;
        before += (rounds === 0 ? 0 : underWay.durationsNs.length) + size;
        rounds++;
        ended = 0;
        underWay = { durationsNs: runs.map(({ config }) => config.durationNs), firstCell };
      },
      onRunEnd: () => {
        ended++;
      },
    });
    return await studySensitivity(cases, seeds, metrics, perform);
  } finally {
    await runner.close();
    shown.stop();
  }
}
