// The supervised children of `npm run chaos`: they count and fault while nodes are killed, also the one that
// leads the shard of their supervisor.
//
// K1 each fault is one restart, in the count of the supervisor and in the journal of the child.
// K2 what a child counted is counted once, and no restart takes it back.

import type { Cluster } from '../integration/cluster.ts';
import { dumpJournal } from '../integration/deposits.ts';
import { RefusedError } from '../integration/node-client.ts';
import { type NodeProcess, until } from '../integration/node-process.ts';
import { PASSING_CODES } from '../node/base/errors.ts';
import { pause } from './chaos-rounds.ts';

const SUPERVISOR = '/user/chaos/crew';
const IDS = ['a', 'b', 'c'];
const SOURCE = `
union Hand-Message { Count Perish Counted }
: counted ( Map -- Int ) "count" map.get [ ] [ drop 0 ] if ;
: hand ( Map Hand-Message -- Map )
  match
    Count -> dup counted 1 i.+ "count" swap map.set
    Perish -> 1 0 divide drop
    Counted -> dup counted actor.reply
  end ;
`;
/** An operation that has no outcome for so long counts as stuck. */
const STUCK_MS = 60_000;
const REST_MS = 30_000;
const PAUSE_MS = 20;

interface SupervisorAnswer {
  readonly supervises: {
    readonly restarted: number;
    readonly children: readonly { readonly id: string; readonly status: string }[];
  } | null;
}

export class ChaosSupervision {
  readonly #cluster: Cluster;
  readonly #faults = new Map(IDS.map((id) => [id, 0]));
  readonly #counts = new Map(IDS.map((id) => [id, 0]));
  readonly #refused: string[] = [];
  #done: Promise<void> = Promise.resolve();
  #stopped = false;
  #next = 0;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async start(cluster: Cluster): Promise<ChaosSupervision> {
    const { client } = cluster.node(0);
    const bundle = { entry: 'hand.seq', files: { 'hand.seq': SOURCE } };
    const { hash } = await until('the program of the children is deployed', () =>
      client.call<{ hash: string }>('POST', '/v1/modules', bundle),
    );
    const program = { Code: [hash, 'hand', []] };
    const supervisor = {
      intensity: 1_000_000,
      'period-ms': 3_600_000,
      children: IDS.map((id) => ({ id, program })),
    };
    await until('the supervisor is started', () =>
      client.call('POST', `/v1/actors${SUPERVISOR}`, { supervisor, id: 'crew' }),
    );
    const chaos = new ChaosSupervision(cluster);
    await chaos.#untilAtRest();
    chaos.#done = chaos.#work();
    return chaos;
  }

  leader(): Promise<NodeProcess> {
    return this.#cluster.leaderOf(SUPERVISOR);
  }

  get faults(): number {
    return sum(this.#faults);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  /** One operation after the other: how often a child was restarted is known. */
  async #work(): Promise<void> {
    for (let at = 0; !this.#stopped; at++) {
      const id = IDS[at % IDS.length]!;
      const perishes = at % 2 === 0;
      const outcome = await this.#insist(
        `${SUPERVISOR}/${id}`,
        perishes ? 'Perish' : 'Count',
        `crew-${++this.#next}`,
      );
      const wanted = perishes ? 'turn-failed' : 'ok';
      if (outcome !== wanted) this.#refused.push(`child ${id}: ${outcome}, not ${wanted}`);
      const known = perishes ? this.#faults : this.#counts;
      known.set(id, known.get(id)! + 1);
      await pause(PAUSE_MS);
    }
  }

  /** The same message by the same id, at one node after the other, until its outcome is known. */
  async #insist(path: string, message: string, id: string): Promise<string> {
    const until = performance.now() + STUCK_MS;
    for (let attempt = 0; performance.now() < until; attempt++) {
      const running = this.#cluster.running;
      const node = running[attempt % running.length];
      try {
        if (node === undefined) throw new Error('no node runs');
        await node.client.tell(path, message, id, 2000);
        return 'ok';
      } catch (error) {
        if (error instanceof RefusedError && !PASSING_CODES.has(error.code)) return error.code;
        await pause(PAUSE_MS);
      }
    }
    throw new Error(`${message} to ${path} has no outcome after ${STUCK_MS} ms`);
  }

  /** Until all children run and the supervisor has counted every fault. */
  async #untilAtRest(): Promise<number> {
    let restarted = -1;
    await until(
      'the supervised children run again',
      async () => {
        for (const { client } of this.#cluster.running) {
          const { supervises } = await client.call<SupervisorAnswer>('GET', `/v1/actors${SUPERVISOR}`);
          restarted = supervises?.restarted ?? -1;
          const run = supervises?.children.filter(({ status }) => status === 'running').length;
          return run === IDS.length && restarted >= this.faults ? true : undefined;
        }
        return undefined;
      },
      { timeoutMs: REST_MS, everyMs: 100 },
    );
    return restarted;
  }

  /** To be called while all nodes run, and once nothing works any more. */
  async differences(): Promise<string[]> {
    const found = [...this.#refused];
    const restarted = await this.#untilAtRest();
    if (restarted !== this.faults)
      found.push(`the supervisor counts ${restarted} restarts after ${this.faults} faults`);
    const { client } = this.#cluster.running[0]!;
    for (const id of IDS) {
      const { response } = await client.ask(`${SUPERVISOR}/${id}`, 'Counted', `counted-${id}`);
      if (response !== this.#counts.get(id))
        found.push(`child ${id} has counted ${response}, not ${this.#counts.get(id)}`);
    }
    return found;
  }

  /** To be called once all nodes are stopped. */
  async journalDifferences(): Promise<string[]> {
    const found: string[] = [];
    for (const { place } of this.#cluster.nodes)
      for (const id of IDS) {
        const journal = await dumpJournal(place.data, `${SUPERVISOR}/${id}`);
        const starts = journal.filter(({ kind }) => kind === 'resumed').length;
        const wanted = this.#faults.get(id);
        if (starts !== wanted)
          found.push(`${place.name}: child ${id} was restarted ${starts} times, not ${wanted}`);
      }
    return found;
  }
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((all, each) => all + each, 0);
