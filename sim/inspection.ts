// What checkers may look at inside a core. Everything else they learn from effects and disks.
import type { GroupId } from '../node/base/ids.ts';
import type { ConfigState } from '../node/base/log.ts';
import type { Core } from '../node/core/types.ts';

export interface GroupView {
  readonly group: GroupId;
  readonly role: string;
  readonly term: number;
  readonly commit: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly config: ConfigState;
}

export interface InspectableCore extends Core {
  readonly inspect: {
    /** One view per group of which the node keeps a replica. */
    groups(): readonly GroupView[];
  };
}

export function viewsOf(core: Core | undefined): readonly GroupView[] {
  return core !== undefined && 'inspect' in core ? (core as InspectableCore).inspect.groups() : [];
}
