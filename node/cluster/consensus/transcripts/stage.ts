// Carries out the commands of a transcript on a small group, and says what happened. See README.md beside it.
import { invariant } from '../../../base/assert.ts';
import type { LogIndex, NodeId, Term } from '../../../base/ids.ts';
import type { SnapshotMeta } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { type ConfigChange, type ConfigStep, configOf } from '../config-change.ts';
import type { RaftBug, RaftOptions } from '../options.ts';
import { type Envelope, emptyDisk, Shell } from '../simulation/shell.ts';
import { describeEntry, describeMessage, describePeers, describeReady, describeStatus } from './describe.ts';

const bytes = (word: string) => Uint8Array.from(word, (letter) => letter.charCodeAt(0));

/** Draws the lowest number every time, or the one that a `draw` command named. */
class NamedRandom implements Random {
  draw = 0;
  uint32(): number {
    return this.draw;
  }
  below(bound: number): number {
    return Math.min(this.draw, bound - 1);
  }
  fraction(): number {
    return 0;
  }
}

export class Stage {
  readonly #nodes = new Map<string, Shell>();
  readonly #random = new Map<string, NamedRandom>();
  #options: Partial<RaftOptions> = {};
  /** Messages under way, oldest first. */
  #bag: Envelope[] = [];
  readonly #cut = new Set<string>();

  /** Carries out one command line. The answer is what to show. */
  run(line: string): string[] {
    const [name = '', ...args] = line.split(/\s+/);
    const command = this.#commands[name];
    invariant(command !== undefined, `unknown command ${name}`);
    return command(args);
  }

  readonly #commands: Readonly<Record<string, (args: readonly string[]) => string[]>> = {
    group: (args) => this.#group(args),
    node: ([id]) => this.#add(id!, undefined, []),
    'node-with-log': ([id, ...log]) => this.#add(id!, this.#start(this.#founders), log),
    draw: ([id, number]) => {
      this.#random.get(id!)!.draw = Number(number);
      return [];
    },
    tick: ([id, count]) => {
      for (let tick = Number(count ?? 1); tick > 0; tick--) this.#raft(id).tick();
      return [];
    },
    campaign: ([id]) => nothing(this.#raft(id).campaign()),
    'leader-unreachable': ([id]) => nothing(this.#raft(id).leaderUnreachable()),
    unreachable: ([id, peer]) => nothing(this.#raft(id).reportUnreachable(peer as NodeId)),
    propose: ([id, ...words]) => {
      const answer = this.#raft(id).propose(words.map(bytes));
      return answer.ok ? [] : [`refused: ${answer.reason}`];
    },
    change: ([id, ...words]) => this.#change(id, parseChange(words)),
    leave: ([id]) => this.#change(id, { leave: true }),
    transfer: ([id, to]) => {
      const answer = this.#raft(id).transferLeadership(to as NodeId);
      return answer.ok ? [] : [`refused: ${answer.reason}`];
    },
    read: ([id, context]) => {
      const answer = this.#raft(id).readIndex(Number(context));
      return answer.ok ? [] : [`refused: ${answer.reason}`];
    },
    ready: (ids) => this.#each(ids, (node) => this.#ready(node)),
    write: (ids) => this.#each(ids, (node) => this.#write(node)),
    apply: (ids) => this.#each(ids, (node) => this.#apply(node)),
    deliver: (ids) => this.#deliver(ids),
    drop: (links) => this.#drop(links),
    cut: (links) => nothing(links.forEach((link) => void this.#cut.add(link))),
    heal: () => nothing(this.#cut.clear()),
    settle: (args) => this.#settle(args),
    'send-snapshot': ([id]) => this.#sendSnapshot(this.#node(id)),
    'snapshot-report': ([id, peer, how]) =>
      nothing(this.#raft(id).reportSnapshot(peer as NodeId, how === 'moved')),
    install: ([id]) => nothing(this.#node(id).endInstallation(false)),
    'refuse-snapshot': ([id]) => nothing(this.#node(id).abandonInstallation()),
    compact: ([id, index]) => {
      this.#node(id).sync();
      return nothing(this.#node(id).compact(Number(index) as LogIndex));
    },
    crash: ([id, kept]) => nothing(this.#node(id).crash(Number(kept ?? 0))),
    start: ([id]) => nothing(this.#node(id).start()),
    status: (ids) => this.#each(ids, (node) => describeStatus(node.raft!.status())),
    peers: ([id]) => describePeers(this.#raft(id).status()),
    log: (ids) => this.#each(ids, (node) => this.#log(node)),
  };

  #founders: readonly NodeId[] = [];
  #learners: readonly NodeId[] = [];

  #start(voters: readonly NodeId[]): SnapshotMeta {
    const config = configOf(voters, this.#learners);
    return { index: 1 as LogIndex, term: 1 as Term, config };
  }

  /** `group a b c [learner:d] [option=value]`: all of them begin at snapshot 1@1 of this membership. */
  #group(args: readonly string[]): string[] {
    const names = args.filter((arg) => !arg.includes('='));
    this.#options = parseOptions(args.filter((arg) => arg.includes('=')));
    const learner = (name: string) => name.startsWith('learner:');
    this.#learners = names.filter(learner).map((name) => name.slice('learner:'.length) as NodeId);
    this.#founders = names.filter((name) => !learner(name)) as NodeId[];
    const start = this.#start(this.#founders);
    this.#nodes.clear();
    this.#bag = [];
    this.#cut.clear();
    if (!args.includes('empty=on'))
      for (const id of [...this.#founders, ...this.#learners]) this.#add(id, start, []);
    return [];
  }

  /**
   * A node that has nothing, or begins at `start` with entries of the given terms, the last of which is its
   * own term.
   */
  #add(id: string, start: SnapshotMeta | undefined, terms: readonly string[]): string[] {
    const random = new NamedRandom();
    const disk = emptyDisk(start);
    for (const word of terms) {
      const term = Number(word.replace('term=', '')) as Term;
      disk.hardState = { ...disk.hardState, term };
      if (word.startsWith('term=')) continue;
      const index = (disk.snapshot.index + disk.entries.length + 1) as LogIndex;
      disk.entries.push({ index, term, kind: 'data', data: bytes(`of ${term}`) });
    }
    const events = {
      send: (_node: Shell, envelope: Envelope) => void this.#bag.push(envelope),
      ready: () => {},
      applied: () => {},
    };
    this.#random.set(id, random);
    this.#nodes.set(id, new Shell(id as NodeId, random, this.#options, events, disk));
    return [];
  }

  #node(id: string | undefined): Shell {
    const node = this.#nodes.get(id ?? '');
    invariant(node !== undefined, `unknown node ${id}`);
    return node;
  }

  #raft(id: string | undefined): NonNullable<Shell['raft']> {
    const { raft } = this.#node(id);
    invariant(raft !== undefined, `${id} is down`);
    return raft;
  }

  /** Shows what `show` says of each node, under its name if there are several. */
  #each(ids: readonly string[], show: (node: Shell) => string[]): string[] {
    if (ids.length === 1) return show(this.#node(ids[0]));
    const all = ids.length > 0 ? ids : [...this.#nodes.keys()];
    return all.flatMap((id) => show(this.#node(id)).map((line) => `${id}: ${line}`));
  }

  #change(id: string | undefined, change: ConfigChange): string[] {
    const answer = this.#raft(id).proposeConfig(change);
    return answer.ok ? [] : [`refused: ${answer.reason}: ${answer.problem}`];
  }

  #ready(node: Shell): string[] {
    const ready = node.raft?.takeReady();
    if (ready === undefined) return ['nothing'];
    node.carryOut(ready);
    return describeReady(ready);
  }

  #write(node: Shell): string[] {
    const write = node.writes[0];
    if (write === undefined) return ['nothing'];
    node.endWrite();
    return [
      `write ${write.serial} is durable`,
      ...write.messages.map((message) => `send ${describeMessage(message)}`),
    ];
  }

  #apply(node: Shell): string[] {
    const last = node.applies[0]?.at(-1);
    if (last === undefined) return ['nothing'];
    node.endApply();
    return [`applied ${last.index}`];
  }

  #log({ disk }: Shell): string[] {
    const { index, term } = disk.snapshot;
    return [`snapshot ${index}@${term}`, ...disk.entries.map(describeEntry)];
  }

  /** Delivers what is under way to these nodes, or on these links, or all. */
  #deliver(places: readonly string[]): string[] {
    const now = this.#bag.filter((envelope) => isAt(envelope, places));
    this.#bag = this.#bag.filter((envelope) => !isAt(envelope, places));
    return now.map((envelope) => this.#hand(envelope));
  }

  #hand(envelope: Envelope): string {
    const { from, to } = envelope.message;
    const node = this.#node(to);
    const line = describeMessage(envelope.message);
    if (this.#cut.has(`${from}>${to}`) || !node.up) return `lost ${line}`;
    node.receive(envelope);
    return line;
  }

  /** Loses what is under way there. */
  #drop(places: readonly string[]): string[] {
    const lost = this.#bag.filter((envelope) => isAt(envelope, places));
    this.#bag = this.#bag.filter((envelope) => !isAt(envelope, places));
    return lost.map(({ message }) => `lost ${describeMessage(message)}`);
  }

  /** Does all there is to do, until nothing is left. `quietly` shows only roles and configurations. */
  #settle(args: readonly string[]): string[] {
    const quietly = args.includes('quietly');
    const shown: string[] = [];
    for (let busy = true, turns = 0; busy; turns++) {
      invariant(turns < 200, 'the group never comes to rest');
      busy = false;
      for (const node of this.#nodes.values()) {
        const lines = this.#work(node);
        busy ||= lines.length > 0;
        const kept = quietly ? lines.filter((line) => /^(role|config) /.test(line)) : lines;
        shown.push(...kept.map((line) => `${node.id}: ${line}`));
      }
      const handed = this.#deliver([]);
      busy ||= handed.length > 0;
      if (!quietly) shown.push(...handed);
    }
    return shown;
  }

  #work(node: Shell): string[] {
    const lines: string[] = [];
    for (let ready = node.raft?.takeReady(); ready !== undefined; ready = node.raft?.takeReady()) {
      // What is sent is seen when it arrives.
      lines.push(...describeReady(ready).filter((line) => !/^(send|after)/.test(line)));
      node.carryOut(ready);
      while (node.writes.length > 0) node.endWrite();
      while (node.applies.length > 0) node.endApply();
      node.endInstallation(false);
      if (node.sends.length > 0) lines.push(...this.#sendSnapshot(node));
    }
    return lines;
  }

  #sendSnapshot(node: Shell): string[] {
    const envelope = node.endSend();
    if (envelope === undefined) return ['nothing'];
    this.#bag.push(envelope);
    return [`moved ${describeMessage(envelope.message)}`];
  }
}

/**
 * Whether the message goes to one of these nodes (`b`) or on one of these links (`a>b`). No place means
 * everywhere.
 */
function isAt({ message }: Envelope, places: readonly string[]): boolean {
  const { from, to } = message;
  return places.length === 0 || places.some((place) => place === to || place === `${from}>${to}`);
}

function nothing(_done: unknown): string[] {
  return [];
}

/** `add-voter d remove b joint`. */
function parseChange(words: readonly string[]): ConfigChange {
  const steps: ConfigStep[] = [];
  let transition: 'auto' | 'joint' | 'joint-manual' = 'auto';
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === 'joint' || word === 'joint-manual') transition = word;
    else if (word === 'add-voter' || word === 'add-learner' || word === 'remove')
      steps.push({ op: word, node: words[++at] as NodeId });
    else invariant(false, `unknown change ${word}`);
  }
  return { steps, transition };
}

function parseOptions(args: readonly string[]): Partial<RaftOptions> {
  const options: { -readonly [name in keyof RaftOptions]?: RaftOptions[name] } = {
    preVote: false,
    checkQuorum: false,
  };
  for (const arg of args) {
    const [name, value] = arg.split('=') as [string, string];
    if (name === 'pre-vote') options.preVote = value === 'on';
    else if (name === 'check-quorum') options.checkQuorum = value === 'on';
    else if (name === 'election-ticks') options.electionTicks = Number(value);
    else if (name === 'inflight') options.maxInflightMessages = Number(value);
    else if (name === 'message-bytes') options.maxEntriesBytesPerMessage = Number(value);
    else if (name === 'uncommitted-bytes') options.maxUncommittedBytes = Number(value);
    else if (name === 'bug') options.faults = new Set([value as RaftBug]);
    else invariant(name === 'empty', `unknown option ${name}`);
  }
  return options;
}
