// The row of a group: it describes the group's state in the store, and is written in the same batch.
import type { ConfigState } from '../../base/log.ts';
import { MsgpackWriter } from '../../base/msgpack-writer.ts';
import { pack } from '../../base/pack.ts';
import type { Position } from '../../cluster/replica.ts';
import { ROW_VERSION, readRow } from '../../runtime/actor/row.ts';

const writer = new MsgpackWriter();
/** A membership changes seldom and is written with every entry. */
const configBytes = new WeakMap<ConfigState, Uint8Array>();

export function encodeGroupRow(position: Position): Uint8Array {
  const { generation, appliedIndex, appliedTerm, begins, config } = position;
  writer.clear();
  writer.list(6);
  writer.count(ROW_VERSION, 'the version');
  writer.count(generation, 'the generation');
  writer.count(appliedIndex, 'the applied index');
  writer.count(appliedTerm, 'the applied term');
  writer.raw(bytesOfConfig(config));
  writer.count(begins, 'where it begins');
  return writer.take();
}

function bytesOfConfig(config: ConfigState): Uint8Array {
  const known = configBytes.get(config);
  if (known !== undefined) return known;
  const bytes = pack(config);
  configBytes.set(config, bytes);
  return bytes;
}

export function decodeGroupRow(bytes: Uint8Array): Position {
  return readRow(bytes, 'The row of a group', (fields) => {
    // Rows of earlier programs do not say where they begin: any place may be it.
    const [generation, appliedIndex, appliedTerm, config, begins = appliedIndex] = fields as [
      number,
      Position['appliedIndex'],
      Position['appliedTerm'],
      Position['config'],
      Position['begins'] | undefined,
    ];
    return { generation, appliedIndex, appliedTerm, begins, config };
  });
}
