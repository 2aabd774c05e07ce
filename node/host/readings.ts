// The figures of a node's parts, under the names of the metrics.

import type { Libp2pTransport } from '../cluster/io/transport.ts';
import type { NodeCore } from '../core/node-core.ts';
import type { WriteAheadLog } from '../journal/log-port.ts';
import type { QueueGauge } from '../runtime/tasks/shard-tasks.ts';
import { keptGroups, keptShards } from './cluster-view.ts';
import type { Driver } from './driver.ts';
import type { Readings } from './telemetry.ts';

type Figures = Readings['counters'];

export function readings(
  core: NodeCore,
  driver: Driver,
  transport: Libp2pTransport,
  log: WriteAheadLog,
): { readonly counters: Figures; readonly gauges: Figures } {
  return { counters: counters(core, driver, transport), gauges: gauges(core, driver, transport, log) };
}

function counters(core: NodeCore, driver: Driver, transport: Libp2pTransport): Figures {
  const { steps, persists, storeBatches, framesDropped } = driver.counts;
  const wire = transport.counters;
  const own = core.inspect.counters;
  return {
    seqnode_turns_total: [own.turns, 'Turns that actors took.'],
    seqnode_read_turns_total: [own.reads, 'Turns that changed nothing, so that nothing was written.'],
    seqnode_turn_faults_total: [own.faults, 'Turns that failed.'],
    seqnode_actor_restarts_total: [own.restarts, 'Restarts of actors after a fault.'],
    seqnode_supervisor_escalations_total: [
      own.escalations,
      'Supervisors that ended because they had to restart children too often.',
    ],
    seqnode_actors_spawned_total: [own.spawned, 'Actors that began.'],
    seqnode_actors_stopped_total: [own.stopped, 'Actors that were stopped.'],
    seqnode_actors_failed_total: [own.failed, 'Actors that failed too often, and ended.'],
    seqnode_actors_suspended_total: [own.suspended, 'Actors that were suspended.'],
    seqnode_actors_resumed_total: [
      own.resumed,
      'Actors that went on after they had ended or were suspended.',
    ],
    seqnode_actors_upgraded_total: [own.upgraded, 'Actors that got other code.'],
    seqnode_actors_purged_total: [own.purged, 'Actors whose state and journal were deleted.'],
    seqnode_duplicates_total: [own.duplicates, 'Messages that had taken effect before.'],
    seqnode_dead_letters_total: [own['dead-letters'], 'Messages that no actor could take.'],
    seqnode_mailbox_refusals_total: [
      own.overloaded,
      'Messages that found no room in the mailbox of their actor. Those of actors wait, and come again.',
    ],
    seqnode_timers_fired_total: [own['timers-fired'], 'Timers of actors that have fired.'],
    seqnode_subscribed_events_total: [own['events-taken'], 'Events that actors took by their subscriptions.'],
    seqnode_tasks_queued_total: [own['tasks-queued'], 'Tasks that queues have taken in.'],
    seqnode_tasks_completed_total: [own['tasks-completed'], 'Tasks that workers have completed.'],
    seqnode_tasks_failed_total: [own['tasks-failed'], 'Tasks that have failed for good.'],
    seqnode_task_leases_expired_total: [own['task-leases-expired'], 'Leases of tasks that ran out.'],
    seqnode_malformed_frames_total: [own['malformed-frames'], 'Frames of peers that made no sense.'],
    seqnode_steps_total: [steps, 'Inputs that the core has taken.'],
    seqnode_log_writes_total: [persists, 'Writes to the log that the core asked for.'],
    seqnode_store_batches_total: [storeBatches, 'Batches that were written to the store.'],
    seqnode_frames_sent_total: [wire.framesSent, 'Frames sent to peers.'],
    seqnode_frames_dropped_total: [framesDropped, 'Frames that could not be sent.'],
    seqnode_strangers_refused_total: [wire.strangersRefused, 'Connections of nodes that are not admitted.'],
    seqnode_join_requests_total: [wire.joinRequests, 'Requests for admission.'],
    seqnode_links_broken_total: [wire.linksBroken, 'Links closed because the peer broke the protocol.'],
  };
}

function gauges(core: NodeCore, driver: Driver, transport: Libp2pTransport, log: WriteAheadLog): Figures {
  const shards = keptShards(core.inspect);
  const { actors, actorBytes, outbox, paused, deadLetters, requests, held, queues } = core.inspect.load();
  const wire = transport.counters;
  const { bytesUsed, bytesCapacity } = log.status();
  return {
    seqnode_shards_kept: [shards.length, 'Shards of which this node keeps a replica.'],
    seqnode_shards_led: [
      shards.filter(({ role }) => role === 'leader').length,
      'Shards that this node leads.',
    ],
    seqnode_shards_leaderless: [
      shards.filter(({ leader }) => leader === null).length,
      'Shards kept here whose leader is not known.',
    ],
    seqnode_replicas_moving: [
      keptGroups(core.inspect).filter(({ isMoving }) => isMoving()).length,
      'Replicas here, of the registry too, of whose group members change or are to, as far as they know.',
    ],
    seqnode_entries_applied: [
      shards.reduce((entries, { applied }) => entries + applied, 0),
      'Log entries that this node has applied, of all shards that it keeps.',
    ],
    seqnode_actors_resident: [actors, 'Actors that are in memory.'],
    seqnode_actors_resident_bytes: [
      actorBytes,
      'States and stashes of the durable actors that are in memory, in bytes as they are stored.',
    ],
    seqnode_actors_paused: [paused, 'Actors that wait until others have taken what they sent.'],
    seqnode_dead_letters: [deadLetters, 'Dead letters of the shards that this node leads.'],
    seqnode_tasks_ready: [
      sum(queues, 'ready'),
      'Tasks that may be taken, of the queues that this node leads.',
    ],
    seqnode_tasks_leased: [sum(queues, 'leased'), 'Tasks that workers have.'],
    seqnode_tasks_waiting: [sum(queues, 'waiting'), 'Tasks that failed, and wait to be tried again.'],
    seqnode_task_workers_waiting: [sum(queues, 'workers'), 'Workers that wait for a task here.'],
    seqnode_task_age_seconds: [
      ageOf(queues) / 1000,
      'How long the oldest task waits that is the next of its queue.',
    ],
    seqnode_outbox_messages: [outbox, 'Messages between actors that wait for delivery.'],
    seqnode_pairs_held: [held, 'Pairs of actors whose next message cannot be read here, and waits.'],
    seqnode_requests_waiting: [driver.requests.size, 'Requests of clients that wait for their outcome.'],
    seqnode_requests_routed: [requests, 'Requests that are on their way to a shard.'],
    seqnode_peers_connected: [transport.connectedPeers().length, 'Peers with a connection.'],
    seqnode_sent_bytes: [wire.bytesSent, 'Bytes of frames sent to peers since the start.'],
    seqnode_received_bytes: [wire.bytesReceived, 'Bytes of frames that came from peers since the start.'],
    seqnode_log_used_bytes: [bytesUsed, 'Bytes of the log segment that are written.'],
    seqnode_log_capacity_bytes: [bytesCapacity, 'Size of the log segment.'],
  };
}

const sum = (queues: readonly QueueGauge[], name: 'ready' | 'leased' | 'waiting' | 'workers'): number =>
  queues.reduce((total, queue) => total + queue[name], 0);

const ageOf = (queues: readonly QueueGauge[]): number =>
  queues.reduce((most, { oldest }) => Math.max(most, oldest === undefined ? 0 : Date.now() - oldest), 0);
