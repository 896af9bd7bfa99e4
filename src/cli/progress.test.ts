import { expect, test } from "vitest";
import { paceParts } from "./progress.js";

const source = (fraction: number, totalVirtualMs?: number) => ({
  ...{ done: () => 1, total: 4, fraction: () => fraction },
  ...(totalVirtualMs === undefined ? {} : { totalVirtualMs }),
});

test("progress tells virtual time, speed and what is left", () => {
  expect(paceParts(source(0.25, 1_440_000), 10_000)).toEqual(["360 s of virtual time", "36× real time", "30 s left"]);
  expect(paceParts(source(0.5, 20_000), 40_000)).toEqual(["10 s of virtual time", "0.25× real time", "40 s left"]);
  expect(paceParts(source(1, 1_440_000), 10_000)).toEqual(["24 min of virtual time", "144× real time"]);
  expect(paceParts(source(0.1), 60_000)).toEqual(["9 min left"]);
  expect(paceParts(source(0, 1_440_000), 5_000)).toEqual([]);
});
