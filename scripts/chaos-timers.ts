// `npm run chaos:timers [-- --rounds 10] [-- --seed N]`: SIGKILL of the node that leads the shard of timers,
// or of watches, round after round, while timers are set and watched actors end. Each timer must ring, and
// each end be told, exactly once.

import type { Cluster } from '../integration/cluster.ts';
import type { NodeClient } from '../integration/node-client.ts';
import { until } from '../integration/node-process.ts';
import type { SeededRandom } from '../node/base/random.ts';
import { pause, playRounds } from './chaos-rounds.ts';
import { bold, say } from './progress.ts';

const USAGE = {
  command: 'npm run chaos:timers',
  summary: 'Kills the leader of timers and of watches, and counts what rang and what was told.',
  options: [
    { title: '--rounds N', doc: 'how many kills, one after the other; 10 unless said' },
    { title: '--seed N', doc: 'which, and when; another one each time unless said' },
  ],
};

const SOURCE = `
union Msg {
  Set { number: String, ms: Int }
  Ring { number: String }
  Watch { whom: String }
  Terminated { path: String, reason: Symbol }
}
: bump ( Map T -- Map )
  over over map.get [ ] [ drop 0 ] if 1 i.add map.set ;
: keeper ( Map Msg -- Map )
  match
    Set { >number >ms } -> >aux Make-Ring actor.self swap aux> actor.send-after drop
    Ring { >number } -> bump
    Watch { >whom } -> actor.watch
    Terminated { >path >reason } -> drop bump
  end ;
: mortal ( Map Int -- Map ) drop ;
`;
const KEEPER = '/chaos/timers/keeper';
const WATCHER = '/chaos/watches/watcher';
const TIMERS = 20;
const MORTALS = 3;
const SETTLE_MS = 60_000;

class Play {
  readonly #cluster: Cluster;
  readonly #random: SeededRandom;
  #hash = '';
  #timers = 0;
  readonly #ended: string[] = [];

  constructor(cluster: Cluster, random: SeededRandom) {
    this.#cluster = cluster;
    this.#random = random;
  }

  async run(rounds: number): Promise<number> {
    const bundle = { entry: 'timers.seq', files: { 'timers.seq': SOURCE } };
    const module = await this.#insist((client) =>
      client.call<{ hash: string }>('POST', '/v1/modules', bundle),
    );
    this.#hash = module.hash;
    await Promise.all([this.#spawn(KEEPER, 'keeper'), this.#spawn(WATCHER, 'keeper')]);
    for (let round = 1; round <= rounds; round++) {
      const of = round % 2 === 0 ? WATCHER : KEEPER;
      const victim = await this.#cluster.leaderOf(of);
      const work = this.#work(round);
      await pause(this.#random.below(1500));
      await victim.kill();
      await pause(this.#random.below(3000));
      await victim.start();
      await work;
      say(`${round}: kill of ${victim.place.name}, which led ${of}; ${this.#timers} timers set`);
    }
    return this.#judge();
  }

  /** Sets timers, some of which fall due while a node is down, and lets watched actors end. */
  async #work(round: number): Promise<void> {
    const timers = Array.from({ length: TIMERS }, () => {
      const number = ++this.#timers;
      return this.#tell(KEEPER, `Set "${number}" ${200 + this.#random.below(4000)}`, `set-${number}`);
    });
    const ends = Array.from({ length: MORTALS }, async (_, at) => {
      const path = `/chaos/mortal/m${round}-${at}`;
      const delay = this.#random.below(2000);
      await this.#spawn(path, 'mortal');
      await this.#tell(WATCHER, `Watch ${JSON.stringify(path)}`, `watch-${path}`);
      await pause(delay);
      const body = { id: `stop-${path}`, timeoutMs: 2000 };
      await this.#insist((client) => client.call('DELETE', `/v1/actors${path}`, body, 4000));
      this.#ended.push(path);
    });
    await Promise.all([...timers, ...ends]);
  }

  #spawn(path: string, word: string): Promise<unknown> {
    const body = { module: this.#hash, word, id: `spawn-${path}`, timeoutMs: 2000 };
    return this.#insist((client) => client.call('POST', `/v1/actors${path}`, body, 4000));
  }

  #tell(path: string, message: string, id: string): Promise<unknown> {
    return this.#insist((client) => client.tell(path, message, id, 2000));
  }

  /** One node after the other, with the same id, until one of them says yes. */
  #insist<T>(ask: (client: NodeClient) => Promise<T>): Promise<T> {
    let at = 0;
    return until('an answer', () => ask(this.#cluster.node(at++ % this.#cluster.nodes.length).client));
  }

  async #judge(): Promise<number> {
    const wanted = {
      [KEEPER]: Array.from({ length: this.#timers }, (_, at) => String(at + 1)),
      [WATCHER]: this.#ended,
    };
    const end = performance.now() + SETTLE_MS;
    let found: string[] = [];
    // What is wrong at once stays wrong; what is missing may be on its way.
    for (let last = false; ; last = performance.now() > end) {
      found = [];
      for (const [path, keys] of Object.entries(wanted)) {
        const { state } = await this.#insist((client) => client.inspect(path));
        found.push(...differences(path, state as Readonly<Record<string, number>>, keys));
      }
      if (found.length === 0 || last) break;
      await pause(500);
    }
    // Nothing comes a second time afterwards.
    if (found.length === 0) {
      await pause(3000);
      for (const [path, keys] of Object.entries(wanted)) {
        const { state } = await this.#insist((client) => client.inspect(path));
        found.push(...differences(path, state as Readonly<Record<string, number>>, keys));
      }
    }
    for (const difference of found.slice(0, 20)) process.stdout.write(`  ${difference}\n`);
    say(
      found.length === 0
        ? bold(`${this.#timers} timers rang once each, and ${this.#ended.length} ends were told once each`)
        : bold(`${found.length} differences`),
    );
    return found.length === 0 ? 0 : 1;
  }
}

/** Where the counts are not one for each of the keys. */
function differences(
  path: string,
  counts: Readonly<Record<string, number>>,
  keys: readonly string[],
): string[] {
  const wrong = keys
    .filter((key) => counts[key] !== 1)
    .map((key) => `${path}: ${key} came ${counts[key] ?? 0} times`);
  const strange = Object.keys(counts).filter((key) => !keys.includes(key));
  return [...wrong, ...strange.map((key) => `${path}: ${key} was never asked for`)];
}

await playRounds(USAGE, 10, (cluster, rounds, random) => new Play(cluster, random).run(rounds));
