// Checks that what can be served is served, and what cannot is refused, during faults and not only after
// them.
//
// Invariants
//  A1 a request at a node is not answered with an error that says the cluster could not serve it, if for
//     SETTLE_MICROS before that the node was up, and a quorum of the group's voters was, and working links
//     led from the node to each of that quorum; over other nodes, too. The voters are those of now, and those
//     by which the replicas within reach elect: a change of voters may have been cut off from them in the
//     moment in which it was committed.
//  A2 a request is answered within its time-out, or a little later, by a node that was up all the while.
//  A3 a request is refused within REFUSAL_MICROS by a node that was up and knew no way to such a quorum for
//     SETTLE_MICROS before.
//
// Up: running, not paused, with space on its disk, and not on its way out. A link works if it is open in both
// directions and loses nothing. All of it without interruption: then elections, connections, and whatever
// waits for a time-out of its own (a router for a node that fell silent, an outbox for its next attempt) have
// had their time.
import { type GroupId, groupId, META_GROUP, type NodeId } from '../node/base/ids.ts';
import type { ConfigState } from '../node/base/log.ts';
import { shardOf } from '../node/cluster/placement.ts';
import type { ClientRequest, ClientResult } from '../node/core/types.ts';
import type { Cluster, Observer } from './cluster.ts';
import type { SimNode } from './sim-node.ts';
import { Timed } from './timed.ts';
import { Violation } from './violation.ts';

export interface AvailabilityOptions {
  /**
   * Takes what A1 or A3 finds, instead of its being thrown: the run goes on, and is judged by everything
   * else.
   */
  readonly missed?: ((violation: Violation) => void) | undefined;
  readonly shards: number;
  /** The configuration of a group, by the replica that has applied most. */
  configOf(group: GroupId): ConfigState | undefined;
}

interface Open {
  readonly node: SimNode;
  readonly request: ClientRequest;
  readonly since: number;
}

const SECOND = 1_000_000;
/**
 * An election takes 1 to 2 s, and as much again if votes are split. Calibrated, not proven: in some 400 seeds
 * no answer failed after it, and in 36 of them none after 0.25 s.
 */
const SETTLE_MICROS = 5 * SECOND;
/** Requests with less time are not judged by A1: frames of a slow network take as long. */
const PATIENCE_MS = 2_500;
/**
 * With less than this, only if nothing began or ended meanwhile that has to do with it: a path may be chosen
 * that breaks, and then another, and each costs the second after which silence is noticed.
 */
const PATIENT_MS = 6_000;
/** See A2. */
const LATE_MICROS = SECOND;
/** By how much a request may last longer by the clock of its node. */
const SLOWEST_CLOCK = 1.05;
/** See A3. Time to ask every node that is linked with the asked one. */
const REFUSAL_MICROS = 1.5 * SECOND;
/** Until silence is noticed, and others are told. */
const NOTICE_MICROS = 2 * SECOND;
const LOOK_MICROS = 150_000;

/**
 * What the mailbox of an actor takes. Actors that ask each other wait for each other: that such a message is
 * of unknown outcome says nothing of the cluster. That nothing was done, or what becomes of a spawn or a
 * read, does.
 */
const WAITING: ReadonlySet<string> = new Set(['tell', 'ask', 'stop', 'resume']);

const COULD_NOT_SERVE: ReadonlySet<string> = new Set(['no-quorum', 'outcome-unknown', 'unreachable']);

export class AvailabilityChecker implements Observer {
  readonly #cluster: () => Cluster;
  readonly #options: AvailabilityOptions;
  readonly #facts = new Timed();
  /** The machines are always the same. */
  #pairs: readonly ReturnType<typeof factsOfPair>[] | undefined;
  readonly #configs = new Map<GroupId, { readonly config: ConfigState; readonly since: number }>();
  readonly #open = new Map<number, Open>();
  /** Answers that were judged by A1, and refusals by A3: a checker that judges none sees nothing. */
  served = 0;
  refused = 0;

  constructor(cluster: () => Cluster, options: AvailabilityOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  begin(): void {
    this.#look();
    this.#cluster().scheduler.after(LOOK_MICROS, () => this.begin());
  }

  // ---- what is so, and since when ----

  #look() {
    const { nodes, network, scheduler } = this.#cluster();
    const { now } = scheduler;
    for (const node of nodes) {
      this.#facts.note(this.#facts.fact(upFact(node)), this.#isUp(node), now);
      this.#facts.note(this.#facts.fact(runsFact(node)), node.isUp && !node.isFrozen, now);
    }
    this.#pairs ??= pairsOf(nodes).map((pair) => factsOfPair(pair, this.#facts));
    for (const { a, b, mayWork, works, opens } of this.#pairs) {
      const may = a.isUp && b.isUp && network.mayWork(a.id, b.id);
      this.#facts.note(mayWork, may, now);
      this.#facts.note(works, may && network.works(a.id, b.id), now);
      for (const [fact, from, to] of opens) this.#facts.note(fact, network.isOpen(from, to), now);
    }
    for (let number = 0; number <= this.#options.shards; number++) {
      const group = groupId(number);
      const config = this.#options.configOf(group);
      if (config === undefined) this.#configs.delete(group);
      else if (!sameVoters(config, this.#configs.get(group)?.config))
        this.#configs.set(group, { config, since: now });
    }
    for (const open of this.#open.values()) this.#requireAnswer(open, now);
  }

  #miss(invariant: string, message: string): void {
    const violation = new Violation(invariant, message);
    if (this.#options.missed === undefined) throw violation;
    this.#options.missed(violation);
  }

  #isUp(node: SimNode): boolean {
    const { members, leaving } = this.#cluster();
    if (!node.isUp || node.isFrozen || node.isDraining || node.storage.isFull) return false;
    return members.includes(node) && !leaving.has(node);
  }

  crashed(node: SimNode): void {
    for (const [id, open] of this.#open) if (open.node === node) this.#open.delete(id);
  }

  // ---- requests ----

  asked(node: SimNode, id: number, request: ClientRequest): void {
    this.#open.set(id, { node, request, since: this.#cluster().scheduler.now });
  }

  answered(id: number, result: ClientResult): void {
    const open = this.#open.get(id);
    this.#open.delete(id);
    if (open === undefined || (result.ok && open.request.timeoutMs < PATIENCE_MS)) return;
    this.#look();
    const failed = !result.ok && COULD_NOT_SERVE.has(result.code);
    if (failed && this.#cannotServe(open)) this.refused++;
    if (!this.#couldServe(open)) return;
    const { node, request, since } = open;
    if (!result.ok && result.code === 'outcome-unknown' && WAITING.has(request.op)) return;
    this.served++;
    if (!failed) return;
    this.#miss(
      'unavailable',
      `${node.peer.name} answers ${describe(request)}, asked at ${since / SECOND} s, with ${result.code}: ${result.message}`,
    );
  }

  #requireAnswer(open: Open, now: number) {
    const { node, request, since } = open;
    const upSince = this.#facts.since(upFact(node), true) ?? now;
    const waits = now - Math.max(since, upSince);
    if (waits > request.timeoutMs * 1000 * SLOWEST_CLOCK + LATE_MICROS)
      throw new Violation('unanswered', `${node.peer.name} does not answer ${describe(request)}`);
    if (waits > REFUSAL_MICROS && this.#cannotServe(open))
      this.#miss(
        'minority-waits',
        `${node.peer.name} does not refuse ${describe(request)}, asked at ${since / SECOND} s`,
      );
  }

  /** A1 */
  #couldServe({ node, request, since }: Open): boolean {
    if (request.timeoutMs < PATIENCE_MS) return false;
    const isSo = (fact: string) => this.#hasBeen(fact, true, SETTLE_MICROS);
    const within = this.#reached(
      node,
      (each) => isSo(upFact(each)),
      (a, b) => isSo(`works ${linkName(a, b)}`),
    );
    const canServe = (group: GroupId) => this.#hasQuorum(group, within) && this.#canElect(group, within);
    if (!this.#groupsOf(request).every(canServe)) return false;
    return request.timeoutMs >= PATIENT_MS || !this.#facts.changedSince(since - NOTICE_MICROS);
  }

  /** A3, if those who may be asked have known that for as long, too. */
  #cannotServe({ node, request }: Open): boolean {
    const span = SETTLE_MICROS + REFUSAL_MICROS;
    const [group, ...others] = this.#groupsOf(request);
    if (group === undefined || others.length > 0) return false;
    const mayBe = (fact: string) => !this.#hasBeen(fact, false, span);
    const within = this.#reached(
      node,
      (each) => mayBe(runsFact(each)),
      (a, b) => mayBe(`may work ${linkName(a, b)}`),
    );
    if (this.#hasQuorum(group, within) !== false) return false;
    const part = this.#cluster().nodes.filter(({ id }) => within.has(id));
    // A replica that was left behind when its group moved hopes for its majority of old.
    const hopes = ({ views }: SimNode) =>
      views.some((view) => view.group === group && isMajority(view.config.voters, within));
    if (part.some(hopes)) return false;
    // What loses frames may have lost the one that tells.
    const known = (a: SimNode, b: SimNode) => {
      const name = linkName(a.id, b.id);
      return this.#hasBeen(`works ${name}`, true, span) || this.#hasBeen(`may work ${name}`, false, span);
    };
    // Once a way opens, what was sent before comes, also from who has ended since.
    const isQuiet = (a: SimNode, b: SimNode) =>
      directions(a.id, b.id).every(([from, to]) => this.#unchangedFor(openFact(from, to), span));
    return (
      part.every((each) => this.#hasBeen(upFact(each), true, span)) &&
      pairsOf(part).every(([a, b]) => known(a, b)) &&
      part.every((a) => this.#cluster().nodes.every((b) => a === b || isQuiet(a, b)))
    );
  }

  /** Undefined while the configuration is new. */
  #hasQuorum(group: GroupId, within: ReadonlySet<NodeId>): boolean | undefined {
    const known = this.#configs.get(group);
    if (known === undefined || this.#now - known.since < SETTLE_MICROS) return undefined;
    return isQuorum(known.config, within);
  }

  /** Whether the replica within reach that knows most counts on a quorum there. */
  #canElect(group: GroupId, within: ReadonlySet<NodeId>): boolean {
    const views = this.#cluster()
      .nodes.filter(({ id }) => within.has(id))
      .flatMap((node) => node.views.filter((view) => view.group === group));
    const most = Math.max(...views.map(({ applied }) => applied));
    const [furthest] = views.filter(({ applied }) => applied === most);
    return furthest !== undefined && isQuorum(furthest.config, within);
  }

  /** The groups of which each must be asked. */
  #groupsOf(request: ClientRequest): readonly GroupId[] {
    const { shards } = this.#options;
    const all = () => Array.from({ length: shards }, (_, at) => groupId(at + 1));
    if (request.op === 'actors') return all();
    // What each shard does without is shown first.
    if (request.op === 'replace') return [...all(), META_GROUP];
    if ('group' in request) return [request.group];
    return ['path' in request ? shardOf(request.path, shards) : META_GROUP];
  }

  #reached(
    from: SimNode,
    counts: (node: SimNode) => boolean,
    areLinked: (a: NodeId, b: NodeId) => boolean,
  ): ReadonlySet<NodeId> {
    if (!counts(from)) return new Set();
    const others = this.#cluster().nodes.filter(counts);
    const found = new Set([from.id]);
    for (const one of found)
      for (const { id } of others) if (!found.has(id) && areLinked(one, id)) found.add(id);
    return found;
  }

  #hasBeen(fact: string, holds: boolean, span: number): boolean {
    const since = this.#facts.since(fact, holds);
    return since !== undefined && this.#now - since >= span;
  }

  #unchangedFor(fact: string, span: number): boolean {
    return this.#hasBeen(fact, true, span) || this.#hasBeen(fact, false, span);
  }

  get #now(): number {
    return this.#cluster().scheduler.now;
  }
}

const isMajority = (voters: readonly NodeId[], within: ReadonlySet<NodeId>) =>
  voters.filter((voter) => within.has(voter)).length * 2 > voters.length;

const isQuorum = ({ voters, outgoing }: ConfigState, within: ReadonlySet<NodeId>) =>
  isMajority(voters, within) && (outgoing.length === 0 || isMajority(outgoing, within));

const upFact = ({ id, life }: SimNode) => `up ${id} ${life}`;
const runsFact = ({ id }: SimNode) => `runs ${id}`;
const openFact = (from: NodeId, to: NodeId) => `open ${from}>${to}`;
const directions = (a: NodeId, b: NodeId) =>
  [
    [a, b],
    [b, a],
  ] as const;

function factsOfPair([a, b]: readonly [SimNode, SimNode], facts: Timed) {
  const name = linkName(a.id, b.id);
  const opens = directions(a.id, b.id).map(
    ([from, to]) => [facts.fact(openFact(from, to)), from, to] as const,
  );
  return { a, b, mayWork: facts.fact(`may work ${name}`), works: facts.fact(`works ${name}`), opens };
}

const linkName = (a: NodeId, b: NodeId) => (a < b ? `${a}~${b}` : `${b}~${a}`);

function pairsOf(nodes: readonly SimNode[]): (readonly [SimNode, SimNode])[] {
  return nodes.flatMap((a, at) => nodes.slice(at + 1).map((b) => [a, b] as const));
}

function sameVoters(one: ConfigState, other: ConfigState | undefined): boolean {
  if (one === other) return true;
  return one.voters.join() === other?.voters.join() && one.outgoing.join() === other.outgoing.join();
}

function describe(request: ClientRequest): string {
  return `${request.op}${'path' in request ? ` of ${request.path}` : ''} (${request.timeoutMs} ms)`;
}
