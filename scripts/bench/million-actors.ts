// A node with many durable actors of which few stay in memory, each phase in a process of its own:
// `million-actors.ts fill DIRECTORY COUNT` makes them, `open DIRECTORY COUNT` starts the node again, wakes
// some, and prints what that took.
import { Variant } from '../../node/base/value.ts';
import type { RunningNode } from '../../node/host/node.ts';
import { startNode, usedBytes } from './one-node.ts';

const RESIDENT = 10_000;
const AT_ONCE = 2000;
const ASKED = 20_000;

const [phase, directory = '', countText] = process.argv.slice(2);
const COUNT = Number(countText);
const SETTINGS = [['runtime.resident-actors-max', String(RESIDENT)]] as const;

const pathOf = (at: number) => `/bench/many/a${at}`;

async function inBatches(count: number, act: (at: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, at) => act(from + at)));
}

async function fill(): Promise<void> {
  const { node, module } = await startNode('many', directory, { create: true, settings: SETTINGS });
  const startedAt = performance.now();
  await inBatches(COUNT, (at) => node.api.spawn(pathOf(at), { module, word: 'worker' }, { id: `s${at}` }));
  const seconds = (performance.now() - startedAt) / 1000;
  await node.stop();
  process.stdout.write(`${JSON.stringify({ perSecond: COUNT / seconds })}\n`);
}

async function open(): Promise<void> {
  const before = await usedBytes();
  const startedAt = performance.now();
  const { node } = await startNode('many', directory, { create: false, settings: SETTINGS });
  await node.api.ask(pathOf(0), new Variant('Total', []), { id: 'first' });
  const startMs = performance.now() - startedAt;
  const started = (await usedBytes()) - before;
  // Far more than stay in memory.
  const step = Math.max(1, Math.floor(COUNT / ASKED));
  await inBatches(ASKED, (at) =>
    node.api.tell(pathOf((at * step) % COUNT), new Variant('Add', [1]), { id: `t${at}` }),
  );
  const bytes = (await usedBytes()) - before;
  const resident = residentOf(node);
  const { rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ startMs, started, bytes, resident, rss })}\n`);
  await node.stop();
}

const residentOf = (node: RunningNode) =>
  Number(/^seqnode_actors_resident (\d+)$/m.exec(node.api.metrics())?.[1]);

await (phase === 'fill' ? fill() : open());
