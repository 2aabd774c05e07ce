// The present activity of an actor, on the node that leads its shard: from its head, and from the leader's
// memory.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import type { Replica } from '../../cluster/replica.ts';
import { parseCounter } from '../../journal/keys.ts';
import { type ActorHead, decodeHead, supervisorOf } from '../../runtime/actor/head-row.ts';
import { type LoadedActor, loadActor } from '../../runtime/actor/load.ts';
import { isSupervisor } from '../../runtime/lifecycle/supervisor-behaviour.ts';
import { type SupervisorView, supervisorView } from '../../runtime/lifecycle/supervisor-view.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import { isQueuePath } from '../../runtime/tasks/queue-ref.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest } from '../types.ts';
import { findTask } from './asked-task.ts';
import { type Answer, NOT_NOW } from './codec.ts';
import type { Doing } from './results.ts';
import { summarizeTimers } from './timers.ts';

/** To be called once this node is known to lead. */
export function explain(
  context: StepContext,
  replica: Replica,
  shard: Shard | undefined,
  { path, asker }: ClientRequest & { readonly op: 'why' },
  done: (answer: Answer) => void,
): void {
  if (shard === undefined) return done(NOT_NOW);
  const { keys } = replica;
  context.get([keys.head(path), keys.sequence(path)], ([head, sequence]) => {
    if (head === undefined)
      return done({ ok: false, code: 'no-such-actor', message: `No actor lives at ${path}.`, details: {} });
    try {
      const decoded = decodeHead(head);
      const value = doing(context, replica, shard, path, decoded, sequence);
      const finish = (more: Partial<Doing>) =>
        summarizeTimers(context, replica, path, (timers) =>
          done({ ok: true, value: { ...value, ...more, timers } satisfies Doing }),
        );
      if (asker !== undefined && isQueuePath(path))
        return findTask(context, keys, path, asker, (task) => finish(task === undefined ? {} : { task }));
      if (!isSupervisor(decoded.code)) return finish({});
      loadActor(context, keys, path, (loaded) =>
        finish({ supervises: loaded instanceof SeqNodeError ? null : supervises(context, decoded, loaded) }),
      );
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      done({ ok: false, code: 'actor-quarantined', message: error.message, details: {} });
    }
  });
}

/** What a supervisor of that state supervises; null for other actors, and before it has begun. */
export function supervises(
  { time }: StepContext,
  { code }: ActorHead,
  { state }: Pick<LoadedActor, 'state'>,
): SupervisorView | null {
  return isSupervisor(code) ? (supervisorView(state, time.wall) ?? null) : null;
}

function doing(
  { self, registry }: StepContext,
  replica: Replica,
  shard: Shard,
  path: ActorPath,
  head: ActorHead,
  sequence: Uint8Array | undefined,
): Omit<Doing, 'timers'> {
  const { pending } = head;
  const { voters, outgoing, learners } = replica.config;
  const names = new Map(registry.nodes().map(({ node, name }) => [node, name]));
  return {
    path,
    lifecycle: shard.isHeld(path) ? 'quarantined' : head.lifecycle,
    since: head.since,
    lastFault: head.lastFault,
    waits: pending && {
      for: pending.to ?? null,
      since: pending.since ?? null,
      atMost: pending.timeoutMs ?? null,
      ask: pending.ask,
      sender: pending.sender,
    },
    ...shard.activityOf(path),
    watchers: head.watchers,
    stashed: head.stash?.count ?? 0,
    supervisor: supervisorOf(head)?.path ?? null,
    supervises: null,
    sequence: sequence === undefined ? 0 : parseCounter(sequence),
    shard: replica.group,
    node: self.node,
    nodeName: self.name,
    replicas: [...new Set([...voters, ...outgoing, ...learners])].map((node) => names.get(node) ?? node),
  };
}
