import { describe, expect, it } from "vitest";
import { syntheticResults } from "../../experiment/testing/synthetic-result.js";
import { type Cell, parseCsv, toCsv } from "./csv.js";
import { decodeIntegers, encodeIntegers } from "./integers.js";
import { parsePlaybackFile, playbackFile } from "./playback-file.js";
import { resultSetFromRuns, resultSetFromTexts } from "./read.js";
import { lossCsv, outputGapCsv, phasesCsv, summaryCsv, timelineCsv } from "./tables.js";

const runs = [...syntheticResults({ parallelism: 40 }), ...syntheticResults({ parallelism: 40, seed: "43" })];

describe("CSV", () => {
  it("reads back quotes, commas, line ends and empty last cells", () => {
    const rows: Cell[][] = [
      ['a "quoted" case, with comma', 1.5, null],
      ["two\nlines", Number.NaN, true],
      ["a lone\rreturn", 0, false],
      ["", -0.001, ""],
    ];
    const text = toCsv(["name", "valueMs", "flag"], rows);
    expect(parseCsv(text)).toEqual({
      header: ["name", "valueMs", "flag"],
      rows: [
        ['a "quoted" case, with comma', "1.5", ""],
        ["two\nlines", "", "true"],
        ["a lone\rreturn", "0", "false"],
        ["", "-0.001", ""],
      ],
    });
    expect(parseCsv(text.replaceAll("\n", "\r\n")).rows[0]).toEqual(parseCsv(text).rows[0]);
  });

  it("refuses ragged rows and open quotes", () => {
    expect(() => parseCsv("a,b\n1\n")).toThrow(/row 2/);
    expect(() => parseCsv('a,b\n"1,2\n')).toThrow(/never closed/);
  });
});

describe("playback.json", () => {
  it("codes integers without loss, negative and large ones too", () => {
    const values = [0, -1, 1, 127, 128, -128, 360_000_000, 2 ** 45, -(2 ** 45), 5, 5, 5];
    expect(decodeIntegers(encodeIntegers(values))).toEqual(values);
    expect(decodeIntegers(encodeIntegers([]))).toEqual([]);
  });

  it("keeps the first seed of each case, to the microsecond", () => {
    const read = parsePlaybackFile(playbackFile(runs));
    expect(read.map((entry) => entry.case)).toEqual(runs.slice(0, 4).map((run) => run.summary.case));
    read.forEach((entry, index) => {
      const original = (runs[index] as (typeof runs)[number]).playback;
      expect(entry.taskSlot).toEqual(original.taskSlot);
      expect(entry.taskState).toEqual(original.taskState);
      expect(entry.queueLength).toEqual(original.queueLength);
      expect(entry.channelsDown).toEqual(original.channelsDown);
      expect(entry.channelTimeMs).toEqual(original.channelTimeMs);
      entry.taskTimeMs.forEach((time, row) => {
        expect(Math.abs(time - (original.taskTimeMs[row] as number))).toBeLessThan(0.00051);
      });
    });
    expect(() => parsePlaybackFile('{"format":99,"cases":[]}')).toThrow(/format 1/);
  });
});

describe("result sets", () => {
  const summary = { scenario: "made-up", file: "made-up.yaml", cases: runs.map((run) => run.summary), expect: [] };

  it("are the same from memory and from the files", () => {
    const fromFiles = resultSetFromTexts({
      href: "",
      scenarioYaml: "name: made-up\n",
      summaryJson: JSON.stringify({ outgap: "0", schema: 1, scenarios: [summary] }),
      outputGapCsv: outputGapCsv(runs),
      timelineCsv: timelineCsv(runs),
      lossCsv: lossCsv(runs),
      phasesCsv: phasesCsv(runs),
      playbackJson: playbackFile(runs),
    });
    const fromRuns = resultSetFromRuns(summary, runs, "name: made-up\n");
    const { playbacks: diskPlaybacks, ...disk } = fromFiles;
    const { playbacks: runPlaybacks, ...memory } = fromRuns;
    expect(disk).toEqual(memory);
    expect(diskPlaybacks.map((entry) => entry.taskSlot)).toEqual(runPlaybacks.map((entry) => entry.taskSlot));
    expect(fromRuns.timelines).toHaveLength(8);
    expect(fromRuns.gaps).toHaveLength(8 * 40);
  });

  it("name the file and the column that is missing", () => {
    expect(() =>
      resultSetFromTexts({
        href: "",
        scenarioYaml: "",
        summaryJson: JSON.stringify({ outgap: "0", schema: 1, scenarios: [summary] }),
        outputGapCsv: outputGapCsv(runs).replace("gapMs", "gap"),
        timelineCsv: timelineCsv(runs),
        lossCsv: lossCsv(runs),
        phasesCsv: phasesCsv(runs),
        playbackJson: null,
      }),
    ).toThrow('output-gap.csv: no column "gapMs"');
  });

  it("write one summary row per run", () => {
    const { header, rows } = parseCsv(summaryCsv(summary.cases));
    expect(rows).toHaveLength(8);
    const recovery = header.indexOf("recoveryTimeMs");
    expect(rows.map((row) => Number(row[recovery]))).toEqual(summary.cases.map((run) => run.recoveryTimeMs));
  });
});
