/** Which jobs the lumped plane can carry: sources that feed joins or sinks directly. Pure; `check` asks it too. */
import type { ModelConfig } from "../../config.js";

/** What of the job needs `resolution: exact`, or null; `vertex` is an index into `config.vertices`. */
export function needsExact(config: ModelConfig): { readonly vertex: number; readonly what: string } | null {
  for (const [v, vertex] of config.vertices.entries()) {
    const out = config.edges.filter((edge) => edge.from === v);
    const into = config.edges.filter((edge) => edge.to === v);
    const refused = (what: string): { vertex: number; what: string } => ({ vertex: v, what });
    if (vertex.type === "source") {
      if (out.length !== 1) return refused(`source ${vertex.id} with ${out.length} outgoing edges`);
      if (out[0]!.partitioning === "broadcast") return refused(`broadcast edge of ${vertex.id}`);
      if (vertex.sink) return refused(`source ${vertex.id} that is a sink itself`);
      continue;
    }
    if (out.length > 0) return refused(`${vertex.id}, an operator between others,`);
    if (vertex.type === "operator" && vertex.selectivity !== 1) return refused(`selectivity of ${vertex.id}`);
    if (vertex.type === "join" && into.length < 2) return refused(`join ${vertex.id} with one input`);
  }
  return null;
}
