// The versions of the rows of the runtime. All rows are MessagePack lists that begin with their version.
import { SeqNodeError } from '../../base/errors.ts';
import { decodeTree, list } from '../../base/tree.ts';

export const ROW_VERSION = 1;

/** Throws `journal-damaged` for what `read` cannot take, and for other versions. */
export function readRow<T>(bytes: Uint8Array, what: string, read: (fields: unknown[]) => T): T {
  let version: unknown;
  try {
    const [first, ...fields] = list(decodeTree(bytes));
    version = first;
    if (version === ROW_VERSION) return read(fields);
  } catch {
    throw new SeqNodeError('journal-damaged', `${what} cannot be read.`);
  }
  throw new SeqNodeError(
    'journal-damaged',
    `${what} has version ${String(version)}; this program reads version ${ROW_VERSION}.`,
  );
}
