// Frames from other nodes: each is decoded and dispatched to a part of the core, or forwarded to the next
// node of its path.
import { SeqNodeError } from '../../base/errors.ts';
import type { NodeId } from '../../base/ids.ts';
import { decodeFrame, type Frame } from '../../cluster/wire.ts';
import type { Deliveries } from '../delivery/deliveries.ts';
import type { DiskSpace } from '../groups/disk-space.ts';
import type { Groups } from '../groups/groups.ts';
import type { SnapshotTransfer } from '../groups/snapshot-transfer.ts';
import type { AddressBook } from '../members/address-book.ts';
import type { Gossip } from '../members/gossip.ts';
import type { Witness } from '../members/witness.ts';
import { type Answer, answerTree, readRequest } from '../requests/codec.ts';
import type { Router } from '../requests/router.ts';
import type { Service } from '../requests/service.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest, Lane } from '../types.ts';
import type { Mesh } from './mesh.ts';

/** The parts that frames are for. */
export interface Receivers {
  readonly gossip: Gossip;
  readonly mesh: Mesh;
  readonly router: Router;
  readonly service: Service;
  readonly deliveries: Deliveries;
  readonly snapshots: SnapshotTransfer;
  readonly space: DiskSpace;
  readonly witness: Witness;
  readonly groups: Groups;
  readonly addressBook: AddressBook;
}

/** What speaks of a connection goes over that connection. */
const DIRECT: ReadonlySet<Frame['kind']> = new Set(['gossip', 'links', 'relay']);

export class Incoming {
  readonly #context: StepContext;
  readonly #parts: Receivers;

  constructor(context: StepContext, parts: Receivers) {
    this.#context = context;
    this.#parts = parts;
  }

  frame(from: NodeId, lane: Lane, bytes: Uint8Array): void {
    const { mesh } = this.#parts;
    const self = this.#context.self.node;
    mesh.heard(from);
    try {
      const frame = decodeFrame(bytes, from, self);
      if (frame.kind === 'relay') this.#relay(frame, lane);
      else this.#handle(from, frame);
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      this.#context.count('malformed-frames');
      this.#context.log('warn', 'malformed-frame', { from, problem: error.message });
    }
  }

  #relay({ origin, path, frame }: Frame & { kind: 'relay' }, lane: Lane): void {
    const { mesh, addressBook } = this.#parts;
    const { effects } = this.#context;
    const self = this.#context.self.node;
    const [next, ...rest] = path;
    if (next !== undefined) {
      // The sender learns from the records that the path is broken, and retries over another.
      if (next !== self && mesh.isConnected(next))
        effects.sendDirectly(next, lane, { kind: 'relay', origin, path: rest, frame });
      return;
    }
    // What a node may not say over a connection of its own, it may not say over others.
    if (origin === self || !addressBook.isAdmitted(origin)) return;
    const inner = decodeFrame(frame, origin, self);
    if (!DIRECT.has(inner.kind)) this.#handle(origin, inner);
  }

  #handle(from: NodeId, frame: Frame): void {
    const { gossip, groups, router, addressBook, deliveries, snapshots, mesh, space, witness } = this.#parts;
    const { now } = this.#context.time;
    if (frame.kind !== 'standing' && witness.doubts(from)) return;
    switch (frame.kind) {
      case 'raft':
        gossip.swim.heard(from, now);
        if (!witness.hears(from, frame.life, frame.position)) return;
        for (const [group, message] of frame.messages) {
          const replica = groups.require(group);
          if (replica === undefined || !space.hasRoomFor(message)) continue;
          if (replica.raft.hasLost(message)) return witness.lost(from, group);
          replica.raft.step(message);
          replica.pump();
        }
        return;
      case 'gossip':
        gossip.swim.receive(from, frame.message, now);
        return gossip.tell();
      case 'request':
        return this.#serve(from, frame);
      case 'result':
        return router.result(from, frame);
      case 'roster':
        addressBook.learn(from, frame);
        return gossip.tell();
      case 'deliver':
        return deliveries.receive(from, frame);
      case 'delivered':
      case 'not-delivered':
        return deliveries.answered(frame);
      case 'room':
        return deliveries.receiveRoom(frame);
      case 'cast':
        return deliveries.receiveCasts(from, frame);
      case 'chunk':
        return groups.require(frame.group) && snapshots.chunk(from, frame, space.own !== 'full');
      case 'chunk-taken':
        return snapshots.chunkTaken(from, frame);
      case 'standing':
        return witness.standing(from, frame);
      case 'links':
        return mesh.learn(from, frame.records);
      case 'relay':
        return;
    }
  }

  #serve(from: NodeId, { id, attempt, again, group, request: tree }: Frame & { kind: 'request' }): void {
    const { effects } = this.#context;
    const reply = (op: ClientRequest['op'], answer: Answer) =>
      effects.send(from, 'data', { kind: 'result', id, attempt, result: answerTree(op, answer) });
    let request: ClientRequest;
    try {
      request = readRequest(tree);
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      // A requester must not wait for a node that does not understand the request, which another version may
      // not.
      const { code, message, details } = error;
      return reply('inspect', { ok: false, code, message, details });
    }
    this.#parts.service.serve(group, { request, again }, (answer) => reply(request.op, answer));
  }
}
