import test from 'ava';
import fc from 'fast-check';
import type { NodeId } from '../../base/ids.ts';
import { configOf, EMPTY_CONFIG } from './config-change.ts';
import { quorumReached, voteResult } from './quorum.ts';

const nodes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as NodeId[];
const someNodes = fc.subarray(nodes);
const joint = (voters: readonly NodeId[], outgoing: readonly NodeId[]) => ({
  ...EMPTY_CONFIG,
  voters,
  outgoing,
});
const isMajority = (part: readonly NodeId[], of: readonly NodeId[]) =>
  of.length === 0 || part.filter((node) => of.includes(node)).length * 2 > of.length;

test('what a quorum has reached is the highest number that two majorities have reached', (t) => {
  const numbers = fc.array(fc.nat(6), { minLength: nodes.length, maxLength: nodes.length });
  fc.assert(
    fc.property(someNodes, someNodes, numbers, (voters, outgoing, reached) => {
      const numberOf = (node: NodeId) => reached[nodes.indexOf(node)]!;
      const answer = quorumReached(joint(voters, outgoing), numberOf);
      const holds = (number: number) => {
        const there = nodes.filter((node) => numberOf(node) >= number);
        return isMajority(there, voters) && isMajority(there, outgoing);
      };
      if (voters.length + outgoing.length === 0) return answer === Number.POSITIVE_INFINITY;
      return holds(answer) && !holds(answer + 1);
    }),
  );
  t.pass();
});

test('votes win by two majorities, and are lost when those who are silent cannot change it', (t) => {
  const votes = fc.array(fc.constantFrom(true, false, undefined), {
    minLength: nodes.length,
    maxLength: nodes.length,
  });
  fc.assert(
    fc.property(someNodes, someNodes, votes, (voters, outgoing, cast) => {
      const map = new Map(
        nodes.flatMap((node, at): [NodeId, boolean][] => (cast[at] === undefined ? [] : [[node, cast[at]]])),
      );
      const granted = nodes.filter((node) => map.get(node) === true);
      const possible = nodes.filter((node) => map.get(node) !== false);
      const wins = (those: readonly NodeId[]) => isMajority(those, voters) && isMajority(those, outgoing);
      const expected = wins(granted) ? 'won' : wins(possible) ? 'pending' : 'lost';
      return voteResult(joint(voters, outgoing), map) === expected;
    }),
  );
  t.pass();
});

test('majorities of one to five', (t) => {
  const reached = (numbers: readonly number[]) =>
    quorumReached(configOf(nodes.slice(0, numbers.length)), (node) => numbers[nodes.indexOf(node)]!);
  t.is(reached([7]), 7);
  t.is(reached([7, 3]), 3);
  t.is(reached([7, 3, 5]), 5);
  t.is(reached([7, 3, 5, 4]), 4);
  t.is(reached([7, 3, 5, 4, 6]), 5);
});
