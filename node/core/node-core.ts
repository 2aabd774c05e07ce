// The core of a node: every decision it makes, as one synchronous state machine. `step` takes inputs and
// returns effects; it has no clock, no socket and no disk, so the simulator drives the same code as
// production.
//
// Data flow of one message: frames or request → Router → Shard (inbox, turn) → Replica (Raft) → persist →
// append messages → commit → store → release (answers, outbox).
import { invariant } from '../base/assert.ts';
import type { Millis, NodeId } from '../base/ids.ts';
import type { Shares } from '../runtime/shard/actor-cache.ts';
import type { Shard } from '../runtime/shard/shard.ts';
import type { Inspection } from './inspection.ts';
import { Parts } from './parts.ts';
import { StepContext } from './step-context.ts';
import type { ClientRequest, Core, CoreOptions, Effect, Input, Recovered, StepTime } from './types.ts';

const DRAIN_MS = 2000;

export class NodeCore implements Core {
  readonly #context: StepContext;
  readonly #parts: Parts;
  #nextRaftTick: Millis;
  #runFrom = 0;
  #draining: { readonly deadline: Millis } | undefined;

  constructor(options: CoreOptions, recovered: Recovered, time: StepTime) {
    this.#context = new StepContext(options, time);
    this.#nextRaftTick = time.now + options.tickMillis;
    this.#parts = new Parts(this.#context, recovered.position);
    const { groups, addressBook } = this.#parts;
    if (options.create) groups.create();
    else groups.recover(recovered);
    addressBook.registryChanged();
  }

  /** What the node shows of itself. */
  get inspect(): Inspection {
    return this.#parts.inspection;
  }

  // ── Step ──

  get hasWork(): boolean {
    for (const shard of this.#parts.groups.shards()) if (shard.hasWork) return true;
    return false;
  }

  step(inputs: readonly Input[], time: StepTime): Effect[] {
    this.#context.time = time;
    for (const input of inputs) this.#take(input);
    // Outboxes and retries may reach a shard of this very node, which may answer at once: until nothing
    // moves.
    for (let round = 0, moved = true; moved; round++) {
      invariant(round < 1000, 'the messages of one step do not come to rest');
      this.#parts.router.pump();
      for (const shard of this.#parts.groups.shards()) shard.outbox.pump();
      const asked = this.#parts.readIndex.pump();
      moved = this.#parts.deliveries.pump() || asked;
    }
    this.#parts.events.pump();
    return this.#context.effects.take();
  }

  #take(input: Input): void {
    const { effects } = this.#context;
    switch (input.kind) {
      case 'tick':
        return this.#tick();
      case 'run':
        return this.#run();
      case 'frames':
        for (const frame of input.frames) this.#parts.incoming.frame(input.from, input.lane, frame);
        return;
      case 'connected':
        this.#parts.mesh.connect(input.peer);
        this.#parts.witness.connected(input.peer);
        this.#parts.addressBook.tell(input.peer);
        this.#parts.gossip.swim.connected(input.peer, this.#context.time.now);
        return this.#parts.gossip.tell();
      case 'disconnected':
        return this.#disconnected(input.peer);
      case 'persisted':
        this.#parts.witness.position = input.position;
        return effects.persisted(input.id);
      case 'flushed':
        return effects.flushed(input.id);
      case 'got':
        return effects.got(input.id, input.values);
      case 'scanned':
        return effects.scanned(input.id, input.found);
      case 'request':
        return this.#request(input.id, input.request);
      case 'disk':
        return this.#parts.space.change(input.space);
      case 'drain':
        this.#draining ??= { deadline: this.#context.time.now + DRAIN_MS };
        this.#parts.gossip.swim.leaving(this.#context.time.now);
        return this.#drain();
    }
  }

  #request(id: number, request: ClientRequest): void {
    const { effects } = this.#context;
    const known = this.#parts.service.registry.known(request);
    if (known !== undefined) effects.respond(id, known);
    else this.#parts.router.submit(request, (result) => effects.respond(id, result));
  }

  #tick(): void {
    const { now } = this.#context.time;
    this.#parts.gossip.swim.tick(now);
    this.#parts.gossip.tell();
    this.#tickConsensus(now);
    this.#parts.router.tick();
    this.#parts.events.tick();
    const shards = [...this.#parts.groups.shards()];
    const resident = this.#residentShares(shards);
    for (const shard of shards) shard.tick(resident);
    this.#parts.snapshots.tick();
    this.#parts.service.exports.tick();
    if (this.#draining !== undefined) return this.#drain();
    this.#parts.rebalancer.tick(now);
    this.#parts.compaction.tick(now);
    this.#parts.decommission.tick(now);
    this.#parts.addressBook.tick();
    this.#parts.gossip.tell();
  }

  /** Every shard that this node leads gives way by the same part. */
  #residentShares(shards: readonly Shard[]): Shares {
    const actors = shards.reduce((sum, { actorCount }) => sum + actorCount, 0);
    const bytes = shards.reduce((sum, { actorBytes }) => sum + actorBytes, 0);
    const { residentActors, residentBytes } = this.#context.limits;
    return { actors: residentActors / actors, bytes: residentBytes / bytes };
  }

  #tickConsensus(now: Millis): void {
    const { tickMillis, heartbeatTicks } = this.#context.options;
    // After a pause one tick is enough: what was missed shows in the silence of the others.
    if (now < this.#nextRaftTick) return;
    this.#nextRaftTick = Math.max(this.#nextRaftTick + tickMillis, now + tickMillis / 2);
    this.#context.raftTicks++;
    this.#parts.mesh.tick();
    for (const replica of this.#parts.groups.all()) {
      replica.raft.tick();
      replica.pump();
    }
    // Where this node has heartbeats to send, the replies travel with them.
    if (this.#context.raftTicks % heartbeatTicks !== 0) return;
    this.#context.effects.releaseReplies();
    this.#parts.witness.tell();
  }

  #run(): void {
    let left = this.#context.limits.sliceReductions;
    const shards = [...this.#parts.groups.shards()].filter((shard) => shard.hasWork);
    this.#runFrom++;
    for (let at = 0; at < shards.length && left > 0; at++) {
      left = shards[(at + this.#runFrom) % shards.length]!.run(left);
    }
  }

  #disconnected(peer: NodeId): void {
    this.#parts.mesh.disconnect(peer);
    this.#parts.witness.disconnected(peer);
    this.#parts.gossip.swim.connectionLost(peer, this.#context.time.now);
    this.#parts.gossip.tell();
    if (!this.#parts.mesh.reaches(peer)) this.#parts.routes.forget(peer);
    this.#parts.router.mayBeLost(peer);
    this.#parts.snapshots.disconnected(peer);
    for (const replica of this.#parts.groups.all()) {
      if (replica.report.leader === peer) replica.raft.leaderUnreachable();
      else if (replica.isLeader) replica.raft.reportUnreachable(peer);
      replica.pump();
    }
  }

  #drain(): void {
    if (this.#draining === undefined) return;
    const left = this.#parts.rebalancer.handOver();
    if (!left || this.#context.time.now >= this.#draining.deadline)
      this.#context.effects.push({ kind: 'drained' });
  }
}
