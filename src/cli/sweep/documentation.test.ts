/** What scenarios/sweeps/README.md tells people to type and to deploy: options exist, YAML is whole, names agree. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { COMMANDS } from "../commands/index.js";

const text = readFileSync("scenarios/sweeps/README.md", "utf8");
const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] as string);

test("every command line of it is one that the program takes", () => {
  const lines = [...text.matchAll(/outgap (sweep|worker|merge|query) ([^\n"`]*(?:"[^"\n]*"[^\n"`]*)*)/g)];
  expect(lines.length).toBeGreaterThan(10);
  const seen = new Set<string>();
  for (const [, name, rest] of lines) {
    const command = COMMANDS.find((each) => each.command.split(" ")[0] === name);
    expect(command, name).toBeDefined();
    for (const [, option] of (rest as string).matchAll(/--([a-z][a-z-]*)/g)) {
      expect(Object.keys(command?.options ?? {}), `outgap ${name} --${option}`).toContain(option);
      seen.add(option as string);
    }
  }
  for (const option of ["vary", "until", "shard", "redis", "out", "minimise", "subject-to"])
    expect(seen).toContain(option);
});

test("compose and Kubernetes files are whole, and their parts find each other", () => {
  const documents = blocks.flatMap((block) => {
    const parsed = parseAllDocuments(block);
    for (const document of parsed) expect(document.errors).toEqual([]);
    return parsed.map((document) => document.toJS() as Record<string, unknown>);
  });
  const kinds = documents.map(({ kind, services }) => kind ?? (services === undefined ? "?" : "compose"));
  expect(kinds).toEqual(["Job", "compose", "Service", "StatefulSet", "Deployment", "Job"]);
  const services = Object.keys((documents[1] as { services: object }).services);
  expect(services.sort()).toEqual(["redis", "sweep", "worker"]);
  // One host for Redis everywhere: the name of the compose service and of the Kubernetes one.
  expect(new Set([...text.matchAll(/redis:\/\/([a-z]+):6379/g)].map((match) => match[1]))).toEqual(new Set(["redis"]));
  for (const document of documents.slice(3)) {
    const { kind, spec } = document as {
      kind: string;
      spec: { selector?: { matchLabels: object }; template: { metadata?: { labels: object }; spec: PodSpec } };
    };
    if (kind !== "Job") expect(spec.selector?.matchLabels).toEqual(spec.template.metadata?.labels);
    checkPod(spec.template.spec);
  }
  checkPod((documents[0] as { spec: { template: { spec: PodSpec } } }).spec.template.spec);
});

interface PodSpec {
  readonly containers: readonly {
    readonly image: string;
    readonly volumeMounts?: readonly { readonly name: string }[];
  }[];
  readonly volumes?: readonly { readonly name: string }[];
}

/** Every mount of a pod has its volume; that of a StatefulSet comes from its own claim. */
function checkPod({ containers, volumes }: PodSpec): void {
  const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
  const there = (volumes ?? [{ name: "queue" }]).map(({ name }) => name);
  for (const name of mounted) expect(there).toContain(name);
  for (const { image } of containers) expect(["redis:7", "your-registry/outgap:0.1.0"]).toContain(image);
}
