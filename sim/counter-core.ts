// The smallest core that keeps its promises: one consensus group over all nodes that counts what it is told.
// It tests the simulator and its checkers by themselves.

import { decode, encode } from '@msgpack/msgpack';
import type { ErrorCode } from '../node/base/errors.ts';
import { groupId, type LogIndex, logIndex, type NodeId, term } from '../node/base/ids.ts';
import type { Entry, RecoveredGroup } from '../node/base/log.ts';
import type { Peer } from '../node/base/peer.ts';
import type { Random } from '../node/base/random.ts';
import { configOf, type RaftBug } from '../node/cluster/consensus/index.ts';
import { type Position, Replica, type ReplicaOwner } from '../node/cluster/replica.ts';
import { decodeFrame } from '../node/cluster/wire.ts';
import { EffectBuffer } from '../node/core/effect-buffer.ts';
import type { ClientRequest, Effect, Input } from '../node/core/types.ts';
import type { GroupView, InspectableCore } from './inspection.ts';
import type { SimKeyValues } from './key-values.ts';

const GROUP = groupId(1);
const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const POSITION = bytesOf('position');
const TOTAL = bytesOf('total');

export interface CounterOptions {
  readonly self: NodeId;
  readonly peers: readonly Peer[];
  readonly random: Random;
  readonly faults: ReadonlySet<string>;
}

export class CounterCore implements InspectableCore {
  readonly #effects = new EffectBuffer();
  readonly #replica: Replica;
  readonly #self: NodeId;
  readonly #waiting = new Map<string, number>();
  readonly #reads: { readonly index: LogIndex; readonly request: number }[] = [];
  #total: number;
  readonly hasWork = false;

  constructor(options: CounterOptions, log: readonly RecoveredGroup[], rows: SimKeyValues) {
    const { self, peers, random, faults } = options;
    this.#self = self;
    const config = configOf(peers.map(({ node }) => node));
    const first = { index: logIndex(1), term: term(1), config };
    const recovered: RecoveredGroup = log.find(({ group }) => group === GROUP) ?? {
      group: GROUP,
      hardState: { term: term(1), vote: null, commit: logIndex(1) },
      snapshot: first,
      entries: [],
    };
    const [stored, counted] = rows.get([POSITION, TOTAL]);
    const position: Position = stored
      ? (decode(stored) as Position)
      : { generation: 1, appliedIndex: logIndex(1), appliedTerm: term(1), begins: logIndex(1), config };
    this.#total = counted === undefined ? 0 : (decode(counted) as number);
    const raftFaults = faults as ReadonlySet<RaftBug>;
    const start = { group: GROUP, self, random, options: { faults: raftFaults }, recovered, position };
    this.#replica = new Replica(start, this.#owner());
    if (log.length === 0)
      this.#effects.persist(
        { group: GROUP, snapshot: { ...first, discard: true }, hardState: recovered.hardState },
        true,
        () => {},
      );
  }

  step(inputs: readonly Input[]): Effect[] {
    for (const input of inputs) this.#take(input);
    this.#replica.pump();
    return this.#effects.take();
  }

  #take(input: Input): void {
    const { raft } = this.#replica;
    switch (input.kind) {
      case 'tick':
        raft.tick();
        break;
      case 'frames':
        for (const bytes of input.frames) {
          const frame = decodeFrame(bytes, input.from, this.#self);
          if (frame.kind === 'raft') for (const [, message] of frame.messages) raft.step(message);
        }
        break;
      case 'persisted':
        this.#effects.persisted(input.id);
        break;
      case 'disconnected':
        raft.reportUnreachable(input.peer);
        if (raft.status().leader === input.peer) raft.leaderUnreachable();
        break;
      case 'request':
        this.#request(input.id, input.request);
        break;
      default:
        break;
    }
  }

  readonly inspect = {
    groups: (): readonly GroupView[] => {
      const { role, term: at, committed, applied, lastIndex, config } = this.#replica.raft.status();
      const log = { role, term: at, commit: committed, applied, lastIndex };
      return [{ group: GROUP, ...log, config, isWanted: () => true, isMoving: () => false }];
    },
  };

  #request(id: number, request: ClientRequest) {
    const { raft } = this.#replica;
    if (request.op === 'inspect') {
      if (!raft.readIndex(id).ok) this.#refuse(id, 'no-quorum');
    } else if (request.op === 'tell') {
      const proposed = raft.propose([encode(request.id)]);
      if (proposed.ok) this.#waiting.set(`${proposed.firstIndex}/${proposed.term}`, id);
      else this.#refuse(id, 'no-quorum');
    } else this.#refuse(id, 'bad-request');
  }

  #refuse(id: number, code: ErrorCode) {
    this.#effects.respond(id, { ok: false, code, message: code, details: {} });
  }

  #owner(): ReplicaOwner {
    const effects = this.#effects;
    return {
      persist: (write, sync, done) => effects.persist(write, sync, done),
      afterPersist: (done) => effects.afterPersist(done),
      sendRaft: (group, message) => effects.sendRaft(group, message),
      apply: (_, entries, position) => this.#apply(entries, position),
      roleChanged: (_, report) => {
        if (report.role === 'leader') return;
        for (const id of this.#waiting.values()) this.#refuse(id, 'outcome-unknown');
        this.#waiting.clear();
      },
      readConfirmed: (_, request, index) => {
        this.#reads.push({ index, request });
        this.#answerReads();
      },
      snapshotWanted: () => {},
      snapshotOffered: (replica) => replica.raft.snapshotRefused(),
    };
  }

  #apply(entries: readonly Entry[], position: Position) {
    for (const entry of entries) if (entry.kind === 'data') this.#total++;
    this.#effects.store([
      { kind: 'put', key: POSITION, value: encode(position) },
      { kind: 'put', key: TOTAL, value: encode(this.#total) },
    ]);
    for (const { index, term: at } of entries) {
      const request = this.#waiting.get(`${index}/${at}`);
      if (request === undefined) continue;
      this.#waiting.delete(`${index}/${at}`);
      this.#effects.respond(request, { ok: true, value: { total: this.#total } });
    }
    this.#answerReads();
  }

  #answerReads() {
    const ready = this.#reads.filter(({ index }) => index <= this.#replica.position.appliedIndex);
    for (const read of ready) {
      this.#reads.splice(this.#reads.indexOf(read), 1);
      this.#effects.respond(read.request, { ok: true, value: { total: this.#total } });
    }
  }
}
