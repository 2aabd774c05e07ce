// Which nodes hear each other, and the path of a frame to a node that this one does not hear itself.
//
// Each node sends its record, the neighbours that it hears, to its neighbours; a record is forwarded to nodes
// that its maker does not hear. Two nodes are linked when each record names the other: a connection with a
// silent direction is no link. A frame to a node without a link is source-routed over the shortest path of
// links. Consensus travels like everything else, so that groups work in any connected part of the cluster.
//
// Invariants
//  M1  A frame is forwarded along the path that it carries, which names no node twice: so it terminates, and
//      no link carries it twice.
//  M2  Records decide only paths and reachability: a wrong one costs time.
import type { NodeId } from '../../base/ids.ts';
import type { Frame, LinkRecord } from '../../cluster/wire.ts';

export interface MeshOwner {
  readonly self: NodeId;
  /** Whose records are kept. */
  isMember(node: NodeId): boolean;
  /** Sends to a node that is connected. */
  send(to: NodeId, frame: Frame): void;
  /** Frames to the node take another path from now on, or none: what is under way to it may be lost. */
  rerouted(node: NodeId): void;
  readonly faults: ReadonlySet<string>;
}

export interface MeshTimes {
  /** Ticks after which a connected node to which nothing was sent gets an empty frame. */
  readonly pulseTicks: number;
  /** Ticks after which a connected node from which nothing came is not heard any more. */
  readonly silentTicks: number;
  /** Ticks after which each record is repeated, in case one was lost. */
  readonly refreshTicks: number;
}

interface Neighbour {
  heardAt: number;
  sentAt: number;
}

type Path = readonly NodeId[];

export class Mesh {
  readonly #owner: MeshOwner;
  readonly #times: MeshTimes;
  /** Those that are heard the longest come first, and so do paths over them. */
  readonly #neighbours = new Map<NodeId, Neighbour>();
  /** By maker, this node among them. */
  readonly #records = new Map<NodeId, LinkRecord>();
  /** To each node within reach: the nodes on the way, and itself. */
  #paths: ReadonlyMap<NodeId, Path> = new Map();
  #ticks = 0;
  /** The tick at which the last path was lost; at first there is none. */
  #loneSince = 0;
  /** The ticks at which the paths to nodes were lost. */
  readonly #lostAt = new Map<NodeId, number>();

  /** `firstVersion` grows from process to process, as far as the clock does. */
  constructor(owner: MeshOwner, times: MeshTimes, firstVersion: number) {
    this.#owner = owner;
    this.#times = times;
    this.#records.set(owner.self, { node: owner.self, version: firstVersion, hears: [] });
  }

  // ── Questions ──

  /**
   * Whether there is a path of links; or a connection, where nobody is linked with this node. Who falls
   * silent is most likely gone.
   */
  reaches(node: NodeId): boolean {
    return this.#paths.has(node) || (this.#paths.size === 0 && this.#neighbours.has(node));
  }

  isLinked(node: NodeId): boolean {
    return node === this.#owner.self || this.#paths.has(node);
  }

  /** Ticks for which no node has been linked with this one; 0 while any is. */
  get loneTicks(): number {
    return this.#paths.size > 0 ? 0 : this.#ticks - this.#loneSince + 1;
  }

  /** Ticks for which there has been no path to the node; 0 while there is one. */
  unlinkedTicks(node: NodeId): number {
    return this.isLinked(node) ? 0 : this.#ticks - (this.#lostAt.get(node) ?? 0) + 1;
  }

  /** Nodes with a path of links, without this one. */
  linked(): IterableIterator<NodeId> {
    return this.#paths.keys();
  }

  connected(): IterableIterator<NodeId> {
    return this.#neighbours.keys();
  }

  isConnected(node: NodeId): boolean {
    return this.#neighbours.has(node);
  }

  /** The nodes on the way to `to`, and itself; undefined for the connection, or for want of any other. */
  detour(to: NodeId): Path | undefined {
    const path = this.#paths.get(to);
    return path === undefined || path.length === 1 ? undefined : path;
  }

  // ── Events ──

  connect(peer: NodeId): void {
    this.#neighbours.delete(peer);
    this.#neighbours.set(peer, { heardAt: this.#ticks, sentAt: this.#ticks });
    this.#look(peer);
    this.#owner.send(peer, { kind: 'links', records: [...this.#records.values()] });
  }

  disconnect(peer: NodeId): void {
    this.#neighbours.delete(peer);
    this.#look();
  }

  /** A frame came from `peer` itself. */
  heard(peer: NodeId): void {
    const neighbour = this.#neighbours.get(peer);
    if (neighbour === undefined) return;
    const wasSilent = this.#ticks - neighbour.heardAt >= this.#times.silentTicks;
    neighbour.heardAt = this.#ticks;
    if (!wasSilent) return;
    this.#neighbours.delete(peer);
    this.#neighbours.set(peer, neighbour);
    this.#look();
  }

  sent(to: NodeId): void {
    const neighbour = this.#neighbours.get(to);
    if (neighbour !== undefined) neighbour.sentAt = this.#ticks;
  }

  tick(): void {
    const { pulseTicks, refreshTicks } = this.#times;
    this.#ticks++;
    if (this.#ticks % refreshTicks === 0) {
      for (const node of this.#records.keys())
        if (node !== this.#owner.self && !this.#owner.isMember(node)) this.#records.delete(node);
      this.#tell(this.#own.hears);
      this.#findPaths();
    } else this.#look();
    for (const [peer, { sentAt }] of this.#neighbours)
      if (this.#ticks - sentAt >= pulseTicks) this.#owner.send(peer, { kind: 'links', records: [] });
  }

  learn(from: NodeId, records: readonly LinkRecord[]): void {
    const news: LinkRecord[] = [];
    const parted: (readonly [NodeId, NodeId])[] = [];
    let denied = false;
    for (const record of records) {
      const { node, version } = record;
      const known = this.#records.get(node);
      if (known !== undefined && known.version >= version) continue;
      // An earlier process of this node told it, by a clock that was ahead.
      if (node === this.#owner.self) {
        this.#records.set(node, { ...this.#own, version });
        denied = true;
      } else {
        this.#records.set(node, record);
        news.push(record);
        for (const peer of known?.hears ?? []) if (!record.hears.includes(peer)) parted.push([node, peer]);
      }
    }
    for (const [node, silent] of parted) this.#mediate(node, silent);
    if (denied) this.#tell(this.#own.hears);
    if (news.length > 0) this.#passOn(from, news);
    if (denied || news.length > 0) this.#findPaths();
  }

  // ── Records ──

  get #own(): LinkRecord {
    return this.#records.get(this.#owner.self)!;
  }

  /**
   * Updates the heard nodes, and informs the neighbours of a change; except `except`, which is sent
   * everything anyway.
   */
  #look(except?: NodeId): void {
    const { silentTicks } = this.#times;
    const hears: NodeId[] = [];
    for (const [peer, { heardAt }] of this.#neighbours)
      if (this.#ticks - heardAt < silentTicks) hears.push(peer);
    const before = this.#own.hears;
    if (hears.length === before.length && hears.every((peer) => before.includes(peer))) return;
    this.#tell(hears, except);
    this.#findPaths();
  }

  #tell(hears: readonly NodeId[], except?: NodeId): void {
    const record = { node: this.#owner.self, version: this.#own.version + 1, hears };
    this.#records.set(this.#owner.self, record);
    for (const peer of this.#neighbours.keys())
      if (peer !== except) this.#owner.send(peer, { kind: 'links', records: [record] });
  }

  /** To nodes that did not get them from their makers. */
  #passOn(from: NodeId, records: readonly LinkRecord[]): void {
    for (const peer of this.#neighbours.keys()) {
      if (peer === from) continue;
      const missed = records.filter(({ node }) => node !== peer && !this.#areLinked(node, peer));
      if (missed.length > 0) this.#owner.send(peer, { kind: 'links', records: missed });
    }
  }

  /** A neighbour does not hear another any more: what that one told it of itself may have been lost. */
  #mediate(to: NodeId, silent: NodeId): void {
    const { hears } = this.#own;
    const record = this.#records.get(silent);
    if (record === undefined || !hears.includes(to) || !hears.includes(silent)) return;
    this.#owner.send(to, { kind: 'links', records: [record] });
  }

  // ── Paths ──

  #areLinked(one: NodeId, other: NodeId): boolean {
    const hears = (a: NodeId, b: NodeId) => this.#records.get(a)?.hears.includes(b) === true;
    return hears(one, other) && hears(other, one);
  }

  /** By breadth, so that each is a shortest one. */
  #findPaths(): void {
    const { self } = this.#owner;
    const before = this.#paths;
    const paths = new Map<NodeId, Path>();
    const queue: (readonly [NodeId, Path])[] = [[self, []]];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [node, path] = next;
      for (const peer of this.#records.get(node)?.hears ?? []) {
        if (peer === self || paths.has(peer) || !this.#areLinked(node, peer)) continue;
        const onward = [...path, peer];
        paths.set(peer, onward);
        queue.push([peer, onward]);
      }
    }
    if (this.#owner.faults.has('no-relay'))
      for (const [node, path] of paths) if (path.length > 1) paths.delete(node);
    this.#paths = paths;
    if (before.size > 0 && paths.size === 0) this.#loneSince = this.#ticks;
    for (const node of before.keys()) {
      if (paths.has(node)) continue;
      this.#lostAt.set(node, this.#ticks);
      this.#owner.rerouted(node);
    }
    for (const [node, path] of paths) {
      const old = before.get(node);
      const same = old?.length === path.length && old.every((each, at) => each === path[at]);
      if (!same && (old !== undefined || path.length > 1)) this.#owner.rerouted(node);
    }
  }
}
