// Judges a finished run from the outside: what clients were told against what the journals say.
//
// Invariants
//  H1 every acknowledged command stands in its journal once, at the sequence number and with the reply that
//     the client got.
//  H2 what was refused for good stands in no journal.
//  H3 real time is kept: what ended before something else began comes before it (linearizability: the journal
//     is the order).
//  H4 reads show the state of the journal at their sequence number, and are as new as whatever ended before
//     they began: those of an operator, and messages that changed nothing, whose replies are those of that
//     state.
//  H5 every transfer arrives once, and those of one account at another in their order.
//  H6 every account that another opened exists, and began once.
//  H7 the state is what the journal makes of it, and money is neither made nor lost.
//  H8 a message that was answered as a read stands in no journal, unless its client sent it again: then after
//     what it saw.
import type { ActorPath } from '../node/base/ids.ts';
import { applyPatch, type Data, equals, SeqMap, Variant } from '../node/base/value.ts';
import type { JournalRecord } from '../node/journal/journal-record.ts';
import type { History, Operation, Outcome } from './history.ts';
import { demand, Violation } from './violation.ts';

/** What one actor's journal holds, as the replicas of its shard agree on it. */
export interface ActorJournal {
  readonly path: ActorPath;
  /** In order, from sequence 1. */
  readonly records: readonly JournalRecord[];
}

/** The state after each record, by sequence; index 0 is the state before the first. */
function statesOf({ path, records }: ActorJournal): SeqMap[] {
  let state: SeqMap = SeqMap.empty;
  const states = [state];
  records.forEach((record, at) => {
    demand(
      record.sequence === at + 1,
      'sequence-gap',
      () => `${path} has ${record.sequence} where ${at + 1} is due`,
    );
    state = applyPatch(record.kind === 'spawned' ? SeqMap.empty : state, record.patch);
    states.push(state);
  });
  return states;
}

/** `orderly`: frames arrive once at most, as they do over a transport of ours. */
export function checkHistory(
  history: History,
  journals: ReadonlyMap<ActorPath, ActorJournal>,
  orderly: boolean,
): void {
  const byPath = new Map<ActorPath, Operation[]>();
  for (const operation of history.operations) {
    const list = byPath.get(operation.path);
    if (list === undefined) byPath.set(operation.path, [operation]);
    else list.push(operation);
  }
  for (const [path, operations] of byPath) checkActor(path, operations, journals.get(path), orderly);
  checkMoney(journals);
  checkTransfers(journals);
  checkOpened(journals);
}

function checkActor(
  path: ActorPath,
  operations: readonly Operation[],
  journal: ActorJournal | undefined,
  orderly: boolean,
) {
  if (journal === undefined) {
    const acknowledged = operations.find(({ outcome }) => outcome?.ok);
    demand(
      acknowledged === undefined,
      'lost',
      () => `${path} has no journal, yet ${acknowledged?.id} was acknowledged`,
    );
    return;
  }
  const states = statesOf(journal);
  const bySource = new Map<string, JournalRecord>();
  for (const record of journal.records) {
    if (record.origin === null) continue;
    const name = `${record.origin.source} ${record.origin.number}`;
    const twin = bySource.get(name);
    demand(
      twin === undefined,
      'exactly-once',
      () => `${path}: ${name} stands at ${twin?.sequence} and ${record.sequence}`,
    );
    bySource.set(name, record);
  }
  for (const operation of operations) {
    const record = bySource.get(`c:${operation.id} 0`);
    if (operation.kind !== 'inspect' && operation.outcome?.ok && operation.outcome.read)
      checkReadTurn(operation, operation.outcome, record, states, orderly);
    else checkOperation(operation, record, journal, states);
  }
  checkRealTime(path, operations);
}

function checkOperation(
  operation: Operation,
  record: JournalRecord | undefined,
  journal: ActorJournal,
  states: readonly SeqMap[],
) {
  const { id, kind, path, outcome } = operation;
  if (outcome === undefined) return;
  if (kind === 'inspect') {
    checkRead(operation, outcome, states);
    return;
  }
  if (!outcome.ok) {
    demand(
      record === undefined,
      'refused-yet-done',
      () => `${id} was refused (${outcome.code}) and stands in ${path}`,
    );
    return;
  }
  demand(
    record !== undefined && record.sequence === outcome.sequence,
    'lost',
    () =>
      `${id} was acknowledged as ${outcome.sequence} of ${path}, which has it at ${record?.sequence} of ${journal.records.length}`,
  );
  if (kind !== 'ask') return;
  const reply = record?.reply ?? null;
  demand(
    reply !== null && equals(reply, outcome.reply as Data),
    'wrong-reply',
    () => `${id} got ${JSON.stringify(outcome.reply)} from ${path}, its record says ${JSON.stringify(reply)}`,
  );
}

function checkRead({ id, path }: Operation, outcome: Outcome, states: readonly SeqMap[]) {
  if (!outcome.ok) throw new Violation('refused', `${id}: ${outcome.code}`);
  const state = states[outcome.sequence];
  demand(
    state !== undefined && equals(state, outcome.reply as Data),
    'wrong-read',
    () => `${id} read a state of ${path} at ${outcome.sequence} that its journal does not give`,
  );
}

/** H4, H8. */
function checkReadTurn(
  { id, path, message, kind, attempts }: Operation,
  { sequence, reply }: Outcome & { ok: true },
  record: JournalRecord | undefined,
  states: readonly SeqMap[],
  orderly: boolean,
) {
  const state = states[sequence];
  const balance = Number(state?.get('balance') ?? 0);
  const { tag } = message as Variant;
  const refuses = tag === 'Withdraw' || tag === 'Transfer';
  const due =
    tag === 'Balance' ? balance : refuses && amountOf(message as Variant) > balance ? -1 : undefined;
  demand(
    state !== undefined && due !== undefined && (kind === 'tell' || reply === due),
    'wrong-read',
    () =>
      `${id} ${tag} read ${path} at ${sequence} and got ${JSON.stringify(reply)}; ${due} is due of ${balance}`,
  );
  demand(
    record === undefined || ((attempts > 1 || !orderly) && record.sequence > sequence),
    'read-yet-done',
    () =>
      `${id}, sent ${attempts} times, was answered at ${sequence} of ${path}, and stands at ${record?.sequence}`,
  );
}

/**
 * H3, H4: going from the newest place in the journal to the oldest, nothing newer may have ended before this
 * began.
 */
function checkRealTime(path: ActorPath, operations: readonly Operation[]) {
  const placed = operations
    .filter((operation) => operation.outcome?.ok)
    .map((operation) => ({ operation, place: placeOf(operation) }))
    .sort((a, b) => b.place - a.place);
  let earliest: Operation | undefined;
  let at = 0;
  while (at < placed.length) {
    // Reads of one state have no order among themselves.
    const place = placed[at]?.place;
    const same = [];
    while (placed[at]?.place === place && at < placed.length) same.push(placed[at++]?.operation as Operation);
    for (const operation of same)
      demand(
        earliest === undefined || (earliest.completedAt as number) >= operation.invokedAt,
        'real-time',
        () => `${path}: ${earliest?.id} ended before ${operation.id} began, and comes after it`,
      );
    for (const operation of same)
      if (earliest === undefined || (operation.completedAt as number) < (earliest.completedAt as number))
        earliest = operation;
  }
}

function placeOf(operation: Operation): number {
  const sequence = operation.outcome?.ok ? operation.outcome.sequence : 0;
  return operation.outcome?.ok && operation.outcome.read ? sequence + 0.5 : sequence;
}

const amountOf = (variant: Variant): number => Number(variant.fields[0]);

/** The change of the balance that a record stands for. */
function changeOf({ message, reply }: JournalRecord): number {
  if (!(message instanceof Variant)) return 0;
  switch (message.tag) {
    case 'Deposit':
    case 'Credit':
      return amountOf(message);
    case 'Withdraw':
    case 'Transfer':
      return reply === -1 ? 0 : -amountOf(message);
    default:
      return 0;
  }
}

function checkMoney(journals: ReadonlyMap<ActorPath, ActorJournal>) {
  for (const journal of journals.values()) {
    // Wallets of sagas have balances, too, and a checker of their own.
    if (journal.path.startsWith('/saga/')) continue;
    const states = statesOf(journal);
    let balance = 0;
    journal.records.forEach((record, at) => {
      balance += changeOf(record);
      const held = Number(states[at + 1]?.get('balance') ?? 0);
      demand(
        held === balance,
        'wrong-balance',
        () => `${journal.path} holds ${held} after ${at + 1}, its messages make ${balance}`,
      );
    });
  }
}

function checkTransfers(journals: ReadonlyMap<ActorPath, ActorJournal>) {
  for (const journal of journals.values()) {
    const sent = new Map<ActorPath, string[]>();
    for (const { message, reply } of journal.records) {
      if (!(message instanceof Variant) || message.tag !== 'Transfer' || reply === -1) continue;
      const to = String(message.fields[1]) as ActorPath;
      const list = sent.get(to) ?? [];
      list.push(`${message.fields[0]} as ${message.fields[2]}`);
      sent.set(to, list);
    }
    for (const [to, transfers] of sent) {
      const arrived = creditsFrom(journal.path, journals.get(to));
      demand(
        arrived.join() === transfers.join(),
        'transfers',
        () => `${journal.path} sent ${to} [${transfers.join()}], which has [${arrived.join()}]`,
      );
    }
  }
}

function checkOpened(journals: ReadonlyMap<ActorPath, ActorJournal>) {
  for (const journal of journals.values())
    for (const { message } of journal.records) {
      if (!(message instanceof Variant) || message.tag !== 'Open') continue;
      const path = String(message.fields[0]) as ActorPath;
      const begun = journals.get(path)?.records.filter(({ kind }) => kind === 'spawned').length ?? 0;
      demand(begun === 1, 'spawns', () => `${journal.path} opened ${path}, which began ${begun} times`);
    }
}

function creditsFrom(sender: ActorPath, journal: ActorJournal | undefined): string[] {
  const credits: string[] = [];
  for (const { message, origin } of journal?.records ?? [])
    if (message instanceof Variant && message.tag === 'Credit' && origin?.source.startsWith(`a:${sender}#`))
      credits.push(`${message.fields[0]} as ${message.fields[1]}`);
  return credits;
}
