/** The closed list of recovery phases (`interface.md`) as small integers for the trace's columns. */
export const PHASE = {
  none: -1,
  detect: 0,
  cancel: 1,
  delay: 2,
  reset: 3,
  slots: 4,
  deploy: 5,
  open: 6,
  restore: 7,
  connect: 8,
  timer: 9,
} as const;
export type StepPhase = (typeof PHASE)[keyof typeof PHASE];
