// A cluster of real nodes on loopback.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterAnswer } from './node-client.ts';
import { type NodePlace, NodeProcess, until } from './node-process.ts';
import { freePorts } from './ports.ts';

export interface ClusterOptions {
  readonly size: number;
  /** Default: a fresh temporary directory, removed by `dispose`. */
  readonly directory?: string;
  readonly p2pPorts?: readonly number[];
  readonly httpPorts?: readonly number[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: ports on loopback. */
  readonly places?: readonly NodePlace[];
}

export class Cluster {
  readonly nodes: readonly NodeProcess[];
  readonly directory: string;
  readonly #temporary: boolean;

  private constructor(nodes: readonly NodeProcess[], directory: string, temporary: boolean) {
    this.nodes = nodes;
    this.directory = directory;
    this.#temporary = temporary;
  }

  /** Places for nodes n1, n2, …; nothing runs yet. */
  static async plan(options: ClusterOptions): Promise<Cluster> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'seq-node-'));
    const nodes = (options.places ?? (await placesOnLoopback(options, directory))).map(
      (place) => new NodeProcess(place),
    );
    return new Cluster(nodes, directory, options.directory === undefined);
  }

  /** A cluster whose nodes have all joined and whose shards all have as many voters as they want. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = await Cluster.plan(options);
    try {
      await cluster.nodes[0]!.start(['--create']);
      for (const node of cluster.nodes.slice(1)) await cluster.join(node);
      await cluster.untilReplicated(Math.min(3, options.size));
      return cluster;
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }

  /** A cluster of one node that is ready. */
  static async lone(): Promise<Cluster> {
    const cluster = await Cluster.plan({ size: 1 });
    try {
      const node = cluster.node(0);
      await node.start(['--create']);
      await until('the node is ready', async () =>
        (await node.client.request('GET', '/readyz')).status === 200 ? true : undefined,
      );
      return cluster;
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }

  node(at: number): NodeProcess {
    return this.nodes[at]!;
  }

  named(name: string): NodeProcess {
    const found = this.nodes.find((node) => node.place.name === name);
    if (found === undefined) throw new Error(`no node is called ${name}`);
    return found;
  }

  get running(): readonly NodeProcess[] {
    return this.nodes.filter((node) => node.running);
  }

  /** Makes a token at the first running node and starts `node` with it. */
  async join(node: NodeProcess): Promise<void> {
    const member = this.running[0]!;
    const token = await until('a join token', async () => {
      const made = await member.client.call<{ token: string }>('POST', '/v1/tokens', {});
      return made.token;
    });
    await node.start(['--join', member.p2pAddress, '--token', token]);
  }

  /**
   * Every shard has `voters` voters and a leader, as each running node sees it, and none is on its way to or
   * fro.
   */
  async untilReplicated(voters: number, timeoutMs = 60_000): Promise<void> {
    for (const node of this.running)
      await until(
        `${node.place.name} sees ${voters} replicas of every shard`,
        async () =>
          settled(await node.client.cluster(), voters) &&
          // A follower learns by the next heartbeat that the last change of voters is committed; until then
          // it counts on those before, too.
          (await node.client.metric('seqnode_replicas_moving')) === 0
            ? true
            : undefined,
        { timeoutMs, everyMs: 100 },
      );
  }

  /**
   * Where each node keeps every shard, as in a cluster of three: all have applied the same. When a leader
   * answers, what it has applied is on its way to the others; their disks can be compared only after this.
   */
  async untilEqual(): Promise<void> {
    await until('the nodes have applied the same', async () => {
      const applied = await Promise.all(
        this.running.map(({ client }) => client.metric('seqnode_entries_applied')),
      );
      return applied.every((each) => each === applied[0]) ? true : undefined;
    });
  }

  /** The node that leads the shard of `path`, as the running nodes see it. */
  async leaderOf(path: string): Promise<NodeProcess> {
    return until(`a leader for ${path}`, async () => {
      for (const node of this.running) {
        try {
          const { nodeName } = await node.client.inspect(path);
          return this.named(nodeName);
        } catch {
          // Ask the next.
        }
      }
      return undefined;
    });
  }

  /** Ends every process and removes a temporary directory, unless somebody else has a node running in it. */
  async dispose(): Promise<void> {
    await Promise.all(this.running.map((node) => node.kill()));
    if (this.#temporary && (await this.strangers()).length === 0)
      rmSync(this.directory, { recursive: true, force: true });
  }

  /** Nodes that somebody else started in the place of ours. */
  async strangers(): Promise<readonly NodeProcess[]> {
    const ours = this.nodes.filter((node) => !node.running);
    const answers = await Promise.all(
      ours.map(({ client }) =>
        client.request('GET', '/livez', undefined, 1000).then(
          () => true,
          () => false,
        ),
      ),
    );
    return ours.filter((_, at) => answers[at]);
  }
}

async function placesOnLoopback(options: ClusterOptions, directory: string): Promise<NodePlace[]> {
  const numbers = Array.from({ length: options.size }, (_, at) => at);
  const ports = await freePorts([
    ...numbers.map((at) => options.p2pPorts?.[at] ?? 0),
    ...numbers.map((at) => options.httpPorts?.[at] ?? 0),
  ]);
  return numbers.map((at) => ({
    name: `n${at + 1}`,
    data: join(directory, `n${at + 1}`),
    p2pPort: ports[at]!,
    httpPort: ports[options.size + at]!,
    ...(options.settings && { settings: options.settings }),
  }));
}

/**
 * Whether the replicas of every shard are those of members: one that was replaced votes until the shard has
 * changed its voters.
 */
function settled({ shards, members }: ClusterAnswer, voters: number): boolean {
  const nodes = new Set(members.map(({ node }) => node));
  return (
    shards.length > 0 &&
    shards.every(
      (shard) =>
        shard.leader !== null &&
        shard.learners.length === 0 &&
        shard.voters.length === voters &&
        shard.voters.every((voter) => nodes.has(voter)),
    )
  );
}
