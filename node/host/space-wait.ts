// A write for which there is no space may leave the log or the store in a state from which only opening them
// anew leads on. The node then begins again, as after the end of its process, once there is space.
import { setTimeout as sleep } from 'node:timers/promises';
import { SeqNodeError } from '../base/errors.ts';
import type { Config } from './config-schema.ts';
import { freeBytesAt, judgeSpace, reservesOf } from './disk-watch.ts';
import type { Logger } from './logger.ts';

const LOOK_MS = 500;
/** At least, lest a disk that is filled again and again, or lies, has the node start over and over. */
const PAUSE_MS = 3_000;

export function isOutOfSpace(error: unknown): error is SeqNodeError {
  return error instanceof SeqNodeError && error.code === 'disk-full';
}

/** Resolves when there is space for the node to follow others at least, or `isOver`. */
export async function untilSpace(config: Config, logger: Logger, isOver: () => boolean): Promise<void> {
  const reserves = reservesOf(config.journal.segmentBytes);
  const directory = config.node.data;
  const begin = performance.now();
  logger.log('warn', 'waits-for-space', { freeBytes: (await freeBytesAt(directory)) ?? null, ...reserves });
  while (!isOver()) {
    await sleep(LOOK_MS);
    const free = await freeBytesAt(directory);
    const hasSpace = free === undefined || judgeSpace(free, reserves, 'full') !== 'full';
    if (hasSpace && performance.now() - begin >= PAUSE_MS) return;
  }
}
