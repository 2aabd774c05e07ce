/** Tables that are copies of what the cluster holds at one moment; each replaces the last. */
export const COPIED = ['dead_letters', 'tasks', 'timers'] as const;
export type CopiedTable = (typeof COPIED)[number];
export type CopiedRow = readonly (string | number | null)[];
