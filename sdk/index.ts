// @seq-node/client: talks to the actors of a seq-node cluster. It needs fetch, and nothing else.

export type { Actor } from './actor.ts';
export { type Client, type ConnectOptions, connect } from './client.ts';
export { type ErrorCode, type Outcome, SeqNodeError } from './errors.ts';
export { type TaskContext, TaskError, type TaskHandler, type Worker, type WorkerOptions } from './tasks.ts';
export type {
  Acknowledged,
  ActorEvent,
  ActorRow,
  ActorView,
  Ask,
  CallOptions,
  DurabilityMode,
  FollowOptions,
  Int,
  JournalOptions,
  JournalRecord,
  Lifecycle,
  Message,
  MessageForm,
  Module,
  Protocol,
  SpawnOptions,
  Tell,
  Untyped,
} from './types.ts';
export { float, symbol, type Value } from './values.ts';
