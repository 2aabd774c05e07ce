// Exports and imports of many records: `node scripts/with-node.mjs scripts/bench/exports.ts [RECORDS]` prints
// one JSON object for each. A node in a process of its own, and the command line in another; what is imported
// first is made here.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../../integration/cluster.ts';
import { COMMAND } from '../../integration/node-process.ts';
import type { BehaviourRef } from '../../node/base/behaviour-ref.ts';
import { moduleHash } from '../../node/base/ids.ts';
import { SeqMap, Variant } from '../../node/base/value.ts';
import { createExport, FORMATS } from '../../node/host/export/formats.ts';
import { EXPORT_VERSION, type ExportItem } from '../../node/host/export/items.ts';
import { type ExportRow, Summing, Totals } from '../../node/host/export/rows.ts';
import { encodeRecord } from '../../node/journal/journal-record.ts';
import { encodeHead } from '../../node/runtime/actor/head-row.ts';
import { encodeSnapshot } from '../../node/runtime/actor/snapshot-row.ts';

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const ACTORS = 1000;
const CODE: BehaviourRef = {
  module: moduleHash('ab'.repeat(32)),
  target: { word: 'account' },
  captured: [],
};

/** Accounts into which amounts were paid, one by one. */
function* madeItems(): Generator<ExportItem> {
  const totals = new Totals();
  const about = { export: 'bench', cluster: 'bench', program: '0', atMillis: 0, prefix: '/', shards: [] };
  const header = { version: EXPORT_VERSION, ...about, counters: { wall: 0, sent: 0, letters: 1 } };
  totals.before(header);
  yield { kind: 'header', header };
  for (let actor = 0; actor < ACTORS; actor++) {
    const path = `/bench/accounts/${actor}`;
    yield { kind: 'actor', path };
    const summing = new Summing();
    const rows = madeRows(Math.ceil(RECORDS / ACTORS));
    for (const row of rows) summing.add(row);
    yield { kind: 'rows', rows };
    totals.add(path, summing.sum);
    yield { kind: 'actor-end', path, sum: summing.sum };
  }
  yield { kind: 'end', totals: totals.sum };
}

function madeRows(records: number): ExportRow[] {
  const life = { lifecycle: 'running', since: 1, mode: 'durable', incarnation: 'bench', sent: 0 } as const;
  const nothing = {
    lastFault: null,
    pending: null,
    restarts: [],
    supervisor: null,
    stash: null,
    subscriptions: new Map(),
  };
  const watches = { journalReads: false, watching: new Map(), watchers: 0 };
  const rows: ExportRow[] = [
    { kind: 'head', name: '', value: encodeHead({ code: CODE, ...life, ...nothing, ...watches }) },
  ];
  for (let sequence = 1; sequence <= records; sequence++) {
    const value = encodeRecord({
      sequence,
      kind: 'turn',
      term: 1,
      atMillis: 1_700_000_000_000 + sequence,
      code: CODE,
      origin: { source: `c:pay-${sequence}`, number: 0 },
      message: new Variant('Deposit', [sequence]),
      events: [],
      patch: { set: [['balance', sequence]], removed: [] },
      reply: null,
      sent: [],
      inputs: null,
    });
    rows.push({ kind: 'record', name: String(sequence), value });
  }
  const nothingYet: SeqMap = SeqMap.empty;
  const state = nothingYet.set('balance', records);
  rows.push({ kind: 'snapshot', name: '', value: encodeSnapshot({ sequence: records, state }) });
  return rows;
}

/** The most memory that the process had, in bytes. */
function peakBytes(pid: number): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function run(args: readonly string[]): Promise<{ readonly seconds: number; readonly peak: number }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakBytes(child.pid!));
  }, 100);
  return new Promise((resolve, reject) =>
    child.once('exit', (code) => {
      clearInterval(watch);
      if (code === 0) resolve({ seconds: (performance.now() - startedAt) / 1000, peak });
      else reject(new Error(`seq-node ${args.join(' ')} exited with ${code}`));
    }),
  );
}

const cluster = await Cluster.lone();
try {
  const folder = join(cluster.directory, 'exports');
  mkdirSync(folder);
  const made = join(folder, 'made');
  const writer = createExport('files', made);
  for (const item of madeItems()) await writer.write(item);
  await writer.finish();
  const { client } = cluster.node(0);
  const measure = async (what: string, args: readonly string[]) => {
    const { seconds, peak } = await run([...args, '--node', client.base]);
    const recordsPerSecond = Math.round(RECORDS / seconds);
    process.stdout.write(`${JSON.stringify({ what, records: RECORDS, seconds, recordsPerSecond, peak })}\n`);
  };
  await measure('import files', ['journal', 'import', made]);
  for (const format of FORMATS) {
    const out = join(folder, format);
    await measure(`export ${format}`, ['journal', 'export', '--format', format, '--out', out]);
    await measure(`check ${format}`, ['journal', 'import', out, '--check']);
    rmSync(out, { recursive: true });
  }
} finally {
  await cluster.dispose();
}
