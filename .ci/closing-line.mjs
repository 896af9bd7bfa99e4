/** Prints vitest's totals as one plain line, after the names of what was skipped. Exit 1 if anything was. */
import { readFileSync } from "node:fs";

let report;
try {
  report = JSON.parse(readFileSync(process.argv[2], "utf8"));
} catch {
  console.log("0 passed, 1 failed");
  process.exit(1);
}
const skipped = report.testResults.flatMap((file) =>
  file.assertionResults
    .filter((result) => result.status !== "passed" && result.status !== "failed")
    .map((result) => result.fullName),
);
for (const name of skipped) console.log(`skipped: ${name}`);
// A file that breaks before its first test has no test to count.
const broken = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
console.log(`${report.numPassedTests} passed, ${report.numFailedTests + broken.length} failed`);
process.exitCode = skipped.length > 0 ? 1 : 0;
