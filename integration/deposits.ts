// Many depositors at once, what they were promised, and whether the cluster kept it.
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ended, spawnTracked } from './children.ts';
import type { Cluster } from './cluster.ts';
import { seqNodeOk } from './command.ts';
import type { Deposit, DepositorOptions, DepositorReport } from './depositor.ts';
import type { NodeClient } from './node-client.ts';
import { ROOT } from './node-process.ts';

const SCRIPT = join(ROOT, 'integration', 'depositor.ts');

export interface DepositsOptions {
  readonly path: string;
  readonly clients: number;
  readonly outstanding: number;
  readonly pauseMs: number;
  /** Makes the ids of this run differ from those of others at the same account. */
  readonly run: string;
}

export class Deposits {
  readonly acknowledged: Deposit[] = [];
  readonly refused: string[] = [];
  readonly #children: ChildProcess[] = [];

  static start(cluster: Cluster, options: DepositsOptions): Deposits {
    const deposits = new Deposits();
    const addresses = cluster.nodes.map((node) => node.httpAddress);
    for (let at = 0; at < options.clients; at++) {
      const { path, outstanding, pauseMs, run } = options;
      // Each client begins with another node.
      const rotated = [
        ...addresses.slice(at % addresses.length),
        ...addresses.slice(0, at % addresses.length),
      ];
      deposits.#start({ client: `${run}-c${at + 1}`, path, addresses: rotated, outstanding, pauseMs });
    }
    return deposits;
  }

  /** Lets every outstanding deposit come to its acknowledgement, then ends the clients. */
  async stop(timeoutMs = 60_000): Promise<void> {
    for (const child of this.#children) if (child.connected) child.send('stop');
    const timer = setTimeout(() => {
      this.refused.push('a client did not get its last acknowledgements in time');
      for (const child of this.#children) child.kill('SIGKILL');
    }, timeoutMs);
    await Promise.all(this.#children.map(ended));
    clearTimeout(timer);
  }

  /** The first deposit that was begun after `time` (since 1970) and acknowledged. */
  firstAfter(time: number): Deposit | undefined {
    let first: Deposit | undefined;
    for (const deposit of this.acknowledged)
      if (deposit.startedAt >= time && (first === undefined || deposit.acknowledgedAt < first.acknowledgedAt))
        first = deposit;
    return first;
  }

  /** The first acknowledgement after `time`, whenever the deposit was begun. */
  firstAckAfter(time: number): Deposit | undefined {
    let first: Deposit | undefined;
    for (const deposit of this.acknowledged)
      if (
        deposit.acknowledgedAt > time &&
        (first === undefined || deposit.acknowledgedAt < first.acknowledgedAt)
      )
        first = deposit;
    return first;
  }

  #start(options: DepositorOptions): void {
    const child = spawnTracked(process.execPath, [SCRIPT, JSON.stringify(options)], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.on('message', (message) => this.#onReport(message as DepositorReport));
    child.once('exit', (code, signal) => {
      if (code !== 0) this.refused.push(`${options.client} ended with ${code ?? signal}`);
    });
    this.#children.push(child);
  }

  #onReport(report: DepositorReport): void {
    if (report.kind === 'deposited') this.acknowledged.push(...report.deposits);
    else if (report.kind === 'refused') this.refused.push(`${report.id}: ${report.why}`);
  }
}

export interface JournalRecord {
  readonly sequence: number;
  readonly kind: string;
  readonly message: unknown;
  readonly reply?: unknown;
  readonly origin: string | null;
}

/** Everything in which a journal differs from what the clients were promised; empty when nothing does. */
export function differences(
  journal: readonly JournalRecord[],
  acknowledged: readonly Pick<Deposit, 'id' | 'amount' | 'sequence'>[],
  balance: number | undefined,
): string[] {
  const found: string[] = [];
  let sum = 0;
  const seen = new Map<string, { readonly sequence: number; readonly amount: number }>();
  journal.forEach((record, at) => {
    if (record.sequence !== at + 1)
      found.push(`record ${at + 1} of the journal has sequence ${record.sequence}`);
    const amount = depositedAmount(record.message);
    if (amount === undefined) return;
    sum += amount;
    if (record.origin === null) return;
    const id = clientId(record.origin);
    const before = seen.get(id);
    if (before !== undefined)
      found.push(`${id} is in the journal twice: records ${before.sequence} and ${record.sequence}`);
    seen.set(id, { sequence: record.sequence, amount });
  });
  for (const { id, amount, sequence } of acknowledged) {
    const kept = seen.get(id);
    if (kept === undefined) found.push(`${id} was acknowledged and is not in the journal`);
    else if (kept.sequence !== sequence)
      found.push(`${id} was acknowledged as record ${sequence} and is record ${kept.sequence}`);
    else if (kept.amount !== amount)
      found.push(`${id} deposited ${amount}; its record ${sequence} says ${kept.amount}`);
  }
  if (balance !== undefined && balance !== sum)
    found.push(`the balance is ${balance}; the journal says ${sum}`);
  return found;
}

/** The amount of a `(Deposit n)` as it stands in JSON. */
function depositedAmount(message: unknown): number | undefined {
  const fields = (message as { Deposit?: unknown } | null)?.Deposit;
  return Array.isArray(fields) && typeof fields[0] === 'number' ? fields[0] : undefined;
}

/** The id that the client gave, out of what the journal keeps of a message's origin. */
function clientId(origin: string): string {
  return origin.replace(/^(client|c):/, '').replace(/#\d+$/, '');
}

/** The whole journal of an actor, over HTTP. */
export async function readJournal(client: NodeClient, path: string): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for (let from: number | null = 1; from !== null; ) {
    const page: { records: JournalRecord[]; next: number | null } = await client.call(
      'GET',
      `/v1/actors${path}/journal?from=${from}&limit=1000`,
    );
    records.push(...page.records);
    from = page.next;
  }
  return records;
}

/** The journal of an actor as it lies in the data directory of a node that does not run. */
export async function dumpJournal(data: string, path: string): Promise<JournalRecord[]> {
  const text = await seqNodeOk(['journal', 'dump', path, '--data', data, '--json'], 120_000);
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) return JSON.parse(trimmed) as JournalRecord[];
  return trimmed === '' ? [] : trimmed.split('\n').map((line) => JSON.parse(line) as JournalRecord);
}
