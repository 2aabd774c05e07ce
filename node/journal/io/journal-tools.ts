// Inspection of a data directory while no node runs on it: `seq-node journal verify` and `dump`.
// Nothing is repaired; the store brings itself up to date when it is opened, as it would for a node.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SeqNodeError } from '../../base/errors.ts';
import type { GroupId } from '../../base/ids.ts';
import type { RecoveredGroup } from '../../base/log.ts';
import { JournalCheck, type JournalCounts, type JournalProblem, type RowReaders } from '../journal-check.ts';
import { GroupKeys, groupRowKey, groupRows, parseKey, WHOLE_STORE } from '../keys.ts';
import type { TornTail } from '../log-port.ts';
import { chooseSegment, framesOf, type RecoveredSegment, recoverSegment } from '../log-recovery.ts';
import { decodeWrites } from '../record.ts';
import { type RowJson, reasonOf, rowToJson } from '../row-json.ts';
import type { Store } from '../store-port.ts';
import { rowsOf } from './all-rows.ts';
import { openError } from './log-files.ts';
import { openStore } from './rocks-store.ts';

export interface JournalDirectories {
  readonly log: string;
  readonly store: string;
}

export interface Verification {
  readonly problems: readonly JournalProblem[];
  /** May exceed the number of problems that are listed. */
  readonly problemCount: number;
  readonly counts: JournalCounts;
  readonly log: {
    readonly file: string | null;
    readonly frames: number;
    readonly groups: number;
    readonly entries: number;
  };
  /** A last write that a crash left unfinished. It was never acknowledged; the next start cuts it. */
  readonly torn: TornTail | null;
}

/**
 * Checks log and store, each in itself and against each other. Rejects with `data-in-use`, `not-a-cluster`,
 * `bad-config`.
 */
export async function verifyJournal(
  directories: JournalDirectories,
  readers: RowReaders,
): Promise<Verification> {
  return withStore(directories.store, async (store) => {
    const log = await readLog(directories.log);
    const recovered = log.segment?.state.groups() ?? [];
    const check = new JournalCheck(readers);
    try {
      for await (const [key, value] of rowsOf(store, groupRows()))
        check.groupRow(key, value, loggedGroup(recovered, key));
      for await (const [key, value] of rowsOf(store, WHOLE_STORE)) check.row(key, value);
      check.finish();
    } catch (error) {
      // A table file whose checksum is wrong ends the reading of the store.
      check.problems.push({ part: 'store', key: '', where: directories.store, reason: reasonOf(error) });
      check.problemCount++;
    }
    return {
      problems: [...log.problems, ...check.problems],
      problemCount: check.problemCount + log.problems.length,
      counts: check.counts,
      log: {
        file: log.file,
        frames: log.segment?.frames ?? 0,
        groups: recovered.length,
        entries: recovered.reduce((sum, { entries }) => sum + entries.length, 0),
      },
      torn: log.segment?.torn ?? null,
    };
  });
}

/** Every row of the store, and every frame of the log, in a form that JSON can carry. */
export async function* dumpJournal(directories: JournalDirectories): AsyncGenerator<RowJson> {
  const store = await openPresent(directories.store);
  try {
    for await (const [key, value] of rowsOf(store, WHOLE_STORE)) yield rowToJson(key, value);
  } finally {
    await store.close();
  }
  const { file, bytes, problems } = await readLog(directories.log);
  for (const { where, reason } of problems) yield { kind: 'log', where, problem: reason };
  if (file === null || bytes === null) return;
  try {
    for (const { at, sequence, kind, payload } of framesOf(bytes, file))
      yield {
        kind: 'log',
        file,
        offset: at,
        sequence,
        frame: kind,
        writes: decodeWrites(payload).map(writeToJson),
      };
  } catch (error) {
    yield { kind: 'log', where: file, problem: reasonOf(error) };
  }
}

async function withStore<T>(directory: string, act: (store: Store) => Promise<T>): Promise<T> {
  const store = await openPresent(directory);
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}

/** Opening a store makes one where there is none, which a tool must not. */
async function openPresent(directory: string): Promise<Store> {
  if (!existsSync(join(directory, 'CURRENT')))
    throw new SeqNodeError('not-a-cluster', `${directory} holds no store.`, { directory });
  return openStore(directory);
}

interface LogReading {
  readonly file: string | null;
  readonly bytes: Uint8Array | null;
  readonly segment: RecoveredSegment | null;
  readonly problems: JournalProblem[];
}

async function readLog(directory: string): Promise<LogReading> {
  const problem = (key: string, error: unknown): JournalProblem[] => [
    // The reason names the file.
    { part: 'log', key, where: directory, reason: reasonOf(error) },
  ];
  let file: string | null = null;
  let bytes: Uint8Array | null = null;
  try {
    file = chooseSegment(await readdir(directory)).current ?? null;
    if (file === null) throw new SeqNodeError('log-damaged', 'The directory holds no log.');
    bytes = new Uint8Array(await readFile(join(directory, file)));
    return { file, bytes, segment: recoverSegment(bytes, file), problems: [] };
  } catch (error) {
    const named = openError(error);
    // What may not be read says nothing of its state.
    if (named instanceof SeqNodeError && named.code === 'bad-config') throw named;
    return { file, bytes, segment: null, problems: problem(file ?? '', error) };
  }
}

function loggedGroup(recovered: readonly RecoveredGroup[], key: Uint8Array): RecoveredGroup | undefined {
  return recovered.find(({ group }) => Buffer.compare(groupRowKey(group), key) === 0);
}

/** Which groups and generations the store holds, by leaping from one to the next. */
async function _placesIn(store: Store): Promise<{ group: GroupId; generation: number }[]> {
  const places: { group: GroupId; generation: number }[] = [];
  for (let { from } = WHOLE_STORE; ; ) {
    const found = await store.scan({ from, to: groupRows().from, limit: 1 });
    const key = ('rest' in found ? found.rest : found.part)[0]?.[0];
    if (key === undefined) return places;
    const parsed = parseKey(key);
    if (!('generation' in parsed)) return places;
    places.push(parsed);
    from = new GroupKeys(parsed.group, parsed.generation).range().to;
  }
}

function writeToJson(write: ReturnType<typeof decodeWrites>[number]): RowJson {
  const { group, snapshot, entries, hardState } = write;
  return {
    group,
    ...(snapshot
      ? { snapshot: { index: snapshot.index, term: snapshot.term, discard: snapshot.discard } }
      : {}),
    ...(entries
      ? { entries: entries.map(({ index, term, kind, data }) => ({ index, term, kind, bytes: data.length })) }
      : {}),
    ...(hardState ? { hardState: { ...hardState } } : {}),
  };
}
