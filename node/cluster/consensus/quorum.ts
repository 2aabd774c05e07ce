// Decisions by majority, and by the two majorities of a joint configuration (Raft dissertation, section 4.3).
// An empty half decides nothing: it agrees with whatever the other half says.
import type { NodeId } from '../../base/ids.ts';
import type { ConfigState } from '../../base/log.ts';

/**
 * The highest number that a quorum has reached, where `reached(node)` says what each node has. Infinity for a
 * configuration without voters.
 */
export function quorumReached(config: ConfigState, reached: (node: NodeId) => number): number {
  const incoming = majorityReached(config.voters, reached);
  return config.outgoing.length === 0
    ? incoming
    : Math.min(incoming, majorityReached(config.outgoing, reached));
}

function majorityReached(voters: readonly NodeId[], reached: (node: NodeId) => number): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  if (voters.length === 1) return reached(voters[0]!);
  const numbers: number[] = [];
  // Few voters, and asked for with every answer of a follower: sorted as they come.
  for (const voter of voters) {
    const number = reached(voter);
    let at = numbers.length;
    for (; at > 0 && numbers[at - 1]! > number; at--) numbers[at] = numbers[at - 1]!;
    numbers[at] = number;
  }
  // Of n numbers in rising order, the one at ⌊(n-1)/2⌋ is reached by itself and all after it: a majority.
  return numbers[(numbers.length - 1) >> 1]!;
}

export type VoteResult = 'won' | 'lost' | 'pending';

/** What the votes so far decide. `lost` means that the votes still missing cannot win it any more. */
export function voteResult(config: ConfigState, votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  const incoming = majorityVote(config.voters, votes);
  const outgoing = majorityVote(config.outgoing, votes);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending';
}

function majorityVote(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  if (voters.length === 0) return 'won';
  let granted = 0;
  let missing = 0;
  for (const voter of voters) {
    const vote = votes.get(voter);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  const majority = (voters.length >> 1) + 1;
  if (granted >= majority) return 'won';
  return granted + missing < majority ? 'lost' : 'pending';
}
