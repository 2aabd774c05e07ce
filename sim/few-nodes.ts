// A small cluster with an actor in each shard, for tests of what it does when one thing goes wrong.
import { groupId, moduleHash, type NodeId } from '../node/base/ids.ts';
import { parseNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import { preferredLeader, shardOf } from '../node/cluster/placement.ts';
import { decodeFrame } from '../node/cluster/wire.ts';
import { LIMITS } from '../node/core/testing/lone-node.ts';
import type { ClientRequest, ClientResult, CoreLimits, Effect, Space } from '../node/core/types.ts';
import { Cluster } from './cluster.ts';
import { makeCore } from './core-factory.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

export const SECOND = 1_000_000;
export const SHARDS = 6;
export const MODULE = moduleHash('aa');
export const SOURCE = `
  union Msg { Count Total Lost }
  : count ( Map -- Map ) dup "count" map.get [ ] [ drop 0 ] if 1 i.+ "count" swap map.set ;
  : counter ( Map Msg -- Map ) 
    match
      Count -> count
      Total -> dup "count" map.get [ ] [ drop 0 ] if actor.reply
      Lost -> 1 0 divide drop
    end ;
`;

type Asked<R = ClientRequest> = R extends ClientRequest ? Omit<R, 'timeoutMs'> : never;

/** Some nodes, and an actor in each shard. */
export class FewNodes {
  readonly cluster: Cluster;
  readonly paths = new Map<number, ReturnType<typeof parsePath>>();
  /** What was sent to a watched node, or done by it, that takes space or leads. */
  readonly wasted: string[] = [];
  #watched: ReadonlySet<SimNode> = new Set();
  #requests = 0;

  readonly nodes: readonly SimNode[];
  /** Machines that stand by. */
  readonly spares: readonly SimNode[];

  constructor(nodes: number, limits: Partial<CoreLimits> = {}, spares = 0) {
    this.cluster = new Cluster({
      seed: 3,
      nodes: nodes + spares,
      tickMillis: 100,
      storage: { bytes: true, cutsDamage: false },
      observers: [{ stepped: (node, _, effects) => this.#watch(node, effects) }],
      makeCore: (node, log, time) =>
        makeCore(this.cluster, node, { log, time, limits: { ...LIMITS, ...limits }, shards: SHARDS }),
    });
    const { members } = this.cluster;
    this.nodes = this.cluster.nodes.slice(0, nodes);
    this.spares = this.cluster.nodes.slice(nodes);
    const [first, ...others] = this.nodes as [SimNode, ...SimNode[]];
    members.push(first);
    this.cluster.start(first);
    const operator = new Operator(this.cluster, { told: () => undefined, isNamed: () => true });
    for (const node of others) {
      operator.join(node);
      this.cluster.runFor(30 * SECOND, () => !operator.isBusy);
    }
    this.pass(20);
    this.ask(first, { op: 'deploy', hash: MODULE, bundle: { entry: 'm.seq', files: { 'm.seq': SOURCE } } });
    for (let at = 0; this.paths.size < SHARDS; at++) {
      const path = parsePath(`/user/a${at}`);
      const shard = shardOf(path, SHARDS);
      if (this.paths.has(shard)) continue;
      this.paths.set(shard, path);
      const code = { module: MODULE, target: { word: 'counter' }, captured: [] };
      this.ask(first, { op: 'spawn', path, code, mode: 'durable', newLife: false, id: this.#id() });
    }
  }

  pass(seconds: number): void {
    this.cluster.runFor(seconds * SECOND);
  }

  ask(node: SimNode, request: Asked): ClientResult | 'lost' {
    let result: ClientResult | 'lost' | undefined;
    this.cluster.call(
      node,
      { ...request, timeoutMs: 3000 } as ClientRequest,
      (outcome) => (result = outcome),
    );
    this.cluster.runFor(4 * SECOND, () => result !== undefined);
    if (result === undefined) throw new Error(`${request.op} was not answered`);
    return result;
  }

  /** What becomes of a message to the actor in each shard, through each node. */
  work(nodes = this.nodes): (string | boolean)[] {
    return nodes.flatMap((node) =>
      [...this.paths.values()].map((path) => {
        const message = parseNotation('(Count)');
        const result = this.ask(node, { op: 'tell', path, message, id: this.#id() });
        return result === 'lost' ? 'lost' : result.ok || result.code;
      }),
    );
  }

  setSpace(node: SimNode, space: Space): void {
    node.storage.setFull(space === 'full');
    node.input({ kind: 'disk', space });
  }

  /** From now on notes what these nodes are sent, or do, and should not be. */
  watch(...nodes: readonly SimNode[]): void {
    this.#watched = new Set(nodes);
  }

  #watch(node: SimNode, effects: readonly Effect[]): void {
    if (this.#watched.has(node) && this.led(node).length > 0) this.wasted.push(`${node.peer.name} leads`);
    for (const effect of effects) {
      if (
        effect.kind === 'persist' &&
        this.#watched.has(node) &&
        effect.writes.some(({ entries }) => entries)
      )
        this.wasted.push(`${node.peer.name} wrote entries`);
      if (effect.kind !== 'send' || ![...this.#watched].some(({ id }) => id === effect.to)) continue;
      const frame = decodeFrame(effect.frame, node.id, effect.to);
      if (frame.kind === 'chunk') this.wasted.push(frame.kind);
      if (frame.kind !== 'raft') continue;
      for (const [, message] of frame.messages)
        if (message.kind === 'timeout-now' || (message.kind === 'append' && message.entries.length > 0))
          this.wasted.push(message.kind);
    }
  }

  led(node: SimNode): number[] {
    return node.views.filter(({ role }) => role === 'leader').map(({ group }) => group);
  }

  preferring(node: NodeId): number[] {
    const ids = this.nodes.map(({ id }) => id);
    return Array.from({ length: SHARDS + 1 }, (_, group) => group).filter(
      (group) => preferredLeader(groupId(group), ids, 3) === node,
    );
  }

  #id(): string {
    return `request-${++this.#requests}`;
  }
}
