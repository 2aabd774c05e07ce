// Memberships of a group and the legal steps between them (Raft dissertation, sections 4.2 and 4.3).
//
// Invariants
//  C1. `voters` is not empty, except in the configuration of a replica that has nothing.
//  C2. A node is not at once a voter (of either half) and a learner; `learnersNext` ⊆ `outgoing`, apart from
//      `voters`.
//  C3. Without `outgoing`, `learnersNext` is empty and `autoLeave` is false.
//  C4. Two configurations that follow each other have overlapping quorums: at most one voter differs, or the
//      one is the joint configuration that opens with, or ends in, the other.
import { InvariantError, invariant } from '../../base/assert.ts';
import type { NodeId } from '../../base/ids.ts';
import type { ConfigState } from '../../base/log.ts';
import { pack, unpack } from '../../base/pack.ts';

export interface ConfigStep {
  readonly op: 'add-voter' | 'add-learner' | 'remove';
  readonly node: NodeId;
}

/**
 * A wanted change. `transition` says how: `auto` goes in one step where one is enough and else through a
 * joint configuration that is left by itself; `joint` and `joint-manual` always go through one, which the
 * latter leaves only on `{leave: true}`.
 */
export type ConfigChange =
  | { readonly steps: readonly ConfigStep[]; readonly transition?: 'auto' | 'joint' | 'joint-manual' }
  | { readonly leave: true };

export type ConfigResult =
  | { readonly ok: true; readonly config: ConfigState }
  | { readonly ok: false; readonly problem: string };

export const EMPTY_CONFIG: ConfigState = Object.freeze({
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
});

/** The configuration of these voters and learners, in force as it stands. */
export function configOf(voters: Iterable<NodeId>, learners: Iterable<NodeId> = []): ConfigState {
  return { ...EMPTY_CONFIG, voters: sorted(voters), learners: sorted(learners) };
}

export const isJoint = (config: ConfigState) => config.outgoing.length > 0;

/** Whether the node has a vote in either half. */
export const isVoter = (config: ConfigState, node: NodeId) =>
  config.voters.includes(node) || config.outgoing.includes(node);

/** All nodes that the leader replicates to, sorted. */
export function membersOf(config: ConfigState): readonly NodeId[] {
  return sorted([...config.voters, ...config.outgoing, ...config.learners]);
}

/** All nodes that have a vote, sorted. */
export function votersOf(config: ConfigState): readonly NodeId[] {
  return isJoint(config) ? sorted([...config.voters, ...config.outgoing]) : config.voters;
}

function sorted(nodes: Iterable<NodeId>): readonly NodeId[] {
  return [...new Set(nodes)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The configuration that `change` makes of `config`, or why it may not. */
export function changeConfig(config: ConfigState, change: ConfigChange): ConfigResult {
  if ('leave' in change) {
    if (!isJoint(config)) return { ok: false, problem: 'The configuration is not joint.' };
    return checked({
      ...EMPTY_CONFIG,
      voters: config.voters,
      learners: sorted([...config.learners, ...config.learnersNext]),
    });
  }
  if (isJoint(config)) return { ok: false, problem: 'The configuration is joint and must be left first.' };
  const voters = new Set(config.voters);
  const learners = new Set(config.learners);
  for (const { op, node } of change.steps) {
    voters.delete(node);
    learners.delete(node);
    if (op === 'add-voter') voters.add(node);
    if (op === 'add-learner') learners.add(node);
  }
  if (voters.size === 0) return { ok: false, problem: 'No voter would be left.' };
  const transition = change.transition ?? 'auto';
  if (transition === 'auto' && votersThatDiffer(config.voters, [...voters]) <= 1)
    return checked(configOf(voters, learners));
  const demoted = config.voters.filter((node) => learners.has(node));
  return checked({
    voters: sorted(voters),
    outgoing: config.voters,
    learners: sorted(learners).filter((node) => !demoted.includes(node)),
    learnersNext: demoted,
    autoLeave: transition !== 'joint-manual',
  });
}

function votersThatDiffer(before: readonly NodeId[], after: readonly NodeId[]): number {
  return (
    before.filter((node) => !after.includes(node)).length +
    after.filter((node) => !before.includes(node)).length
  );
}

function checked(config: ConfigState): ConfigResult {
  const problem = configProblem(config);
  return problem === undefined ? { ok: true, config } : { ok: false, problem };
}

/** Why C2 or C3 does not hold, or the lists are not sorted sets. */
export function configProblem(config: ConfigState): string | undefined {
  const { voters, outgoing, learners, learnersNext } = config;
  for (const list of [voters, outgoing, learners, learnersNext])
    if (list.some((node, at) => at > 0 && list[at - 1]! >= node))
      return 'A list of nodes is not a sorted set.';
  if (learners.some((node) => voters.includes(node) || outgoing.includes(node)))
    return 'A node is a voter and a learner.';
  if (learnersNext.some((node) => voters.includes(node) || !outgoing.includes(node)))
    return 'A node is to become a learner and is not an outgoing voter.';
  if (!isJoint(config) && (learnersNext.length > 0 || config.autoLeave))
    return 'A configuration that is not joint has something to leave.';
  return undefined;
}

/** Whether C4 holds of two configurations that follow each other. */
export function isLegalStep(before: ConfigState, after: ConfigState): boolean {
  if (before.voters.length === 0) return true;
  if (!isJoint(before) && !isJoint(after)) return votersThatDiffer(before.voters, after.voters) <= 1;
  if (!isJoint(before)) return votersThatDiffer(before.voters, after.outgoing) === 0;
  return !isJoint(after) && votersThatDiffer(before.voters, after.voters) === 0;
}

const VERSION = 1;

/** The data of a `config` entry: the whole configuration that it brings into force, as MessagePack. */
export function encodeConfig(config: ConfigState): Uint8Array {
  const { voters, outgoing, learners, learnersNext, autoLeave } = config;
  return pack([VERSION, voters, outgoing, learners, learnersNext, autoLeave]);
}

/** Throws InvariantError if the data was not made by `encodeConfig`. */
export function decodeConfig(data: Uint8Array): ConfigState {
  const tree = unpack(data, malformed);
  invariant(Array.isArray(tree) && tree.length === 6 && tree[0] === VERSION, 'config entry: unknown version');
  const [, voters, outgoing, learners, learnersNext, autoLeave] = tree as unknown[];
  const isList = (value: unknown): value is NodeId[] =>
    Array.isArray(value) && value.every((node) => typeof node === 'string');
  invariant(
    isList(voters) &&
      isList(outgoing) &&
      isList(learners) &&
      isList(learnersNext) &&
      typeof autoLeave === 'boolean',
    'config entry: not a configuration',
  );
  const config = { voters, outgoing, learners, learnersNext, autoLeave };
  const problem = configProblem(config);
  invariant(problem === undefined, `config entry: ${problem}`);
  return config;
}

const malformed = (reason: string) => new InvariantError(`config entry: not MessagePack: ${reason}`);
