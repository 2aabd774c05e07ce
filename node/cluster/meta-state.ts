// The state of the meta group: who belongs to the cluster, which join tokens are open, and which code is deployed. Every
// node keeps it in memory; its rows in the store are what it is rebuilt from.
//
// Invariants
//  M1  Applying the same commands in the same order gives the same state and the same results on every replica.
//  M2  A token admits one node; admitting that node again with it changes nothing and succeeds.
//  M3  Of a node and the one that replaces it the registry holds one; replacing it again by the same changes nothing and succeeds.
import { decode } from '@msgpack/msgpack';
import { InvariantError } from '../base/assert.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { ModuleHash, NodeId } from '../base/ids.ts';
import { pack } from '../base/pack.ts';

export interface RegisteredNode {
  readonly node: NodeId;
  readonly name: string;
  readonly addresses: readonly string[];
  /** Order of admission, from 1. */
  readonly order: number;
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
      readonly peer: { readonly node: NodeId; readonly name: string; readonly addresses: readonly string[] };
    }
  | {
      readonly kind: 'readdress';
      readonly node: NodeId;
      readonly name: string;
      readonly addresses: readonly string[];
    }
  | { readonly kind: 'remove-node'; readonly node: NodeId }
  /** `old` lost what it kept: `node`, which never held anything, takes its place. */
  | { readonly kind: 'replace'; readonly old: NodeId; readonly node: NodeId }
  | { readonly kind: 'module'; readonly hash: ModuleHash; readonly source: ModuleSource };

export type MetaResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** A change of one row: `value` null deletes it. */
export type MetaItem = readonly [key: string, value: Uint8Array | null];

const VERSION = 1;
const OK: MetaResult = { ok: true };

export function encodeMetaCommand(command: MetaCommand): Uint8Array {
  return pack([VERSION, command]);
}

/** Throws InvariantError if the data was not made by `encodeMetaCommand`. */
export function decodeMetaCommand(data: Uint8Array): MetaCommand {
  const tree = decode(data);
  if (!Array.isArray(tree) || tree[0] !== VERSION)
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
  /** Grows with every change. */
  version = 0;

  static fromItems(items: readonly (readonly [key: string, value: Uint8Array])[]): MetaState {
    const state = new MetaState();
    for (const [key, value] of items) state.#load(key, decode(value));
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

  /** Applies a committed command; the items are to be stored with it. */
  apply(command: MetaCommand): { readonly result: MetaResult; readonly items: readonly MetaItem[] } {
    this.version++;
    switch (command.kind) {
      case 'token':
        return this.#setToken(command.secretHash, { expiresAt: command.expiresAt, usedBy: null });
      case 'admit':
        return this.#admit(command);
      case 'readdress': {
        const known = this.#nodes.get(command.node);
        if (known === undefined) return { result: OK, items: [] };
        return this.#setNode({ ...known, name: command.name, addresses: command.addresses });
      }
      case 'remove-node':
        this.#nodes.delete(command.node);
        return { result: OK, items: [[`node/${command.node}`, null]] };
      case 'replace':
        return this.#replace(command);
      case 'module':
        this.#modules.set(command.hash, command.source);
        return { result: OK, items: [[`module/${command.hash}`, pack(command.source)]] };
    }
  }

  #setToken(secretHash: string, token: Token): { result: MetaResult; items: readonly MetaItem[] } {
    this.#tokens.set(secretHash, token);
    return { result: OK, items: [[`token/${secretHash}`, pack(token)]] };
  }

  #setNode(node: RegisteredNode): { result: MetaResult; items: readonly MetaItem[] } {
    this.#nodes.set(node.node, node);
    return { result: OK, items: [nodeItem(node)] };
  }

  #admit(command: MetaCommand & { kind: 'admit' }): { result: MetaResult; items: readonly MetaItem[] } {
    const token = this.#tokens.get(command.secretHash);
    const refuse = (message: string) => ({
      result: { ok: false, code: 'token-refused', message } as const,
      items: [],
    });
    if (token === undefined) return refuse('The join token is not known to this cluster.');
    if (token.usedBy === command.peer.node && this.#nodes.has(command.peer.node))
      return { result: OK, items: [] };
    if (token.usedBy !== null) return refuse('The join token was used already.');
    if (token.expiresAt <= command.wall) return refuse('The join token has expired.');
    const order = Math.max(0, ...[...this.#nodes.values()].map((node) => node.order)) + 1;
    const { items: tokenItems } = this.#setToken(command.secretHash, { ...token, usedBy: command.peer.node });
    const { node, name, addresses } = command.peer;
    const { items: nodeItems } = this.#setNode({ node, name, addresses, order });
    return { result: OK, items: [...tokenItems, ...nodeItems] };
  }

  #replace({ old, node }: MetaCommand & { kind: 'replace' }): {
    result: MetaResult;
    items: readonly MetaItem[];
  } {
    const known = this.#nodes.get(old);
    if (known === undefined && this.#nodes.has(node)) return { result: OK, items: [] };
    if (known === undefined) {
      const message = 'The node to be replaced is not in the registry.';
      return { result: { ok: false, code: 'not-admitted', message }, items: [] };
    }
    this.#nodes.delete(old);
    const { items } = this.#setNode({ ...known, node });
    return { result: OK, items: [[`node/${old}`, null], ...items] };
  }
}
