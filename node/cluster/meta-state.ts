// The state of the meta group: members, open join tokens and deployed modules. Every node keeps it in memory,
// and rebuilds it from its rows in the store.
//
// Invariants
//  M1  Applying the same commands in the same order gives the same state and the same results on every
//      replica.
//  M2  A token admits one node; admitting that node again with it changes nothing and succeeds.
//  M3  At most one node is leaving. It is removed by a command that names this very removal, and never comes
//      back.
//  M4  A replaced node never comes back either: commands for it apply to its replacement. Replacing it again
//      by the same node changes nothing and succeeds. A leaving node is not replaced, so no node is removed
//      on the evidence of another.
//  M5  No command gives a member the name of another one. A node that takes the place of another has its
//      name.

import { InvariantError } from '../base/assert.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { ModuleHash, NodeId } from '../base/ids.ts';
import { isMemberName, nameRefusal } from '../base/member-name.ts';
import { pack, unpack } from '../base/pack.ts';
import type { Peer } from '../base/peer.ts';

export interface RegisteredNode extends Peer {
  /** Order of admission, from 1. */
  readonly order: number;
  /** The node is on its way out, since the entry of this index. */
  readonly leaving?: number;
}

export interface ModuleSource {
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
}

interface Token {
  readonly expiresAt: number;
  readonly usedBy: NodeId | null;
}

export type MetaCommand =
  | { readonly kind: 'token'; readonly secretHash: string; readonly expiresAt: number }
  /** `wall` is the proposer's time: expiry must be judged alike on every replica. */
  | {
      readonly kind: 'admit';
      readonly secretHash: string;
      readonly wall: number;
      readonly peer: Peer;
    }
  | ({ readonly kind: 'readdress' } & Peer)
  /** The groups are to do without the node. */
  | { readonly kind: 'leave'; readonly node: NodeId }
  /** It is to stay after all. */
  | { readonly kind: 'stay'; readonly node: NodeId }
  /** All groups do without the node, which is leaving since the entry `since`. */
  | { readonly kind: 'left'; readonly node: NodeId; readonly since: number }
  /** `old` lost what it kept: `node`, which never held anything, takes its place. */
  | { readonly kind: 'replace'; readonly old: NodeId; readonly node: NodeId }
  | { readonly kind: 'module'; readonly hash: ModuleHash; readonly source: ModuleSource };

export type MetaResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

type Applied = { readonly result: MetaResult; readonly items: readonly MetaItem[] };

/** The message to a removed node. */
export const REMOVED = 'The node was removed from its cluster.';

/** A change of one row: `value` null deletes it. */
export type MetaItem = readonly [key: string, value: Uint8Array | null];

const VERSION = 1;
/**
 * Of commands that earlier versions do not know: a node of such a version stops rather than pass over them.
 */
const VERSION_LATER = 2;
const LATER: ReadonlySet<string> = new Set(['leave', 'stay', 'left', 'replace']);
const OK: MetaResult = { ok: true };
const NOTHING: Applied = { result: OK, items: [] };

export function encodeMetaCommand(command: MetaCommand): Uint8Array {
  return pack([LATER.has(command.kind) ? VERSION_LATER : VERSION, command]);
}

const malformed = (reason: string) => new InvariantError(`a part of the registry is malformed: ${reason}`);

/** Throws InvariantError if the data was not made by `encodeMetaCommand`. */
export function decodeMetaCommand(data: Uint8Array): MetaCommand {
  const tree = unpack(data, malformed);
  if (!Array.isArray(tree) || (tree[0] !== VERSION && tree[0] !== VERSION_LATER))
    throw new InvariantError('a meta entry of an unknown version');
  return tree[1] as MetaCommand;
}

/** The row of a node, for a cluster that is being created. */
export function nodeItem(node: RegisteredNode): readonly [key: string, value: Uint8Array] {
  return [`node/${node.node}`, pack(node)];
}

export class MetaState {
  readonly #nodes = new Map<NodeId, RegisteredNode>();
  readonly #tokens = new Map<string, Token>();
  readonly #modules = new Map<ModuleHash, ModuleSource>();
  /** Nodes that were removed, by what they were called. */
  readonly #removed = new Map<NodeId, string>();
  /** Replaced nodes, with their replacements. */
  readonly #replaced = new Map<NodeId, NodeId>();
  /** Grows with every change. */
  version = 0;

  static fromItems(items: readonly (readonly [key: string, value: Uint8Array])[]): MetaState {
    const state = new MetaState();
    for (const [key, value] of items) state.#load(key, unpack(value, malformed));
    return state;
  }

  #load(key: string, value: unknown): void {
    const slash = key.indexOf('/');
    const name = key.slice(slash + 1);
    switch (key.slice(0, slash)) {
      case 'node':
        this.#nodes.set(name as NodeId, value as RegisteredNode);
        break;
      case 'token':
        this.#tokens.set(name, value as Token);
        break;
      case 'module':
        this.#modules.set(name as ModuleHash, value as ModuleSource);
        break;
      case 'removed':
        this.#removed.set(name as NodeId, value as string);
        break;
      case 'replaced':
        this.#replaced.set(name as NodeId, value as NodeId);
        break;
      default:
        throw new InvariantError(`the meta group holds an unknown row ${key}`);
    }
  }

  /** In the order of admission. */
  nodes(): RegisteredNode[] {
    return [...this.#nodes.values()].sort((a, b) => a.order - b.order);
  }

  node(node: NodeId): RegisteredNode | undefined {
    return this.#nodes.get(node);
  }

  /** The node on its way out, if one is. */
  leaving(): (RegisteredNode & { readonly leaving: number }) | undefined {
    for (const node of this.#nodes.values())
      if (node.leaving !== undefined) return { ...node, leaving: node.leaving };
    return undefined;
  }

  wasRemoved(node: NodeId): boolean {
    return this.#removed.has(node);
  }

  /** Those that never come back: they were removed, or replaced. */
  gone(): NodeId[] {
    return [...this.#removed.keys(), ...this.#replaced.keys()];
  }

  isGone(node: NodeId): boolean {
    return this.#removed.has(node) || this.#replaced.has(node);
  }

  /** The node itself, or the one that has its place now. See M4. */
  inPlaceOf(node: NodeId): NodeId {
    let now = node;
    for (let next = this.#replaced.get(now); next !== undefined; next = this.#replaced.get(now)) now = next;
    return now;
  }

  /**
   * Those of this id or name, by preference nodes that are not removed. Of a replaced node the one in its
   * place.
   */
  called(text: string): { readonly node: NodeId; readonly name: string; readonly removed: boolean }[] {
    const id = this.inPlaceOf(text as NodeId);
    const matches = (nodes: Iterable<readonly [NodeId, string]>, removed: boolean) =>
      [...nodes]
        .filter(([node, name]) => node === id || name === text)
        .map(([node, name]) => ({ node, name, removed }));
    const present = matches(
      this.nodes().map(({ node, name }) => [node, name] as const),
      false,
    );
    return present.length > 0 ? present : matches(this.#removed, true);
  }

  module(hash: ModuleHash): ModuleSource | undefined {
    return this.#modules.get(hash);
  }

  modules(): ModuleHash[] {
    return [...this.#modules.keys()];
  }

  /** Whether a token is open at `wall`, so that strangers may knock. */
  expectsGuests(wall: number): boolean {
    for (const token of this.#tokens.values())
      if (token.usedBy === null && token.expiresAt > wall) return true;
    return false;
  }

  /** Applies the command that is committed at `index`; the items are to be stored with it. */
  apply(command: MetaCommand, index: number): Applied {
    this.version++;
    switch (command.kind) {
      case 'token':
        return this.#setToken(command.secretHash, { expiresAt: command.expiresAt, usedBy: null });
      case 'admit':
        return this.#admit(command);
      case 'readdress': {
        const known = this.#nodes.get(command.node);
        if (known === undefined) return NOTHING;
        const problem = known.name === command.name ? undefined : this.#nameProblem(command);
        if (problem !== undefined) return problem;
        return this.#setNode({ ...known, name: command.name, addresses: command.addresses });
      }
      case 'leave':
        return this.#leave(this.inPlaceOf(command.node), index);
      case 'stay':
        return this.#stay(this.inPlaceOf(command.node));
      case 'left':
        return this.#left(command.node, command.since);
      case 'replace':
        return this.#replace(command);
      case 'module':
        this.#modules.set(command.hash, command.source);
        return { result: OK, items: [[`module/${command.hash}`, pack(command.source)]] };
    }
  }

  #leave(node: NodeId, index: number): Applied {
    const known = this.#nodes.get(node);
    if (this.#removed.has(node) || known?.leaving !== undefined) return NOTHING;
    const other = this.leaving();
    if (known === undefined) return refused('no-such-member', `No member has the id ${node}.`);
    if (other !== undefined)
      return refused('still-leaving', `${known.name} cannot be removed while ${other.name} is leaving.`);
    if (this.#nodes.size === 1)
      return refused('last-member', `${known.name} is the last member of the cluster.`);
    return this.#setNode({ ...known, leaving: index });
  }

  #stay(node: NodeId): Applied {
    const known = this.#nodes.get(node);
    if (known === undefined)
      return refused('no-such-member', `${this.#removed.get(node) ?? node} is no member of the cluster.`);
    const { leaving: _, ...staying } = known;
    return this.#setNode(staying);
  }

  #left(node: NodeId, since: number): Applied {
    const known = this.#nodes.get(node);
    if (known?.leaving !== since) return NOTHING;
    this.#nodes.delete(node);
    this.#removed.set(node, known.name);
    const items: MetaItem[] = [
      [`node/${node}`, null],
      [`removed/${node}`, pack(known.name)],
    ];
    return { result: OK, items };
  }

  #setToken(secretHash: string, token: Token): Applied {
    this.#tokens.set(secretHash, token);
    return { result: OK, items: [[`token/${secretHash}`, pack(token)]] };
  }

  #setNode(node: RegisteredNode): Applied {
    this.#nodes.set(node.node, node);
    return { result: OK, items: [nodeItem(node)] };
  }

  #admit(command: MetaCommand & { kind: 'admit' }): Applied {
    const token = this.#tokens.get(command.secretHash);
    const refuse = (message: string) => refused('token-refused', message);
    if (this.isGone(command.peer.node)) return refused('not-admitted', REMOVED);
    if (token === undefined) return refuse('The join token is not known to this cluster.');
    if (token.usedBy === command.peer.node && this.#nodes.has(command.peer.node)) return NOTHING;
    if (token.usedBy !== null) return refuse('The join token was used already.');
    if (token.expiresAt <= command.wall) return refuse('The join token has expired.');
    const problem = this.#nameProblem(command.peer);
    if (problem !== undefined) return problem;
    const order = Math.max(0, ...[...this.#nodes.values()].map((node) => node.order)) + 1;
    const { items: tokenItems } = this.#setToken(command.secretHash, { ...token, usedBy: command.peer.node });
    const { node, name, addresses } = command.peer;
    const { items: nodeItems } = this.#setNode({ node, name, addresses, order });
    return { result: OK, items: [...tokenItems, ...nodeItems] };
  }

  /** Why the node cannot have the name; see M5. */
  #nameProblem({ node, name }: { readonly node: NodeId; readonly name: string }): Applied | undefined {
    if (!isMemberName(name)) return refused('bad-config', nameRefusal(name));
    const others = this.nodes().filter((each) => each.node !== node);
    // An id is found by the same word as a name.
    const other = others.find((each) => each.name === name || each.node === name);
    return other && refused('name-taken', `The member ${other.node} is called ${name}.`);
  }

  #replace({ old, node }: MetaCommand & { kind: 'replace' }): Applied {
    const known = this.#nodes.get(old);
    if (this.#replaced.get(old) === node && this.#nodes.has(node)) return NOTHING;
    if (this.isGone(old)) return refused('not-admitted', REMOVED);
    if (known === undefined) return refused('not-admitted', `No member has the id ${old}.`);
    if (this.#nodes.has(node) || this.isGone(node))
      return refused('not-admitted', `${node} was in this cluster before.`);
    if (known.leaving !== undefined)
      return refused('still-leaving', `${known.name} is leaving, and the others go on without it.`);
    this.#nodes.delete(old);
    this.#replaced.set(old, node);
    const { items } = this.#setNode({ ...known, node });
    return { result: OK, items: [[`node/${old}`, null], [`replaced/${old}`, pack(node)], ...items] };
  }
}

function refused(code: ErrorCode, message: string): Applied {
  return { result: { ok: false, code, message }, items: [] };
}
