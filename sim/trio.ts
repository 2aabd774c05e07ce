// A cluster of three nodes that runs one Seq program, for tests of a few actors whose nodes are killed at
// chosen moments.
import { type ActorPath, groupId, moduleHash } from '../node/base/ids.ts';
import { parseNotation } from '../node/base/notation.ts';
import type { Data } from '../node/base/value.ts';
import { shardOf } from '../node/cluster/placement.ts';
import type { Inspected } from '../node/core/requests/results.ts';
import type { ActorMode, ClientRequest, ClientResult, CoreLimits } from '../node/core/types.ts';
import type { SourceBundle } from '../node/seq/index.ts';
import { Cluster } from './cluster.ts';
import { LIMITS, makeCore } from './core-factory.ts';
import { isRetryable } from './history.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SECOND = 1_000_000;
const MODULE = moduleHash('aa');
const ATTEMPTS = 30;

export interface TrioOptions {
  readonly shards: number;
  readonly seed?: number;
  readonly limits?: Partial<CoreLimits>;
  /** Mistakes to make on purpose. */
  readonly faults?: ReadonlySet<string>;
}

type Untimed<R = ClientRequest> = R extends ClientRequest ? Omit<R, 'timeoutMs'> : never;

export class Trio {
  readonly cluster: Cluster;
  readonly #shards: number;
  #requests = 0;

  constructor(
    source: string | SourceBundle,
    { shards, seed = 1, limits = {}, faults = new Set() }: TrioOptions,
  ) {
    this.#shards = shards;
    this.cluster = new Cluster({
      seed,
      nodes: 3,
      tickMillis: 100,
      storage: { bytes: false, cutsDamage: false },
      observers: [],
      makeCore: (node, log, time) =>
        makeCore(this.cluster, node, { log, time, limits: { ...LIMITS, ...limits }, shards, faults }),
    });
    const { nodes, members } = this.cluster;
    members.push(nodes[0]!);
    this.cluster.start(nodes[0]!);
    const operator = new Operator(this.cluster, { told: () => undefined, isNamed: () => true });
    for (const node of nodes.slice(1)) operator.join(node);
    this.cluster.runFor(20 * SECOND);
    const bundle = typeof source === 'string' ? { entry: 'm.seq', files: { 'm.seq': source } } : source;
    this.ask({ op: 'deploy', hash: MODULE, bundle });
  }

  /** What a request comes to: asks one node after another, with the same id, until one decides. */
  ask(request: Untimed): ClientResult {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { nodes } = this.cluster;
      const node = nodes[attempt % nodes.length]!;
      let result: ClientResult | undefined;
      this.cluster.call(node, { ...request, timeoutMs: 2000 } as ClientRequest, (outcome) => {
        if (outcome !== 'lost' && (outcome.ok || !isRetryable(outcome.code))) result = outcome;
      });
      this.cluster.runFor(3 * SECOND, () => result !== undefined);
      if (result !== undefined) return result;
    }
    throw new Error(`${request.op} was not answered`);
  }

  spawn(path: ActorPath, word: string, mode: ActorMode = 'durable', newLife = false): ClientResult {
    const code = { module: MODULE, target: { word }, captured: [] };
    return this.ask({ op: 'spawn', path, code, mode, newLife, id: this.id() });
  }

  tell(path: ActorPath, message: string): ClientResult {
    return this.ask({ op: 'tell', path, message: parseNotation(message), id: this.id() });
  }

  /** The reply; throws if there is none. */
  reply(path: ActorPath, message: string): Data {
    const result = this.ask({ op: 'ask', path, message: parseNotation(message), id: this.id() });
    if (!result.ok) throw new Error(`${message}: ${result.code}: ${result.message}`);
    return (result.value as { reply: Data }).reply;
  }

  inspect(path: ActorPath): Inspected {
    return (this.ask({ op: 'inspect', path }) as { value: Inspected }).value;
  }

  leaderOf(path: ActorPath): SimNode {
    const group = groupId(shardOf(path, this.#shards));
    const leader = this.cluster.nodes.find(
      ({ isUp, views }) => isUp && views.some((view) => view.group === group && view.role === 'leader'),
    );
    if (leader === undefined) throw new Error(`nobody leads the shard of ${path}`);
    return leader;
  }

  id(): string {
    return `request-${++this.#requests}`;
  }
}
