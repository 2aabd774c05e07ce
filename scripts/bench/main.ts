// `npm run bench [-- --json] [-- --only NAME]`: every figure beside the machine's raw limit, taken in the
// same run. Three nodes on this machine, clients in processes of their own. `npm run bench -- lang`: the
// language beside plain JavaScript, and beside other languages, see lang-programs.ts. `--only` takes a part
// of a name and may be repeated.
import type { Cluster } from '../../integration/cluster.ts';
import { readOptions } from '../../integration/options.ts';
import { manyAsks, oneAsk } from './asks.ts';
import { startBenchCluster } from './bench-cluster.ts';
import { localSends, remoteSends } from './casts.ts';
import { failover } from './failover.ts';
import { httpAsks } from './http.ts';
import { heartbeatJitter, idleActorBytes, idleCpu, manyActors } from './idle.ts';
import { lang } from './lang.ts';
import { type Comparison, formatComparisons, langPrograms } from './lang-programs.ts';
import { manyReads, oneRead } from './reads.ts';
import { formatRows, type Measured, type Row } from './report.ts';
import { supervisedRestarts } from './supervised.ts';
import { tasksDone } from './tasks.ts';
import { pendingTimerMemory, timersSetAndFired } from './timers.ts';
import { WAKE_UP_SETTINGS, wakeUps } from './wake-ups.ts';

interface Task {
  readonly name: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly run: (cluster: Cluster, peers: Peers) => Promise<Measured | readonly Measured[]>;
}

/** Binaries of others to compare with. */
interface Peers {
  readonly etcd: string | undefined;
}

const HTTP: Task = { name: 'http', run: (cluster, { etcd }) => httpAsks(cluster, etcd) };
const TASKS: readonly Task[] = [
  { name: 'idle-cpu', run: idleCpu },
  { name: 'durable-asks-256', run: manyAsks },
  { name: 'durable-asks-1', run: oneAsk },
  HTTP,
  { name: 'reads-256', run: manyReads },
  { name: 'reads-1', run: oneRead },
  { name: 'timers', run: timersSetAndFired },
  { name: 'supervised-restart', run: supervisedRestarts },
  { name: 'wake-up', settings: WAKE_UP_SETTINGS, run: wakeUps },
  { name: 'tasks', run: tasksDone },
  { name: 'remote-volatile', run: remoteSends },
  { name: 'local-volatile', run: localSends },
  {
    name: 'heartbeat-jitter',
    settings: { SEQ_NODE_RUNTIME__RESTART_LIMIT: '1000' },
    run: heartbeatJitter,
  },
  { name: 'failover', run: failover },
];
/** Those that start nodes of their own. */
const LONE: readonly { name: string; run: () => Promise<Measured | readonly Measured[]> }[] = [
  { name: 'idle-actor-bytes', run: idleActorBytes },
  { name: 'pending-timers', run: pendingTimerMemory },
  { name: 'million-actors', run: manyActors },
];
const USAGE = {
  command: 'npm run bench',
  summary:
    "Measures a cluster on this machine, each figure beside the machine's raw limit, taken in the same run.",
  options: [
    { title: 'lang', doc: 'the language instead, beside plain JavaScript, Go, Rust and Python' },
    { title: 'http', doc: 'asks over HTTP instead: rates, times and CPU at 1, 16 and 256 outstanding' },
    { title: '--etcd PATH', doc: 'also puts to three members of this etcd, in the same run' },
    { title: '--reference DIR', doc: 'with lang: also the programs of the reference that lies there' },
    { title: '--seqc BIN', doc: 'with lang: also beside native code of this compiler' },
    { title: '--only NAME', doc: 'only figures whose name has this part; may be repeated' },
    { title: '--json', doc: 'as JSON' },
  ],
};

async function main(): Promise<number> {
  const options = {
    json: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    etcd: { type: 'string' },
    reference: { type: 'string' },
    seqc: { type: 'string' },
  } as const;
  const { values, positionals } = readOptions(USAGE, options, ['lang', 'http']);
  const wanted = (name: string) =>
    values.only === undefined || values.only.some((part) => name.includes(part));
  const rows: Measured[] = [];
  let failures = 0;
  const isLang = positionals.includes('lang');
  const isHttp = positionals.includes('http');
  const tasks = isHttp ? [HTTP] : TASKS.filter((task) => wanted(task.name));
  let comparisons: readonly Comparison[] = [];
  if (isLang) {
    rows.push(...(await lang(wanted)));
    comparisons = langPrograms(wanted, values.reference, values.seqc);
  }
  for (const { name, settings, run } of isLang ? [] : tasks) {
    process.stderr.write(`${name} …\n`);
    // Each on a cluster of its own, so that no measurement is paid for by the one before.
    const cluster = await startBenchCluster(settings);
    try {
      rows.push(...[await run(cluster, { etcd: values.etcd })].flat());
    } catch (error) {
      failures++;
      process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    } finally {
      await cluster.dispose();
    }
  }
  for (const { name, run } of isLang || isHttp ? [] : LONE.filter((each) => wanted(each.name))) {
    process.stderr.write(`${name} …\n`);
    rows.push(...[await run()].flat());
  }
  if (values.json === true) {
    const plain: Row[] = rows.map(({ name, unit, median, min, max, limit, ratio }) => ({
      name,
      unit,
      median,
      min,
      max,
      limit,
      ratio,
    }));
    const programs = comparisons.map(({ name, times }) => ({ name, times: Object.fromEntries(times) }));
    process.stdout.write(`${JSON.stringify([...plain, ...programs], null, 2)}\n`);
  } else {
    process.stdout.write(`${formatRows(rows)}\n`);
    for (const { name, note } of rows) process.stdout.write(`  ${name}: ${note}\n`);
    if (comparisons.length > 0) process.stdout.write(`\n${formatComparisons(comparisons)}\n`);
  }
  return failures > 0 ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
