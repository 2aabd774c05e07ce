// What a turn begins with.
import type { Data } from '../../base/value.ts';
import type { Origin } from '../envelope.ts';
import type { TurnInputs } from '../turn/host.ts';

/** What a turn is given, and where its message came from. */
export interface TurnSource extends TurnInputs {
  readonly message: Data;
  readonly origin: Origin | null;
}
