// The plan of a tree as lines for people, like a diff, and as JSON for programs; and each change as the
// request that makes it.

import type { ActorPath } from '../../base/ids.ts';
import { toJson } from '../../base/json.ts';
import { Variant } from '../../base/value.ts';
import {
  type ChildSpec,
  childData,
  type SupervisorSpec,
  specData,
} from '../../runtime/lifecycle/supervisor-spec.ts';
import { codeText, type TreeChange } from './tree-plan.ts';

/** The first line tells the change. */
export function changeLines(change: TreeChange): string[] {
  const { path } = change;
  switch (change.action) {
    case 'start':
      return [`+ ${path}  ${supervisorText(change.spec)}`, ...childLines(change.spec, '  ')];
    case 'resume':
      return [`~ ${path}  has ended: resumed, with its state and what is below it`];
    case 'add':
      return [`+ ${path}  ${childText(change.spec)}`, ...below(change.spec, '  ')];
    case 'remove':
      return [`- ${path}  stopped, and not supervised any more; its state stays`];
    case 'configure':
      return [
        `~ ${path}`,
        ...change.differences.map(({ field, from, to }) => `    ${field}: ${from} -> ${to}`),
      ];
    case 'upgrade':
      return [`~ ${path}  code: ${codeText(change.from)} -> ${codeText(change.code)}; its state stays`];
  }
}

const supervisorText = ({ strategy, intensity, periodMs }: SupervisorSpec): string =>
  `supervisor, ${strategy}, ${intensity} restarts within ${periodMs} ms`;

function childText({ program, restart }: ChildSpec): string {
  if ('supervisor' in program) return `${supervisorText(program.supervisor)}, ${restart}`;
  return `${codeText(program.code)}, ${restart}`;
}

const childLines = ({ children }: SupervisorSpec, indent: string): string[] =>
  children.flatMap((child) => [
    `+ ${indent}${child.id}  ${childText(child)}`,
    ...below(child, `${indent}  `),
  ]);

const below = ({ program }: ChildSpec, indent: string): string[] =>
  'supervisor' in program ? childLines(program.supervisor, indent) : [];

export function changeJson(change: TreeChange): object {
  const { action, path } = change;
  switch (change.action) {
    case 'start':
      return { action, path, supervisor: toJson(specData(change.spec)) };
    case 'add':
      return { action, path, supervisor: change.supervisor, child: toJson(childData(change.spec)) };
    case 'remove':
      return { action, path, supervisor: change.supervisor, id: change.id };
    case 'configure':
      return { action, path, differences: change.differences };
    case 'upgrade':
      return {
        action,
        path,
        from: codeText(change.from),
        to: codeText(change.code),
        module: change.code.module,
      };
    case 'resume':
      return { action, path };
  }
}

export interface TreeRequest {
  readonly actor: ActorPath;
  readonly endpoint: '' | 'ask' | 'resume' | 'upgrade';
  readonly body: Readonly<Record<string, unknown>>;
}

/** A POST; its answer may be a Refused of the supervisor. */
export function requestOf(change: TreeChange): TreeRequest {
  const { path } = change;
  const asks = (actor: ActorPath, message: Variant): TreeRequest => ({
    actor,
    endpoint: 'ask',
    body: { message: toJson(message) },
  });
  switch (change.action) {
    case 'start':
      return { actor: path, endpoint: '', body: { supervisor: toJson(specData(change.spec)) } };
    case 'resume':
      return { actor: path, endpoint: 'resume', body: {} };
    case 'add':
      return asks(change.supervisor, new Variant('Add', [childData(change.spec)]));
    case 'remove':
      return asks(change.supervisor, new Variant('Remove', [change.id]));
    case 'configure':
      return asks(path, new Variant('Configure', [specData(change.spec)]));
    case 'upgrade': {
      const { module, target } = change.code;
      return {
        actor: path,
        endpoint: 'upgrade',
        body: { module, ...('word' in target && { word: target.word }) },
      };
    }
  }
}
