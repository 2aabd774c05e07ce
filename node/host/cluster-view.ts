// What the core knows of the cluster, in the shapes of the node's API.
import { type ErrorCode, SeqNodeError } from '../base/errors.ts';
import { type GroupId, META_GROUP, type NodeId, nodeId } from '../base/ids.ts';
import type { Inspection } from '../core/inspection.ts';
import type { GroupState } from '../core/requests/results.ts';
import type { Space } from '../core/types.ts';
import type { Program } from '../runtime/behaviour.ts';
import type { ClusterView, DurabilityMode, MemberView, Module, Readiness, ShardView } from './api.ts';
import { moduleOf } from './node-api.ts';

type Inspected = Pick<Inspection, 'groups' | 'members' | 'modules' | 'self' | 'cluster'>;

/** `states`: of each shard what its leader says, or why nobody does. */
export function clusterView(
  core: Inspected,
  version: string,
  states: ReadonlyMap<GroupId, GroupState | ErrorCode>,
): ClusterView {
  const kept = new Map(keptShards(core).map((group) => [group.group, group]));
  const shards = [...states]
    .map(([shard, state]) => shardView(shard, state, kept.get(shard)))
    .sort((a, b) => a.shard - b.shard);
  const { node, name } = core.self;
  return { cluster: core.cluster.id, node, name, version, members: members(core, shards), shards };
}

/**
 * The shards of which this node is to keep a replica, or does while it hears of a leader. A replica that was
 * moved elsewhere mostly never learns of that: to itself it is a member still, of a shard without a leader.
 */
export function keptShards(core: Pick<Inspection, 'groups'>) {
  return keptGroups(core).filter(({ group }) => group !== META_GROUP);
}

/** The same with the registry. */
export function keptGroups(core: Pick<Inspection, 'groups'>) {
  return core.groups().filter(({ leader, isWanted }) => leader !== null || isWanted());
}

type Kept = ReturnType<Inspection['groups']>[number];

/** Without the word of a leader, by the replica here, if there is one. */
function shardView(shard: GroupId, state: GroupState | ErrorCode, kept: Kept | undefined): ShardView {
  if (typeof state !== 'string') {
    const { leader, term, voters, learners, healthy, commit } = state;
    const names = (nodes: readonly string[]) => nodes.map(nodeId);
    return {
      shard,
      leader: nodeId(leader),
      term,
      voters: names(voters),
      learners: names(learners),
      healthy: names(healthy),
      commitIndex: commit,
      mode: modeOf(names(voters)),
    };
  }
  const voters = kept === undefined ? [] : [...new Set([...kept.config.voters, ...kept.config.outgoing])];
  return {
    shard,
    // A node that is stopping asks nobody any more.
    leader: state === 'stopping' ? (kept?.leader ?? null) : null,
    term: kept?.term ?? 0,
    voters,
    learners: kept?.config.learners ?? [],
    healthy: [],
    commitIndex: kept?.commit ?? 0,
    mode: voters.length === 0 ? null : modeOf(voters),
  };
}

function modeOf(voters: readonly NodeId[]): DurabilityMode {
  return voters.length > 1 ? 'quorum-fsync' : 'single-fsync';
}

function members(core: Inspected, shards: readonly ShardView[]): MemberView[] {
  return core.members().map(({ node, name, addresses, liveness, leaving }) => ({
    node,
    name,
    addresses,
    liveness: node === core.self.node ? 'alive' : liveness,
    self: node === core.self.node,
    leaving: leaving !== undefined,
    leads: shards.filter(({ leader }) => leader === node).length,
    replicas: shards.filter(({ voters, learners }) => voters.includes(node) || learners.includes(node))
      .length,
    healthy: shards.filter(({ healthy }) => healthy.includes(node)).length,
  }));
}

const SPACE_TEXTS: Readonly<Record<Space, string>> = {
  enough: 'there is space on the disk',
  low: 'little space is left on the disk: the node follows, and leads nothing that another can lead',
  full: 'the disk is full: the node leads and keeps nothing more until there is space',
};

/** Ready: the node can take any request and knows whom to hand it to. */
export function readiness(
  core: Inspected,
  state: { readonly draining: boolean; readonly space: Space },
): Readiness {
  const groups = core.groups();
  const meta = groups.find(({ group }) => group === META_GROUP);
  const shards = keptShards(core);
  const led = shards.filter(({ leader }) => leader !== null);
  const { node, name } = core.self;
  const registered = core.members().find((member) => member.node === node)?.name;
  const checks = [
    {
      name: 'registry',
      ok: meta !== undefined && meta.leader !== null,
      text: meta?.leader
        ? 'the registry of the cluster has a leader'
        : 'the registry of the cluster has no leader',
    },
    {
      name: 'name',
      ok: registered === name,
      text:
        registered === name
          ? `the node is called ${name}`
          : `the registry does not call the node ${name} yet, but ${registered ?? 'nothing'}`,
    },
    {
      name: 'shards',
      ok: led.length === shards.length,
      text: `${led.length} of the ${shards.length} shards that are kept here have a leader`,
    },
    {
      name: 'disk',
      ok: state.space === 'enough',
      text: SPACE_TEXTS[state.space],
    },
    {
      name: 'stopping',
      ok: !state.draining,
      text: state.draining ? 'the node is shutting down' : 'the node is not shutting down',
    },
  ];
  return { ready: checks.every(({ ok }) => ok), checks };
}

/** Of a module whose code this node has; undefined also where it does not compile any more. */
export function programOf(core: Inspected, hash: string): Program | undefined {
  const program = core.modules().find((module) => module.hash === hash)?.program;
  return program instanceof SeqNodeError ? undefined : program;
}

/** Modules whose code this node has; one that does not compile any more shows no behaviours. */
export function modules(core: Inspected): Module[] {
  return core
    .modules()
    .map(({ hash, program }) =>
      program === undefined || program instanceof SeqNodeError
        ? { hash, behaviours: [] }
        : moduleOf(hash, program),
    );
}
