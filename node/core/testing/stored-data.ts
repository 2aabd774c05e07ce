// What a node left, as text: its rows and its logs, each in hex.
import { readFileSync } from 'node:fs';
import type { RecoveredGroup } from '../../base/log.ts';
import type { KeyValue } from '../types.ts';
import type { LoneNode } from './lone-node.ts';

export interface Stored {
  readonly rows: readonly KeyValue[];
  readonly groups: readonly RecoveredGroup[];
}

/** Reads a file of this folder. */
export function readStored(name: string): Stored {
  const rows: KeyValue[] = [];
  const groups: (RecoveredGroup & { entries: RecoveredGroup['entries'][number][] })[] = [];
  for (const line of readFileSync(new URL(name, import.meta.url), 'utf8').split('\n')) {
    const [kind, ...fields] = line.split(' ');
    if (kind === 'row') rows.push([Uint8Array.fromHex(fields[0]!), Uint8Array.fromHex(fields[1] ?? '')]);
    else if (kind === 'group') groups.push({ ...JSON.parse(fields.join(' ')), entries: [] });
    else if (kind === 'entry') {
      const [index, term, of, data = ''] = fields;
      const entry = { index: Number(index), term: Number(term), kind: of, data: Uint8Array.fromHex(data) };
      groups.at(-1)!.entries.push(entry as never);
    }
  }
  return { rows, groups };
}

/** What `readStored` reads, below a line that says what it is. */
export function formatStored(title: string, lone: LoneNode): string {
  const lines = [`# ${title}`];
  for (const [key, value] of lone.rows()) lines.push(`row ${key.toHex()} ${value.toHex()}`);
  for (const { entries, ...group } of lone.logGroups()) {
    lines.push(`group ${JSON.stringify(group)}`);
    for (const { index, term, kind, data } of entries)
      lines.push(`entry ${index} ${term} ${kind} ${data.toHex()}`);
  }
  return `${lines.join('\n')}\n`;
}
