// Checks what applied entries do to the stores of the nodes, after every batch.
//
// Invariants
//  A1 applied is atomic: a batch that changes a group's state moves its applied index, and the index never goes back.
//  A2 replicas agree: two replicas that have applied the same index hold the same rows.
//  A3 only what is committed is applied.
//  A4 journals have no gap and are never rewritten.
import type { GroupId } from '../node/base/ids.ts';
import { decodeGroupRow } from '../node/core/rows.ts';
import type { GroupRow } from '../node/core/types.ts';
import type { Observer } from './cluster.ts';
import type { ConsensusChecker } from './consensus-checker.ts';
import type { SimNode } from './sim-node.ts';
import { hashBytes } from './trace.ts';
import { demand } from './violation.ts';

const PREFIX = 7;
const KIND_AT = 6;
const RECORD = '\x04';
const NODE_AREA = '\xff\xff';
const GROUP_ROW = '\x01';

interface Part {
  /** A sum over the rows, so that the order of their coming does not count. */
  sum: number;
  rows: number;
}

interface StoreView {
  /** By the first six bytes of the key: group and generation. */
  readonly parts: Map<string, Part>;
  readonly rows: Map<GroupId, GroupRow>;
  /** What the present batch touched. */
  touched: Set<string>;
  moved: Set<GroupId>;
}

export class StateChecker implements Observer {
  readonly #views = new Map<SimNode, StoreView>();
  /** By group, then applied index. */
  readonly #digests = new Map<GroupId, Map<number, { readonly digest: string; readonly node: string }>>();
  readonly #consensus: ConsensusChecker;

  constructor(consensus: ConsensusChecker) {
    this.#consensus = consensus;
  }

  row(node: SimNode, key: string, before: Uint8Array | undefined, after: Uint8Array | undefined): void {
    const view = this.#view(node);
    if (key.startsWith(NODE_AREA)) {
      if (key[2] === GROUP_ROW) this.#moveRow(view, key, after);
      return;
    }
    const place = key.slice(0, KIND_AT);
    let part = view.parts.get(place);
    if (part === undefined) {
      part = { sum: 0, rows: 0 };
      view.parts.set(place, part);
    }
    const keyHash = hashText(key, KIND_AT);
    if (before !== undefined) {
      part.sum = (part.sum - rowHash(keyHash, before)) | 0;
      part.rows--;
    }
    if (after !== undefined) {
      part.sum = (part.sum + rowHash(keyHash, after)) | 0;
      part.rows++;
      if (key[KIND_AT] === RECORD && before !== undefined)
        demand(
          hashBytes(before) === hashBytes(after),
          'journal-rewritten',
          () => `${node.peer.name} writes another record at ${JSON.stringify(key.slice(PREFIX))}`,
        );
    }
    view.touched.add(place);
  }

  #moveRow(view: StoreView, key: string, after: Uint8Array | undefined) {
    const group = (key.charCodeAt(3) * 256 + key.charCodeAt(4)) as GroupId;
    view.moved.add(group);
    if (after === undefined) view.rows.delete(group);
    else view.rows.set(group, { group, ...decodeGroupRow(after) });
  }

  /** After each batch that a process wrote. */
  stored(node: SimNode): void {
    const view = this.#view(node);
    for (const place of view.touched) {
      const group = (place.charCodeAt(0) * 256 + place.charCodeAt(1)) as GroupId;
      const row = view.rows.get(group);
      if (row === undefined || placeOf(group, row.generation) !== place) continue;
      demand(
        view.moved.has(group),
        'applied-not-atomic',
        () => `${node.peer.name} changes the state of group ${group} without its applied index`,
      );
    }
    for (const group of view.moved) this.#checkMoved(node, view, group);
    view.touched = new Set();
    view.moved = new Set();
  }

  /** What a crash took back is no batch of a process. */
  crashed(node: SimNode): void {
    const view = this.#view(node);
    view.touched = new Set();
    view.moved = new Set();
  }

  #checkMoved(node: SimNode, view: StoreView, group: GroupId) {
    const row = view.rows.get(group);
    if (row === undefined) return;
    const { appliedIndex, appliedTerm, generation } = row;
    const committed = this.#consensus.history(group).committed.get(appliedIndex);
    if (committed !== undefined)
      demand(
        committed.term === appliedTerm,
        'applied-uncommitted',
        () =>
          `${node.peer.name} applies ${appliedIndex} of term ${appliedTerm} in group ${group}; committed is term ${committed.term}`,
      );
    const part = view.parts.get(placeOf(group, generation));
    const digest = `${part?.rows ?? 0} rows, sum ${part?.sum ?? 0}`;
    let known = this.#digests.get(group);
    if (known === undefined) {
      known = new Map();
      this.#digests.set(group, known);
    }
    const other = known.get(appliedIndex);
    if (other === undefined) known.set(appliedIndex, { digest, node: node.peer.name });
    else
      demand(
        other.digest === digest,
        'replicas-differ',
        () =>
          `after ${appliedIndex} of group ${group} ${node.peer.name} holds ${digest}, ${other.node} held ${other.digest}`,
      );
  }

  /** What the store of a node says of its replicas. */
  rowsOf(node: SimNode): ReadonlyMap<GroupId, GroupRow> {
    return this.#view(node).rows;
  }

  #view(node: SimNode): StoreView {
    let view = this.#views.get(node);
    if (view === undefined) {
      view = { parts: new Map(), rows: new Map(), touched: new Set(), moved: new Set() };
      this.#views.set(node, view);
    }
    return view;
  }
}

function placeOf(group: number, generation: number): string {
  return String.fromCharCode(
    group >> 8,
    group & 255,
    (generation >>> 24) & 255,
    (generation >>> 16) & 255,
    (generation >>> 8) & 255,
    generation & 255,
  );
}

function rowHash(keyHash: number, value: Uint8Array): number {
  const mixed = Math.imul(keyHash ^ Math.imul(hashBytes(value), 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

function hashText(text: string, from: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
