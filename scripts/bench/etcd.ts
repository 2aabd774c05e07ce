// Three members of etcd on this machine, from a given binary, for a comparison in the same run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, spawnTracked } from '../../integration/children.ts';
import { until } from '../../integration/node-process.ts';
import { freePorts } from '../../integration/ports.ts';

export interface Etcd {
  /** HOST:PORT of the member that leads. */
  readonly leader: string;
  readonly pids: readonly number[];
  dispose(): Promise<void>;
}

export async function startEtcd(binary: string): Promise<Etcd> {
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-bench-'));
  const ports = await freePorts([0, 0, 0, 0, 0, 0]);
  const peers = ports.slice(0, 3).map((port) => `http://127.0.0.1:${port}`);
  const clients = ports.slice(3).map((port) => `127.0.0.1:${port}`);
  const initial = peers.map((url, at) => `m${at}=${url}`).join(',');
  const children = peers.map((url, at) => {
    const client = `http://${clients[at]}`;
    const words = [
      ...['--name', `m${at}`, '--data-dir', join(directory, `m${at}`)],
      ...['--listen-peer-urls', url, '--initial-advertise-peer-urls', url],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--initial-cluster', initial, '--initial-cluster-state', 'new'],
    ];
    return spawnTracked(binary, words, { stdio: 'ignore' });
  });
  const dispose = async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map(ended));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const leader = await until('etcd has a leader', () => leaderOf(clients));
    return { leader, pids: children.map(({ pid }) => pid!), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function leaderOf(clients: readonly string[]): Promise<string | undefined> {
  for (const client of clients) {
    const answer = await fetch(`http://${client}/v3/maintenance/status`, { method: 'POST', body: '{}' });
    const { leader, header } = (await answer.json()) as { leader?: string; header: { member_id: string } };
    if (leader !== undefined && leader !== '0' && leader === header.member_id) return client;
  }
  return undefined;
}
