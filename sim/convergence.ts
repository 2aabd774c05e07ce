// Whether a healed cluster has come to rest, and what its journals then hold.
import { type ActorPath, type GroupId, groupId, type NodeId } from '../node/base/ids.ts';
import type { ConfigState } from '../node/base/log.ts';
import { wantedVoters } from '../node/cluster/placement.ts';
import type { GroupRow } from '../node/core/types.ts';
import { decodeRecord, type JournalRecord } from '../node/journal/journal-record.ts';
import { GroupKeys, parseKey } from '../node/journal/keys.ts';
import type { ActorJournal } from './history-checker.ts';
import type { SimNode } from './sim-node.ts';
import type { StateChecker } from './state-checker.ts';
import { Violation } from './violation.ts';

interface Replica {
  readonly node: SimNode;
  readonly row: GroupRow;
}

/** What the replica that has applied most says of its group. */
export function furthestRow(
  nodes: readonly SimNode[],
  state: StateChecker,
  group: GroupId,
): GroupRow | undefined {
  let furthest: GroupRow | undefined;
  for (const node of nodes) {
    const row = state.rowsOf(node).get(group);
    if (row !== undefined && (furthest === undefined || row.appliedIndex > furthest.appliedIndex))
      furthest = row;
  }
  return furthest;
}

/** The replicas of a group that the configuration of the furthest one names. */
function replicasOf(nodes: readonly SimNode[], state: StateChecker, group: GroupId): Replica[] {
  const furthest = furthestRow(nodes, state, group);
  const replicas: Replica[] = [];
  for (const node of nodes) {
    const row = state.rowsOf(node).get(group);
    if (row !== undefined && furthest?.config.voters.includes(node.id)) replicas.push({ node, row });
  }
  return replicas;
}

/** Why the cluster is not at rest yet; undefined when it is. Nodes that are down do not count. */
export function whatIsUnsettled(
  nodes: readonly SimNode[],
  state: StateChecker,
  shards: number,
  replicas: number,
): string | undefined {
  const ordered = asAdmitted(nodes);
  for (let number = 0; number <= shards; number++) {
    const group = groupId(number);
    const members = replicasOf(nodes, state, group);
    const config = furthestRow(nodes, state, group)?.config;
    const problem = configProblem(ordered, config, group, replicas) ?? agreementProblem(members, group);
    if (problem !== undefined) return problem;
  }
  return addressProblem(nodes) ?? movingProblem(ordered);
}

/** The metric by which operators wait comes to 0 where nobody is away. */
function movingProblem(nodes: readonly SimNode[]): string | undefined {
  if (nodes.some(({ isUp }) => !isUp)) return undefined;
  for (const { peer, views } of nodes) {
    const moving = views.find(({ isWanted, isMoving }) => isWanted() && isMoving());
    if (moving !== undefined)
      return `${peer.name} takes the members of group ${moving.group} to change still`;
  }
  return undefined;
}

/**
 * In the order of the registry: of two that the operator lets join at the same time, either may be the first.
 */
function asAdmitted(nodes: readonly SimNode[]): readonly SimNode[] {
  const order = nodes.find(({ isUp }) => isUp)?.savedPeers.map(({ node }) => node) ?? [];
  return [...nodes].sort((one, other) => order.indexOf(one.id) - order.indexOf(other.id));
}

/** Where a node is, it told the registry, which everybody follows. */
function addressProblem(nodes: readonly SimNode[]): string | undefined {
  for (const { peer: asked, savedPeers } of nodes.filter(({ isUp }) => isUp))
    for (const { peer } of nodes.filter(({ isUp }) => isUp)) {
      const known = savedPeers.find(({ node }) => node === peer.node)?.addresses;
      if (known?.join() !== peer.addresses.join())
        return `${asked.name} takes ${peer.name} to be at ${known}, which is at ${peer.addresses}`;
    }
  return undefined;
}

function configProblem(
  nodes: readonly SimNode[],
  config: ConfigState | undefined,
  group: GroupId,
  replicas: number,
): string | undefined {
  if (config === undefined) return `group ${group} has no replica`;
  const ids = nodes.map(({ id }) => id);
  const wanted = wantedVoters(group, ids, replicas);
  // Who is away cannot become a voter; whoever is one stays one meanwhile.
  const isAway = (voter: NodeId) => nodes.some(({ id, isUp }) => id === voter && !isUp);
  const missing = wanted.filter((voter) => !config.voters.includes(voter));
  if (missing.some(isAway)) return undefined;
  const isWanted =
    missing.length === 0 && config.voters.length === wanted.length && config.outgoing.length === 0;
  return isWanted ? undefined : `group ${group} has the configuration ${JSON.stringify(config)}`;
}

function agreementProblem(members: readonly Replica[], group: GroupId): string | undefined {
  const live = members.filter(({ node }) => node.isUp);
  // What is committed may be known to none of those that are up until they have a leader.
  const [leader] = live
    .flatMap(({ node }) => node.views.filter((view) => view.group === group && view.role === 'leader'))
    .sort((one, other) => other.term - one.term);
  if (leader === undefined) return `group ${group} has no leader`;
  if (leader.applied < leader.lastIndex)
    return `the leader of group ${group} has applied ${leader.applied} of ${leader.lastIndex}`;
  const indexes = live.map(({ row }) => row.appliedIndex);
  // What the core has applied may still be gathering on its way into the store.
  if (indexes.some((index) => index !== leader.applied))
    return `the replicas of group ${group} stand at ${indexes}, its leader at ${leader.applied}`;
  for (const { node, row } of live) {
    const outbox = new GroupKeys(group, row.generation).outboxRange();
    const waiting = node.storage.rows.rowsIn(outbox);
    const first = waiting[0];
    if (first !== undefined)
      return `${waiting.length} messages wait in the outbox of group ${group} on ${node.peer.name}, the first: ${JSON.stringify(parseKey(first[0]))}`;
  }
  return undefined;
}

/** The journals of all actors, which all live replicas must hold alike. */
export function collectJournals(
  nodes: readonly SimNode[],
  state: StateChecker,
): Map<ActorPath, ActorJournal> {
  const journals = new Map<ActorPath, ActorJournal>();
  const groups = new Set(nodes.flatMap((node) => [...state.rowsOf(node).keys()]));
  for (const group of groups) {
    const [first, ...others] = replicasOf(nodes, state, group).filter(({ node }) => node.isUp);
    if (first === undefined) continue;
    const records = recordsOf(first, group);
    for (const other of others) compare(first, records, other, recordsOf(other, group));
    for (const [path, bytes] of byPath(records))
      journals.set(path, { path, records: bytes.map((each): JournalRecord => decodeRecord(each)) });
  }
  return journals;
}

type Row = readonly [key: Uint8Array, value: Uint8Array];

function recordsOf({ node, row }: Replica, group: GroupId): Row[] {
  const range = new GroupKeys(group, row.generation).allRecords();
  return node.storage.rows.rowsIn(range);
}

function compare(one: Replica, records: readonly Row[], other: Replica, others: readonly Row[]) {
  const same =
    records.length === others.length &&
    records.every(([, value], at) => {
      const twin = others[at]?.[1];
      return twin?.length === value.length && twin.every((byte, index) => byte === value[index]);
    });
  if (!same)
    throw new Violation(
      'replicas-differ',
      `${one.node.peer.name} and ${other.node.peer.name} hold different journals of group ${one.row.group}`,
    );
}

function byPath(records: readonly Row[]): Map<ActorPath, Uint8Array[]> {
  const paths = new Map<ActorPath, Uint8Array[]>();
  for (const [key, value] of records) {
    const parsed = parseKey(key);
    if (parsed.kind !== 'record') continue;
    const list = paths.get(parsed.path);
    if (list === undefined) paths.set(parsed.path, [value]);
    else list.push(value);
  }
  return paths;
}
