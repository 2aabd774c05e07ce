// Frames of other nodes: each is decoded, and goes to the part of the core that it is for, or on to the next node of its path.
import { SeqNodeError } from '../base/errors.ts';
import type { NodeId } from '../base/ids.ts';
import type { Swim } from '../cluster/membership/swim.ts';
import { decodeFrame, type Frame } from '../cluster/wire.ts';
import type { Contacts } from './contacts.ts';
import type { Deliveries } from './deliveries.ts';
import type { DiskSpace } from './disk-space.ts';
import type { Groups } from './groups.ts';
import type { Mesh } from './mesh.ts';
import type { Outlet } from './outlet.ts';
import { type Answer, answerTree, readRequest } from './requests.ts';
import type { Router } from './router.ts';
import type { Service } from './service.ts';
import type { SnapshotStreams } from './snapshot-streams.ts';
import type { ClientRequest, Lane, StepTime } from './types.ts';
import type { Witness } from './witness.ts';

/** The parts that frames are for. */
export interface IncomingOwner {
  readonly self: NodeId;
  readonly outlet: Outlet;
  readonly swim: Swim;
  readonly mesh: Mesh;
  readonly router: Router;
  readonly service: Service;
  readonly deliveries: Deliveries;
  readonly streams: SnapshotStreams;
  readonly space: DiskSpace;
  readonly witness: Witness;
  readonly groups: Groups;
  readonly contacts: Contacts;
  time(): StepTime;
  /** Sends what gossip has to say. */
  gossip(): void;
  malformed(): void;
}

/** What speaks of a connection goes over that connection. */
const DIRECT: ReadonlySet<Frame['kind']> = new Set(['gossip', 'links', 'relay']);

export class Incoming {
  readonly #owner: IncomingOwner;

  constructor(owner: IncomingOwner) {
    this.#owner = owner;
  }

  frame(from: NodeId, lane: Lane, bytes: Uint8Array): void {
    const { self, mesh, outlet } = this.#owner;
    mesh.heard(from);
    try {
      const frame = decodeFrame(bytes, from, self);
      if (frame.kind === 'relay') this.#relay(frame, lane);
      else this.#handle(from, frame);
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      this.#owner.malformed();
      outlet.log('warn', 'malformed-frame', { from, problem: error.message });
    }
  }

  #relay({ origin, path, frame }: Frame & { kind: 'relay' }, lane: Lane): void {
    const { self, mesh, outlet, contacts } = this.#owner;
    const [next, ...rest] = path;
    if (next !== undefined) {
      // Who sent it learns from the records that the path is broken, and sends again by another.
      if (next !== self && mesh.isConnected(next))
        outlet.sendDirectly(next, lane, { kind: 'relay', origin, path: rest, frame });
      return;
    }
    // What a node may not say over a connection of its own, it may not say over others.
    if (origin === self || !contacts.isAdmitted(origin)) return;
    const inner = decodeFrame(frame, origin, self);
    if (!DIRECT.has(inner.kind)) this.#handle(origin, inner);
  }

  #handle(from: NodeId, frame: Frame): void {
    const { swim, groups, router, contacts, deliveries, streams, mesh, space, witness } = this.#owner;
    if (frame.kind !== 'standing' && witness.doubts(from)) return;
    switch (frame.kind) {
      case 'raft':
        swim.heard(from, this.#owner.time().now);
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
        swim.receive(from, frame.message, this.#owner.time().now);
        return this.#owner.gossip();
      case 'request':
        return this.#serve(from, frame);
      case 'result':
        return router.result(from, frame);
      case 'roster':
        contacts.learn(frame);
        return this.#owner.gossip();
      case 'deliver':
        return deliveries.receive(from, frame);
      case 'delivered':
      case 'not-delivered':
        return deliveries.answered(frame);
      case 'cast':
        return deliveries.receiveCasts(from, frame);
      case 'chunk':
        return groups.require(frame.group) && streams.chunk(from, frame, space.own !== 'full');
      case 'chunk-taken':
        return streams.chunkTaken(from, frame);
      case 'standing':
        return witness.standing(from, frame);
      case 'links':
        return mesh.learn(from, frame.records);
      case 'relay':
        return;
    }
  }

  #serve(from: NodeId, { id, attempt, group, request: tree }: Frame & { kind: 'request' }): void {
    const { outlet, service } = this.#owner;
    const reply = (op: ClientRequest['op'], answer: Answer) =>
      outlet.send(from, 'data', { kind: 'result', id, attempt, result: answerTree(op, answer) });
    let request: ClientRequest;
    try {
      request = readRequest(tree);
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      // Whoever asks must not wait for a node that does not understand it, as one of another version may not.
      const { code, message, details } = error;
      return reply('inspect', { ok: false, code, message, details });
    }
    service.serve(group, request, (answer) => reply(request.op, answer));
  }
}
