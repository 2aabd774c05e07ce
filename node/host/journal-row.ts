// Journal records as the node's API gives them.
import { type BehaviourRef, targetName } from '../base/behaviour-ref.ts';
import { SeqNodeError } from '../base/errors.ts';
import type { ActorPath } from '../base/ids.ts';
import { decodeRecord, originName } from '../journal/journal-record.ts';
import type { JournalRow } from './api.ts';

/** A stored record as the API gives it. Throws `journal-damaged` when it cannot be read. */
export function journalRow(path: ActorPath, bytes: Uint8Array): JournalRow {
  let record: ReturnType<typeof decodeRecord>;
  try {
    record = decodeRecord(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SeqNodeError('journal-damaged', `The journal of ${path} cannot be read on. ${why}`, { path });
  }
  const { sequence, kind, term, atMillis, message, events, patch, reply, code, origin, upgrade } = record;
  return {
    sequence,
    kind,
    term,
    atMillis,
    message,
    events,
    set: patch.set,
    removed: patch.removed,
    reply,
    code: codeName(code),
    origin: origin === null ? null : originName(origin),
    upgrade: upgrade === undefined ? null : { from: codeName(upgrade.from), migrate: upgrade.migrate },
  };
}

const codeName = ({ module, target }: BehaviourRef): string => `${module.slice(0, 12)}:${targetName(target)}`;
