// `npm run power-loss`: real nodes under load whose disks lose power, one node and all at once; whatever was
// not synced is gone. Nothing acknowledged may be, and no node may find its data damaged. Ends with 75 where
// the layer below the disk cannot be had.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from './cluster.ts';
import { Deposits, differences, readJournal } from './deposits.ts';
import type { NodeProcess } from './node-process.ts';
import { sleep, until } from './node-process.ts';
import { freePorts } from './ports.ts';
import { buildLayer, PowerDisk } from './power/power.ts';
import { spawnWorker, totalOf } from './programs.ts';

const built = buildLayer();
if ('missing' in built) {
  console.log(`power-loss: NOT TESTED: ${built.missing}`);
  process.exit(75);
}
const { layer } = built;

const MIB = 1024 * 1024;
const ACCOUNT = '/test/account';
/** Long messages, so that the logs are cut now and then. */
const KEEPER = `
union Note { Write { text: String } }
: keeper ( Map Note -- Map ) match Write { >text } -> "last" swap map.set end ;
`;
const TEXT = 'x'.repeat(60_000);
const ROUNDS = 2;
const CUT_AFTER_NOTES = 250;

class Run {
  readonly cluster: Cluster;
  readonly #disks: ReadonlyMap<NodeProcess, PowerDisk>;
  readonly #notes: string[] = [];
  #writing = true;
  #written = 0;

  constructor(cluster: Cluster, disks: ReadonlyMap<NodeProcess, PowerDisk>) {
    this.cluster = cluster;
    this.#disks = disks;
  }

  static async start(size: number, directory: string): Promise<Run> {
    const ports = await freePorts(Array.from({ length: 2 * size }, () => 0));
    const disks: PowerDisk[] = [];
    const places = Array.from({ length: size }, (_, at) => {
      const data = join(directory, `n${at + 1}`);
      disks.push(new PowerDisk(data));
      const settings = { ...disks[at]!.env(layer), SEQ_NODE_JOURNAL__SEGMENT_BYTES: String(16 * MIB) };
      return { name: `n${at + 1}`, data, p2pPort: ports[at]!, httpPort: ports[size + at]!, settings };
    });
    const cluster = await Cluster.start({ size, directory, places });
    const run = new Run(cluster, new Map(cluster.nodes.map((node, at) => [node, disks[at]!])));
    const { client } = cluster.node(0);
    await spawnWorker(client, ACCOUNT);
    const { hash: module } = await client.call<{ hash: string }>('POST', '/v1/modules', {
      entry: 'keeper.seq',
      files: { 'keeper.seq': KEEPER },
    });
    for (let at = 0; at < 6; at++) {
      const path = `/test/k${at}`;
      await client.call('POST', `/v1/actors${path}`, { module, word: 'keeper', id: `spawn-${path}` });
      run.#notes.push(path);
    }
    return run;
  }

  /** Writes notes until `end`, whoever answers. */
  write(): Promise<unknown> {
    return Promise.all(
      this.#notes.map(async (path) => {
        for (let number = 0; this.#writing; number++) {
          const { client } = this.cluster.nodes[number % this.cluster.nodes.length]!;
          await client.tell(path, `(Write "${TEXT}")`, `${path}-${number}`).then(
            () => this.#written++,
            () => sleep(50),
          );
        }
      }),
    );
  }

  end(): void {
    this.#writing = false;
  }

  async further(notes: number): Promise<void> {
    const before = this.#written;
    await until(`${notes} further notes`, async () => (this.#written >= before + notes ? true : undefined), {
      timeoutMs: 120_000,
    });
  }

  /** All lose power in one moment, and get it back. */
  async cut(nodes: readonly NodeProcess[]): Promise<void> {
    await Promise.all(nodes.map((node) => node.kill()));
    for (const node of nodes) this.#disks.get(node)!.cut();
    await Promise.all(nodes.map((node) => node.start([], 60_000)));
  }
}

/** What was found wrong. */
async function tryOut(size: number, struck: number): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'seq-power-loss-'));
  const run = await Run.start(size, directory);
  const { cluster } = run;
  try {
    const deposits = Deposits.start(cluster, {
      path: ACCOUNT,
      clients: 2,
      outstanding: 4,
      pauseMs: 1,
      run: 'p',
    });
    const writing = run.write();
    for (let round = 0; round < ROUNDS; round++) {
      await run.further(CUT_AFTER_NOTES);
      const nodes = Array.from({ length: struck }, (_, at) => cluster.nodes[(round + at) % size]!);
      await run.cut(nodes);
      await run.further(20);
    }
    run.end();
    await writing;
    await deposits.stop();
    await cluster.untilReplicated(Math.min(3, size));
    const found = [...deposits.refused];
    if (deposits.acknowledged.length < 50)
      found.push(`only ${deposits.acknowledged.length} deposits were acknowledged`);
    for (const { client, place, stderr } of cluster.nodes) {
      const journal = await until('the journal', () => readJournal(client, ACCOUNT));
      found.push(...differences(journal, deposits.acknowledged, await totalOf(client, ACCOUNT)));
      const damage = /.*(damaged|repairing).*/.exec(stderr)?.[0];
      if (damage !== undefined) found.push(`${place.name} says: ${damage}`);
    }
    console.log(`  ${deposits.acknowledged.length} acknowledged deposits, ${found.length} faults`);
    return found;
  } finally {
    run.end();
    await cluster.dispose();
    rmSync(directory, { recursive: true, force: true });
  }
}

let faults = 0;
for (const [size, struck] of [
  [1, 1],
  [3, 1],
  [3, 3],
] as const) {
  console.log(`power-loss: ${struck} of ${size} nodes, ${ROUNDS} times`);
  const found = await tryOut(size, struck).catch((error: unknown) => [String(error)]);
  for (const each of found.slice(0, 10)) console.log(`  ${each}`);
  faults += found.length;
}
console.log(`power-loss: ${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
