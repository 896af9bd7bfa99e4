/** Why a record or a match is lost (`interface.md`, definitions); the names are part of the result format. */
export const RECORD_LOSS_CAUSES = [
  "discardedAtSender",
  "queuedAtSender",
  "lostInFlight",
  "partialRecords",
  "stateLost",
  "unflushedOutput",
  "skippedAtSource",
] as const;
export type RecordLossCause = (typeof RECORD_LOSS_CAUSES)[number];

export const MATCH_MISS_CAUSES = ["inputLost", "stateLost", "late", "outputLost"] as const;
export type MatchMissCause = (typeof MATCH_MISS_CAUSES)[number];
