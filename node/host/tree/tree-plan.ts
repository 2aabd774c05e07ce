// What is to be done so that a supervision tree is as a file declares it: a pure comparison.
//
//  P1  What is as declared is not touched: a plan of a tree that is so is empty.
//  P2  No plan discards state: who is removed or replaced is stopped, and keeps its journal.
//  P3  A supervisor comes before what is below it, and children in the order of their starts.
import { type BehaviourRef, targetName } from '../../base/behaviour-ref.ts';
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import { formatNotation } from '../../base/notation.ts';
import { childPath } from '../../base/path.ts';
import type { SeqMap } from '../../base/value.ts';
import {
  type ChildSpec,
  childData,
  flagEntries,
  type SupervisorFlags,
  type SupervisorSpec,
} from '../../runtime/lifecycle/supervisor-spec.ts';
import { SupervisorState } from '../../runtime/lifecycle/supervisor-state.ts';
import type { Lifecycle } from '../api.ts';
import type { Tree } from './tree-file.ts';

/** What is known of an actor of the tree. */
export interface TreeActor {
  readonly lifecycle: Lifecycle;
  readonly code: Pick<BehaviourRef, 'module' | 'target'>;
  /** Of a supervisor. */
  readonly state: SeqMap | undefined;
}

export interface Difference {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

export type TreeChange =
  | { readonly action: 'start'; readonly path: ActorPath; readonly spec: SupervisorSpec }
  /** Of one that has ended, and should run: a supervisor starts its children again. */
  | { readonly action: 'resume'; readonly path: ActorPath }
  | {
      readonly action: 'add';
      readonly path: ActorPath;
      readonly supervisor: ActorPath;
      readonly spec: ChildSpec;
    }
  | {
      readonly action: 'remove';
      readonly path: ActorPath;
      readonly supervisor: ActorPath;
      readonly id: string;
    }
  | {
      readonly action: 'configure';
      readonly path: ActorPath;
      readonly spec: SupervisorSpec;
      readonly differences: readonly Difference[];
    }
  | {
      readonly action: 'upgrade';
      readonly path: ActorPath;
      readonly code: Pick<BehaviourRef, 'module' | 'target'>;
      readonly from: Pick<BehaviourRef, 'module' | 'target'>;
    };

/** The changes, in order; `find` gives undefined where nobody lives. */
export async function planTree(
  { path, spec }: Tree,
  find: (path: ActorPath) => Promise<TreeActor | undefined>,
): Promise<TreeChange[]> {
  const found = await find(path);
  if (found === undefined) return [{ action: 'start', path, spec }];
  if (found.state === undefined)
    throw new SeqNodeError(
      'bad-tree',
      `The actor at ${path} is no supervisor: it runs ${codeText(found.code)}.`,
    );
  const changes: TreeChange[] = [];
  const begins = hasEnded(found);
  if (begins) changes.push({ action: 'resume', path });
  if (found.state.size === 0) return changes;
  const state = SupervisorState.read(found.state);
  const known = state.children();
  const differences = flagDifferences(state.flags, spec);
  const kept: { readonly spec: ChildSpec; readonly path: ActorPath }[] = [];
  const at = (child: ChildSpec) => child.path ?? childPath(path, child.id);
  const isReplaced = (child: ChildSpec, before: ChildSpec) =>
    at(child) !== state.pathOf(before) || child.mode !== before.mode || child.type !== before.type;
  for (const { spec: before } of known) {
    const after = spec.children.find(({ id }) => id === before.id);
    if (after === undefined || isReplaced(after, before))
      changes.push({ action: 'remove', path: state.pathOf(before), supervisor: path, id: before.id });
    else {
      kept.push({ spec: after, path: at(after) });
      differences.push(...childDifferences(before, after));
    }
  }
  const added = spec.children.filter(({ id }) => !kept.some((each) => each.spec.id === id));
  for (const child of added) changes.push({ action: 'add', path: at(child), supervisor: path, spec: child });
  const before = [
    ...known.map(({ spec: { id } }) => id).filter((id) => kept.some((each) => each.spec.id === id)),
    ...added.map(({ id }) => id),
  ];
  const order = spec.children.map(({ id }) => id);
  if (before.join(' ') !== order.join(' '))
    differences.push({ field: 'order', from: before.join(' '), to: order.join(' ') });
  if (differences.length > 0) changes.push({ action: 'configure', path, spec, differences });
  for (const each of kept) changes.push(...(await planChild(each, begins, find)));
  return changes;
}

const hasEnded = ({ lifecycle }: TreeActor): boolean => lifecycle === 'stopped' || lifecycle === 'failed';

/** `begins`: its supervisor is resumed, and starts it. */
async function planChild(
  { spec: { program, restart }, path }: { readonly spec: ChildSpec; readonly path: ActorPath },
  begins: boolean,
  find: (path: ActorPath) => Promise<TreeActor | undefined>,
): Promise<TreeChange[]> {
  const resumes = !begins && restart === 'permanent';
  if ('supervisor' in program) {
    const changes = await planTree({ path, spec: program.supervisor }, find);
    // The one above starts it.
    return changes.filter(
      ({ action, path: at }) => at !== path || (action !== 'start' && (action !== 'resume' || resumes)),
    );
  }
  const found = await find(path);
  if (found === undefined) return [];
  const changes: TreeChange[] = [];
  if (codeText(found.code) !== codeText(program.code))
    changes.push({ action: 'upgrade', path, code: program.code, from: found.code });
  if (resumes && hasEnded(found)) changes.push({ action: 'resume', path });
  return changes;
}

export const codeText = ({ module, target }: Pick<BehaviourRef, 'module' | 'target'>): string =>
  `${targetName(target)} of ${module.slice(0, 12)}`;

function flagDifferences(before: SupervisorFlags, after: SupervisorFlags): Difference[] {
  const to = new Map(flagEntries(after));
  return flagEntries(before).flatMap(([field, value]) =>
    difference(field, formatNotation(value), formatNotation(to.get(field)!)),
  );
}

/** The supervisor below is compared by itself. */
function childDifferences(before: ChildSpec, after: ChildSpec): Difference[] {
  const [from, to] = [childData(before), childData(after)];
  const fields = ['restart', 'significant', 'shutdown', 'state'];
  const differences = fields.flatMap((field) =>
    difference(`${after.id}.${field}`, formatNotation(from.get(field)!), formatNotation(to.get(field)!)),
  );
  if ('code' in before.program && 'code' in after.program)
    differences.push(
      ...difference(`${after.id}.code`, codeText(before.program.code), codeText(after.program.code)),
    );
  return differences;
}

const difference = (field: string, from: string, to: string): Difference[] =>
  from === to ? [] : [{ field, from, to }];
