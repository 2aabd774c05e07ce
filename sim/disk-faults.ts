// The faults that a simulator puts in the way of one simulated disk.
import type { Random } from '../node/base/random.ts';
import type { IoFailure } from '../node/journal/log-effects.ts';

/** `failing`: every operation fails. `full`: whatever needs new space fails. */
export type DiskCondition = 'well' | 'failing' | 'full';

export class DiskFaults {
  readonly random: Random;
  condition: DiskCondition = 'well';
  /** Every so many operations on average one fails, whatever the condition; 0 for none. */
  failOneIn = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** The failure that an operation meets, or null. `store` stands for a write to the store. */
  strike(operation: 'create' | 'write' | 'rename' | 'store'): IoFailure | null {
    const chance = this.failOneIn > 0 && this.random.below(this.failOneIn) === 0;
    if (chance || this.condition === 'failing')
      return { full: false, untouched: false, message: 'simulated failure of the disk' };
    // Log segments are filled with zeros beforehand, so that a write to one needs no new space.
    if (this.condition === 'full' && (operation === 'create' || operation === 'store'))
      return { full: true, untouched: true, message: 'simulated disk without space' };
    return null;
  }
}
