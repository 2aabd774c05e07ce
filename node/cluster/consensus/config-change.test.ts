import { encode } from '@msgpack/msgpack';
import test from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../../base/assert.ts';
import type { NodeId } from '../../base/ids.ts';
import type { ConfigState } from '../../base/log.ts';
import {
  type ConfigStep,
  changeConfig,
  configOf,
  configProblem,
  decodeConfig,
  encodeConfig,
  isJoint,
  isLegalStep,
  isVoter,
  membersOf,
  votersOf,
} from './config-change.ts';

const nodes = ['a', 'b', 'c', 'd', 'e'] as NodeId[];
const [a, b, c, d] = nodes as [NodeId, NodeId, NodeId, NodeId];
const arbitraryStep: fc.Arbitrary<ConfigStep> = fc.record({
  op: fc.constantFrom('add-voter', 'add-learner', 'remove'),
  node: fc.constantFrom(...nodes),
});
const arbitraryTransition = fc.constantFrom('auto' as const, 'joint' as const, 'joint-manual' as const);

function changed(config: ConfigState, steps: readonly ConfigStep[], transition: 'auto' | 'joint' = 'auto') {
  const result = changeConfig(config, { steps, transition });
  if (!result.ok) throw new Error(result.problem);
  return result.config;
}

test('C2, C3, C4: every change is legal, and so is leaving it', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(arbitraryStep, { minLength: 1, maxLength: 4 }), arbitraryTransition)),
      (changes) => {
        let config = configOf([a]);
        const go = (result: ReturnType<typeof changeConfig>) => {
          if (!result.ok) return;
          t.is(configProblem(result.config), undefined);
          t.true(isLegalStep(config, result.config));
          t.true(result.config.voters.length > 0);
          t.deepEqual(decodeConfig(encodeConfig(result.config)), result.config);
          config = result.config;
        };
        for (const [steps, transition] of changes) {
          go(changeConfig(config, { steps, transition }));
          if (isJoint(config)) go(changeConfig(config, { leave: true }));
          t.false(isJoint(config));
        }
      },
    ),
  );
});

test('C4: quorums of configurations in a row overlap', (t) => {
  const majorities = (of: readonly NodeId[]) => subsets(of).filter((part) => part.length * 2 > of.length);
  const quorums = (config: ConfigState) =>
    majorities(config.voters).flatMap((one) =>
      config.outgoing.length === 0 ? [one] : majorities(config.outgoing).map((other) => [...one, ...other]),
    );
  fc.assert(
    fc.property(
      fc.subarray(nodes, { minLength: 1 }),
      fc.array(arbitraryStep, { minLength: 1, maxLength: 4 }),
      arbitraryTransition,
      (voters, steps, transition) => {
        const before = configOf(voters);
        const result = changeConfig(before, { steps, transition });
        if (!result.ok) return true;
        const after = quorums(result.config);
        return quorums(before).every((one) =>
          after.every((other) => other.some((node) => one.includes(node))),
        );
      },
    ),
    { numRuns: 50 },
  );
  t.pass();
});

function subsets(of: readonly NodeId[]): NodeId[][] {
  const chosen = (bits: number) => of.filter((_node, at) => (bits >> at) % 2 === 1);
  return Array.from({ length: 2 ** of.length }, (_, bits) => chosen(bits));
}

test('one voter more or less needs no joint configuration; two do', (t) => {
  const three = configOf([a, b, c]);
  t.deepEqual(changed(three, [{ op: 'add-voter', node: d }]), configOf([a, b, c, d]));
  t.deepEqual(changed(three, [{ op: 'remove', node: a }]), configOf([b, c]));
  t.deepEqual(changed(three, [{ op: 'add-learner', node: c }]), configOf([a, b], [c]));
  t.deepEqual(changed(configOf([a], [b, c]), [{ op: 'remove', node: b }]), configOf([a], [c]));
  const replaced = changed(three, [
    { op: 'remove', node: c },
    { op: 'add-voter', node: d },
  ]);
  t.deepEqual(replaced, {
    voters: [a, b, d],
    outgoing: [a, b, c],
    learners: [],
    learnersNext: [],
    autoLeave: true,
  });
  t.deepEqual(membersOf(replaced), [a, b, c, d]);
  t.deepEqual(votersOf(replaced), [a, b, c, d]);
  t.true(isVoter(replaced, c));
});

test('growth from one to three: learners, then one joint change', (t) => {
  const learning = changed(configOf([a]), [
    { op: 'add-learner', node: b },
    { op: 'add-learner', node: c },
  ]);
  t.deepEqual(learning, configOf([a], [b, c]));
  const joint = changed(learning, [
    { op: 'add-voter', node: b },
    { op: 'add-voter', node: c },
  ]);
  t.deepEqual(joint, { voters: [a, b, c], outgoing: [a], learners: [], learnersNext: [], autoLeave: true });
  const left = changeConfig(joint, { leave: true });
  t.deepEqual(left, { ok: true, config: configOf([a, b, c]) });
});

test('a voter that is demoted in a joint configuration learns only when it is left', (t) => {
  const joint = changed(configOf([a, b, c]), [
    { op: 'add-learner', node: c },
    { op: 'add-voter', node: d },
  ]);
  t.deepEqual(joint.learners, []);
  t.deepEqual(joint.learnersNext, [c]);
  t.deepEqual(changeConfig(joint, { leave: true }), { ok: true, config: configOf([a, b, d], [c]) });
});

test('what may not be is refused', (t) => {
  const one = configOf([a]);
  t.false(changeConfig(one, { steps: [{ op: 'remove', node: a }] }).ok);
  t.false(changeConfig(one, { steps: [{ op: 'add-learner', node: a }] }).ok);
  t.false(changeConfig(one, { leave: true }).ok);
  const joint = changed(one, [{ op: 'add-voter', node: b }], 'joint');
  t.true(isJoint(joint));
  t.false(changeConfig(joint, { steps: [{ op: 'remove', node: b }] }).ok);
  t.false(isLegalStep(configOf([a, b, c]), configOf([a, d, nodes[4]!])));
  t.false(isLegalStep(joint, joint));
});

test('data that is no configuration is noticed', (t) => {
  const bad = [
    Uint8Array.of(),
    Uint8Array.of(0xc1),
    encode('text'),
    encode([2, ['a'], [], [], [], false]),
    encode([1, ['a'], [], [], [], 0]),
    encode([1, ['b', 'a'], [], [], [], false]),
    encode([1, ['a'], [], ['a'], [], false]),
    encode([1, ['a'], [], [], ['b'], false]),
  ];
  for (const data of bad) t.throws(() => decodeConfig(data), { instanceOf: InvariantError });
});
