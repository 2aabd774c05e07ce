// A replica's handling of a leader's messages (paper, section 5.3).
import { invariant } from '../../base/assert.ts';
import type { Entry } from '../../base/log.ts';
import { campaign, hasUnappliedConfig } from './candidate.ts';
import { membersOf } from './config-change.ts';
import type { Append, Heartbeat, Snapshot, TimeoutNow } from './message.ts';
import { becomeFollower, type Replica, send } from './replica.ts';

export type FromLeader = Append | Heartbeat | Snapshot;

/** Handles a message of the leader of this term. A candidate has lost by it. */
export function stepFollower(replica: Replica, message: FromLeader): void {
  const { role } = replica;
  invariant(role.name !== 'leader', 'a term has one leader (paper, section 5.2)');
  if (role.name !== 'follower') becomeFollower(replica, replica.term, message.from);
  else {
    invariant(role.leader === null || role.leader === message.from, 'a term has one leader');
    role.leader = message.from;
  }
  replica.elapsedTicks = 0;
  switch (message.kind) {
    case 'append':
      handleAppend(replica, message);
      break;
    case 'heartbeat':
      handleHeartbeat(replica, message);
      break;
    case 'snapshot':
      handleSnapshot(replica, message);
      break;
  }
}

function handleAppend(replica: Replica, message: Append): void {
  const { log, installing } = replica;
  const { prevIndex, prevTerm, entries } = message;
  // R6. The leader learns where the log stands when the installation is over.
  if (installing !== null) return;
  if (prevIndex < log.committed) {
    acknowledge(replica, message, log.committed);
    return;
  }
  if (!log.holds(prevIndex, prevTerm)) {
    refuse(replica, message);
    return;
  }
  const last = prevIndex + entries.length;
  store(replica, entries);
  if (replica.options.faults.has('truncate-on-any-append') && last < log.lastIndex && last >= log.committed)
    log.truncate(last + 1, false);
  log.commitTo(Math.min(message.commit, last));
  if (entries.some((entry) => entry.kind === 'config')) assertOneOpenConfig(replica);
  acknowledge(replica, message, last);
}

function refuse(replica: Replica, message: Append): void {
  const { prevIndex: index, prevTerm } = message;
  const hint = replica.log.agreementHint(index, prevTerm);
  const where = { index, hintIndex: hint.index, hintTerm: hint.term };
  send(replica, { kind: 'append-reply', ...addressedBack(replica, message), accepted: false, ...where });
}

/**
 * Appends what is new. Cuts the log only where it conflicts: a late message must not take back what was
 * acknowledged.
 */
function store(replica: Replica, entries: readonly Entry[]): void {
  const { log, options } = replica;
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at]!;
    const held = log.termAt(entry.index);
    if (held === entry.term) continue;
    if (held !== undefined) log.truncate(entry.index, options.faults.has('stale-persist-counts'));
    log.append(at === 0 ? entries : entries.slice(at));
    return;
  }
}

/** R4: of all config entries in the log, all but the last are committed. */
function assertOneOpenConfig({ log }: Replica): void {
  let open = 0;
  for (let index = log.committed + 1; index <= log.lastIndex; index++)
    if (log.entryAt(index)?.kind === 'config') open++;
  invariant(open <= 1, 'R4: one configuration change is open at a time');
}

function handleHeartbeat(replica: Replica, message: Heartbeat): void {
  replica.log.commitTo(message.commit);
  const { round } = message;
  send(replica, { kind: 'heartbeat-reply', ...addressedBack(replica, message), round });
}

function handleSnapshot(replica: Replica, message: Snapshot): void {
  const { log, installing } = replica;
  const { meta } = message;
  if (installing !== null) return;
  if (log.holds(meta.index, meta.term)) log.commitTo(meta.index);
  if (meta.index <= log.committed) {
    acknowledge(replica, message, log.committed);
    return;
  }
  // A snapshot from before this node was a member would leave it without a place in the group.
  if (!membersOf(meta.config).includes(replica.id)) return;
  replica.installing = { meta, from: message.from, offered: false };
}

/** Says that this log, once durable, equals the leader's up to `index`. */
export function acknowledge(replica: Replica, message: FromLeader, index: number): void {
  send(replica, {
    kind: 'append-reply',
    ...addressedBack(replica, message),
    accepted: true,
    index: index as Append['prevIndex'],
  });
}

const addressedBack = (replica: Replica, message: FromLeader) => ({
  from: replica.id,
  to: message.from,
  term: replica.term,
});

/** The leader hands over to this replica. */
export function handleTimeoutNow(replica: Replica, message: TimeoutNow): void {
  if (replica.role.name !== 'follower' || message.term !== replica.term || replica.reluctant) return;
  // Just before, the leader may have told of a configuration that is still being applied (R5).
  if (hasUnappliedConfig(replica)) replica.campaignWhenApplied = true;
  else campaign(replica, true);
}
