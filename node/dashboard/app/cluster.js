// What follows from views of the cluster.
import { plural } from './format.js';

/** @import { ClusterView } from './api-types.d.ts' */

/**
 * Entries per second that were committed, by shard and by the node that leads it.
 * @typedef {{ byShard: ReadonlyMap<number, number>, byNode: ReadonlyMap<string, number> }} Load
 */

/**
 * @param {ClusterView | undefined} before
 * @param {ClusterView} after
 * @param {number} seconds
 * @returns {Load}
 */
export function loadOf(before, after, seconds) {
  const byShard = new Map();
  const byNode = new Map();
  if (before === undefined || seconds <= 0) return { byShard, byNode };
  const old = new Map(before.shards.map(({ shard, commitIndex }) => [shard, commitIndex]));
  for (const { shard, commitIndex, leader } of after.shards) {
    // Without a leader the asked node tells how far its own replica is, which may be less.
    const rate = Math.max(0, commitIndex - (old.get(shard) ?? commitIndex)) / seconds;
    byShard.set(shard, rate);
    if (leader !== null) byNode.set(leader, (byNode.get(leader) ?? 0) + rate);
  }
  return { byShard, byNode };
}

/**
 * What an operator should know, a sentence each.
 * @param {ClusterView} view
 * @returns {string[]}
 */
export function troublesOf({ members, shards }) {
  const named = (/** @type {string} */ liveness) => members.filter((member) => member.liveness === liveness);
  const list = (/** @type {readonly { name: string }[]} */ nodes) => nodes.map(({ name }) => name).join(', ');
  const dead = named('dead');
  const suspect = named('suspect');
  const leaving = members.filter((member) => member.leaving);
  const leaderless = shards.filter(({ leader }) => leader === null);
  const behind = shards.filter(
    ({ leader, voters, healthy }) => leader !== null && voters.some((node) => !healthy.includes(node)),
  );
  const moving = shards.filter(({ learners }) => learners.length > 0);
  return [
    dead.length > 0 && `Down: ${list(dead)}.`,
    suspect.length > 0 && `Silent at the moment: ${list(suspect)}.`,
    leaderless.length > 0 && `${plural(leaderless.length, 'shard')} without a leader: no majority answers.`,
    behind.length > 0 && `${plural(behind.length, 'shard')} with a replica that is behind.`,
    moving.length > 0 && `${plural(moving.length, 'shard')} on the move to other nodes.`,
    leaving.length > 0 && `Leaving: ${list(leaving)}. Do not switch it off yet.`,
  ].filter((trouble) => trouble !== false);
}

/**
 * The names of the other nodes that the asked one heard of last.
 * @param {ClusterView | undefined} view
 */
export const othersAlive = (view) =>
  (view?.members ?? [])
    .filter(({ self, liveness }) => !self && liveness === 'alive')
    .map(({ name }) => name)
    .sort();
