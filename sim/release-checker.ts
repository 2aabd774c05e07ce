// Checks that nothing leaves before commit: an answer to a client, or a message of an actor to another, is
// let go only once the log entry that holds it is committed. Which entry that is, the checker reads from the
// log itself.
import type { ActorPath, GroupId } from '../node/base/ids.ts';
import { META_GROUP } from '../node/base/ids.ts';
import type { Entry } from '../node/base/log.ts';
import { decodeFrame } from '../node/cluster/wire.ts';
import type { Repeatable } from '../node/core/requests/digest.ts';
import { originOf } from '../node/core/requests/queues.ts';
import type { Taken } from '../node/core/requests/results.ts';
import type { ClientResult, Effect, Input } from '../node/core/types.ts';
import { GroupKeys, parseKey } from '../node/journal/keys.ts';
import { decodeMutations } from '../node/journal/mutations.ts';
import { markName } from '../node/runtime/envelope.ts';
import type { Observer } from './cluster.ts';
import type { ConsensusChecker } from './consensus-checker.ts';
import { LIMITS } from './core-factory.ts';
import type { SimNode } from './sim-node.ts';
import { spokenBy } from './spoken.ts';
import { demand } from './violation.ts';

interface Place {
  readonly group: GroupId;
  readonly index: number;
  readonly term: number;
}

export class ReleaseChecker implements Observer {
  readonly #consensus: () => ConsensusChecker;
  /**
   * Where the outcome of a source, and each message between actors, stands in a log. A lost entry leaves its
   * place behind.
   */
  readonly #marks = new Map<string, Place[]>();
  readonly #messages = new Map<string, Place[]>();
  readonly #records = new Map<string, Place[]>();
  /** Each request that is under way. */
  readonly #requests = new Map<number, Repeatable>();
  /** Whether an actor is volatile: of its messages there is no entry, and none is claimed. */
  readonly #isVolatile: (path: ActorPath) => boolean;

  constructor(consensus: () => ConsensusChecker, isVolatile: (path: ActorPath) => boolean) {
    this.#consensus = consensus;
    this.#isVolatile = isVolatile;
  }

  /** To be told of each log entry when it first appears. */
  entry(group: GroupId, entry: Entry): void {
    if (group === META_GROUP || entry.kind !== 'data') return;
    const place = { group, index: entry.index, term: entry.term };
    for (const mutation of decodeMutations(new GroupKeys(group, 0), entry.data)) {
      if (mutation.kind !== 'put') continue;
      const row = parseKey(mutation.key);
      if (row.kind === 'mark') add(this.#marks, `${row.path} ${row.source}`, place);
      else if (row.kind === 'record') add(this.#records, `${row.path} ${row.sequence}`, place);
      else if (row.kind === 'outbox')
        add(this.#messages, `${row.sender}>${row.receiver} ${row.number}`, place);
    }
  }

  stepped(node: SimNode, inputs: readonly Input[], effects: readonly Effect[]): void {
    for (const input of inputs)
      if (input.kind === 'request' && 'id' in input.request && !this.#leavesNoEntry(input.request))
        this.#requests.set(input.id, input.request);
    for (const effect of effects) {
      if (effect.kind === 'respond') this.#checkAnswer(node, effect.id, effect.result);
      else if (effect.kind === 'send') this.#checkFrame(node, effect);
    }
  }

  /** The life of a volatile actor is in the log, its messages are not. */
  #leavesNoEntry({ op, path, id }: { readonly op: string; readonly path: ActorPath; readonly id: string }) {
    // A repeat does no harm, so it leaves no mark.
    if (id === '') return true;
    return (op === 'tell' || op === 'ask') && this.#isVolatile(path);
  }

  /** Of what was only read there is no entry, but of the turn that it saw last. */
  #checkAnswer(node: SimNode, number: number, result: ClientResult) {
    const request = this.#requests.get(number);
    this.#requests.delete(number);
    if (request === undefined || !result.ok) return;
    const { path, id } = request;
    const { read, sequence } = result.value as Taken;
    const origin = request.op === 'queue-order' ? originOf(request, LIMITS.leaseMarks) : null;
    const mark = origin === null ? `c:${id}` : markName(origin);
    const places = read ? this.#records.get(`${path} ${sequence}`) : this.#marks.get(`${path} ${mark}`);
    demand(
      this.#isCommitted(places),
      'released-before-commit',
      () => `${node.peer.name} answers ${id} of ${path} at ${sequence}, whose entry is not committed`,
    );
  }

  #checkFrame(node: SimNode, effect: Effect & { kind: 'send' }) {
    if (effect.lane !== 'data') return;
    const spoken = spokenBy(node.id, effect.to, effect.frame);
    // A MessagePack list whose first element is 4: messages of one actor to another.
    if (spoken?.frame[1] !== 4) return;
    const frame = decodeFrame(spoken.frame, node.id, spoken.to);
    if (frame.kind !== 'deliver') return;
    const { sender, receiver, messages } = frame;
    for (const [number] of messages)
      demand(
        this.#isCommitted(this.#messages.get(`${sender}>${receiver} ${number}`)),
        'released-before-commit',
        () =>
          `${node.peer.name} sends message ${number} of ${sender} to ${receiver}, whose entry is not committed`,
      );
  }

  #isCommitted(places: readonly Place[] | undefined): boolean {
    const consensus = this.#consensus();
    return places?.some(({ group, index, term }) => consensus.isCommitted(group, index, term)) ?? false;
  }
}

function add(map: Map<string, Place[]>, key: string, place: Place) {
  const places = map.get(key);
  if (places === undefined) map.set(key, [place]);
  else places.push(place);
}

/** What a log entry says, for the reader of a trace. */
export function describeEntry(group: GroupId, { index, term, kind, data }: Entry): string {
  const head = `entry ${group}:${index} term ${term} ${kind}`;
  if (group === META_GROUP || kind !== 'data') return head;
  const mutations = decodeMutations(new GroupKeys(group, 0), data).map((mutation) => {
    if (mutation.kind === 'delete-range') return 'deleted a range';
    const row = parseKey(mutation.key);
    if (row.kind === 'outbox' && mutation.kind === 'delete')
      return `delivered ${row.sender}>${row.receiver} ${row.number}`;
    if (row.kind === 'record') return `${row.path} ${row.sequence}`;
    if (row.kind === 'mark') return `${row.path} from ${row.source}`;
    if (row.kind === 'outbox') return `${row.sender}>${row.receiver} ${row.number}`;
    return row.kind;
  });
  return `${head} ${mutations.join('; ')}`;
}
