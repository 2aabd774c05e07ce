// Checks what applied entries do to the stores of the nodes, after every batch.
//
// Invariants
//  A1 applied is atomic: a batch that changes a group's state moves its applied index, and the index never
//     goes back.
//  A2 replicas agree: two replicas that have applied the same index hold the same rows.
//  A3 only what is committed is applied.
//  A4 journals have no gap and are never rewritten.
import type { GroupId } from '../node/base/ids.ts';
import { decodeGroupRow } from '../node/core/groups/group-row.ts';
import type { GroupRow } from '../node/core/types.ts';
import { isGroupRow, isRecord, keyName } from '../node/journal/keys.ts';
import { rowsIn } from '../node/journal/record-runs.ts';
import type { Observer } from './cluster.ts';
import type { ConsensusChecker } from './consensus-checker.ts';
import type { SimNode } from './sim-node.ts';
import { hashBytes } from './trace.ts';
import { demand } from './violation.ts';

const PREFIX = 7;
const PLACE = 6;
/** Keys of the node itself begin with two of it. */
const NODE_AREA = 0xff;

interface Part {
  /** A sum over the rows, so that the order of their coming does not count. */
  sum: number;
  rows: number;
}

interface StoreView {
  /** By the first six bytes of the key: group and generation. */
  readonly parts: Map<string, Part>;
  readonly rows: Map<GroupId, GroupRow>;
  /** What the present batch touched, as it was before. */
  touched: Map<string, Part>;
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

  row(node: SimNode, key: Uint8Array, before: Uint8Array | undefined, after: Uint8Array | undefined): void {
    const view = this.#view(node);
    if (key[0] === NODE_AREA && key[1] === NODE_AREA) {
      if (isGroupRow(key)) this.#moveRow(view, key, after);
      return;
    }
    const place = keyName(key.subarray(0, PLACE));
    let part = view.parts.get(place);
    if (part === undefined) {
      part = { sum: 0, rows: 0 };
      view.parts.set(place, part);
    }
    if (!view.touched.has(place)) view.touched.set(place, { ...part });
    if (before !== undefined && after !== undefined && isRecord(key))
      this.#checkRewritten(node, key, before, after);
    if (before !== undefined) addRows(part, key, before, -1);
    if (after !== undefined) addRows(part, key, after, 1);
  }

  /** A4. What was kept in a run may be kept singly, or the other way round. */
  #checkRewritten(node: SimNode, key: Uint8Array, before: Uint8Array, after: Uint8Array) {
    const known = new Map(rowsIn(key, before).map(([each, value]) => [keyName(each), value]));
    for (const [each, value] of rowsIn(key, after)) {
      const other = known.get(keyName(each));
      demand(
        other === undefined || hashBytes(other) === hashBytes(value),
        'journal-rewritten',
        () => `${node.peer.name} writes another record at ${JSON.stringify(keyName(each).slice(PREFIX))}`,
      );
    }
  }

  #moveRow(view: StoreView, key: Uint8Array, after: Uint8Array | undefined) {
    const group = (key[3]! * 256 + key[4]!) as GroupId;
    view.moved.add(group);
    if (after === undefined) view.rows.delete(group);
    else view.rows.set(group, { group, ...decodeGroupRow(after) });
  }

  /** After each batch of rows. */
  stored(node: SimNode): void {
    const view = this.#view(node);
    for (const [place, before] of view.touched) {
      const part = view.parts.get(place);
      // Records that are kept in another way are the same.
      if (part?.sum === before.sum && part.rows === before.rows) continue;
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
    view.touched = new Map();
    view.moved = new Set();
  }

  /** What a crash took back is no batch of a process. */
  crashed(node: SimNode): void {
    const view = this.#view(node);
    view.touched = new Map();
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
      view = { parts: new Map(), rows: new Map(), touched: new Map(), moved: new Set() };
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

/** Adds the rows that a stored one stands for, or takes them away. */
function addRows(part: Part, key: Uint8Array, value: Uint8Array, sign: 1 | -1): void {
  for (const [each, bytes] of rowsIn(key, value)) {
    part.sum = (part.sum + sign * rowHash(hashRest(each), bytes)) | 0;
    part.rows += sign;
  }
}

function rowHash(keyHash: number, value: Uint8Array): number {
  const mixed = Math.imul(keyHash ^ Math.imul(hashBytes(value), 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

/** Of the part that is the same on every replica. */
function hashRest(key: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let at = PLACE; at < key.length; at++) hash = Math.imul(hash ^ key[at]!, 0x01000193);
  return hash;
}
