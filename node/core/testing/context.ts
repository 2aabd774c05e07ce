// A context for tests of single parts of the core.
import type { NodeId } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import { StepContext } from '../step-context.ts';
import type { CoreOptions } from '../types.ts';
import { LIMITS } from './lone-node.ts';

export function testContext(
  self: NodeId,
  shards: number,
  more: Partial<Pick<CoreOptions, 'roster' | 'faults'>> = {},
): StepContext {
  return new StepContext(
    {
      self: { node: self, name: self, addresses: [] },
      cluster: { id: 'c', shards, replicas: 3 },
      roster: { index: 0, peers: [] },
      create: false,
      random: new SeededRandom(1),
      tickMillis: 20,
      heartbeatTicks: 2,
      electionTicks: 10,
      limits: LIMITS,
      ...more,
    },
    { now: 0, wall: 0 },
  );
}
