// The kinds of keys, and the lengths of what all keys begin with: see keys.ts.

export const HEAD = 1;
export const SEQUENCE = 2;
export const SNAPSHOT = 3;
export const RECORD = 4;
export const MARK = 5;
export const OUTBOX = 6;
export const ITEM = 7;
export const TIMER = 8;
export const DUE = 9;
export const WATCH = 10;
export const DEAD_LETTER = 11;
export const CLOCK = 12;
export const TASK = 13;
export const STASH = 14;
export const ORDER = 15;
export const PURGED = 16;
export const SUBSCRIPTION = 17;
export const ASK = 18;

export const NODE_AREA = 0xffff;
export const GROUP_ROW = 1;
export const GENERATION_MAX = 0xffff_ffff;
export const NODE_PREFIX_BYTES = 3;
export const PREFIX_BYTES = 7;
/** Group and generation: where one replica keeps one group. */
export const PLACE_BYTES = 6;
/** At the end of a key that has a number. */
export const NUMBER_BYTES = 8;
