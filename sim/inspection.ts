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
  /** See Inspection. */
  isWanted(): boolean;
  isMoving(): boolean;
}

export interface InspectableCore extends Core {
  readonly inspect: {
    /** One view per group of which the node keeps a replica. */
    groups(): readonly GroupView[];
  };
}

/** Where a view, or all of them, is as in `before`, it is the same object: so checkers look at news only. */
export function viewsOf(core: Core | undefined, before: readonly GroupView[]): readonly GroupView[] {
  if (core === undefined || !('inspect' in core)) return before.length === 0 ? before : [];
  let isNew = false;
  const views = (core as InspectableCore).inspect.groups().map((view, at) => {
    const known = before[at];
    if (known !== undefined && isSame(view, known)) return known;
    isNew = true;
    return view;
  });
  return isNew || views.length !== before.length ? views : before;
}

function isSame(one: GroupView, other: GroupView): boolean {
  return (
    one.group === other.group &&
    one.role === other.role &&
    one.term === other.term &&
    one.commit === other.commit &&
    one.applied === other.applied &&
    one.lastIndex === other.lastIndex &&
    one.config === other.config
  );
}
