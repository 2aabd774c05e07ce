// What all parts may know of queues: where they live, what they run, what their turns are given and want.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { type ActorPath, QUEUE_MODULE, type SenderName } from '../../base/ids.ts';
import type { SeqMap } from '../../base/value.ts';
import { DEFAULT_OPTIONS, QueueState } from './queue-state.ts';
import type { QueuedTask } from './task-row.ts';

const QUEUE_PATH = /^\/queue\/[^/]+$/;

/** Whether a queue lives there, once it is used. */
export const isQueuePath = (path: string): boolean => path.startsWith('/queue/') && QUEUE_PATH.test(path);
/** Whether nothing is spawned there. */
export const isReservedForQueues = (path: string): boolean => path === '/queue' || path.startsWith('/queue/');

export const isQueue = ({ module }: Pick<BehaviourRef, 'module'>): boolean => module === QUEUE_MODULE;

export const QUEUE_CODE: BehaviourRef = { module: QUEUE_MODULE, target: { word: 'queue' }, captured: [] };

/** What the turn of a queue is given beside its message. */
export type QueueInput =
  /** The message is a task, of this sender in its life. */
  | { readonly kind: 'task'; readonly sender: SenderName }
  /** The message is an order of a worker, an operator or the node; `row` is that of the task it names. */
  | {
      readonly kind: 'order';
      readonly row: QueuedTask | undefined;
      /** See QueueTime. */
      readonly trusts?: boolean;
    };

export type TaskWant =
  | { readonly kind: 'keep'; readonly number: number; readonly source: Omit<QueuedTask, 'message'> }
  | { readonly kind: 'close'; readonly number: number }
  | { readonly kind: 'dead'; readonly number: number }
  /** Its message becomes a dead letter. */
  | { readonly kind: 'letter'; readonly row: QueuedTask; readonly reason: string };

/** How many tasks a queue holds, and how many it may. */
export function fillOf(state: SeqMap): { readonly size: number; readonly capacity: number } {
  if (state.size === 0) return { size: 0, capacity: DEFAULT_OPTIONS.capacity };
  const queue = QueueState.read(state);
  return { size: queue.size, capacity: queue.options.capacity };
}

export const queuePath = (name: string): ActorPath => `/queue/${name}` as ActorPath;
