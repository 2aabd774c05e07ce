// A message that an actor has put aside, as a row beside it. Whose it is, and its number, are in its key: see
// node/journal/timer-keys.ts.
import { decodeData, encodeData } from '../../base/codec.ts';
import type { ActorPath } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { copyBytes } from '../../base/small-bytes.ts';
import { bytesView, list, malformed, orNull, text } from '../../base/tree.ts';
import type { Data } from '../../base/value.ts';
import { ROW_VERSION, readRow } from './row.ts';

export interface StashRow {
  /** The path of the sender; empty for a client. */
  readonly sender: ActorPath | '';
  readonly message: Data;
  /** The ask that is to be answered, of an actor, and who waits for the answer: see Payload. */
  readonly ask: string | null;
  readonly askers: readonly ActorPath[];
  /** Of a client's ask, which leaves no mark until it is handled. */
  readonly client: { readonly source: string; readonly digest: Uint8Array } | null;
}

export function encodeStashed({ sender, message, ask, askers, client }: StashRow): Uint8Array {
  return pack([
    ROW_VERSION,
    sender,
    encodeData(message),
    ask,
    askers,
    client && [client.source, client.digest],
  ]);
}

/** Throws `journal-damaged` for bytes that `encodeStashed` did not make. */
export function decodeStashed(bytes: Uint8Array): StashRow {
  return readRow(bytes, 'A stashed message', ([sender, message, ask, askers, client]) => ({
    sender: text(sender) as ActorPath | '',
    message: decodeData(bytesView(message)),
    ask: orNull(ask, text),
    askers: list(askers).map((path) => text(path) as ActorPath),
    client: orNull(client, readClient),
  }));
}

function readClient(fields: unknown): StashRow['client'] & object {
  const [source, digest] = list(fields, 2);
  const bytes = bytesView(digest);
  if (bytes.length === 0) throw malformed('a digest');
  return { source: text(source), digest: copyBytes(bytes) };
}
