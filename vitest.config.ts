/** Two projects: tests beside the code, and whole-program tests, which need the compiled program. */
import { defineConfig } from "vitest/config";

const WHOLE_PROGRAM = ["src/cli/**/*.test.ts"];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Not one less than there are: of two cores, one would idle.
    maxWorkers: "100%",
    globalSetup: ["src/cli/testing/debian-packages.mjs"],
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.ts"], exclude: WHOLE_PROGRAM } },
      {
        extends: true,
        test: { name: "program", include: WHOLE_PROGRAM, globalSetup: ["src/cli/testing/build-setup.ts"] },
      },
    ],
  },
});
