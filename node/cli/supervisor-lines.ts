// What a supervisor has, as lines for people.
import type { ActorView } from '../host/api.ts';
import { timeText } from './output.ts';

type Supervises = NonNullable<ActorView['supervises']>;
type SupervisedChild = Supervises['children'][number];

export const intensityText = ({ restarts: { counted, allowed, periodMs } }: Supervises): string =>
  `${counted} of ${allowed} restarts within ${periodMs} ms`;

/** A child and how it is, such as `parser  restarting, at 2026-11-30T17:00:00.000Z`. */
export function childText({ id, status, type, restart, restartsAt }: SupervisedChild): string {
  const when = restartsAt === null ? '' : ` at ${timeText(restartsAt)}`;
  const kind = type === 'supervisor' ? ', a supervisor' : '';
  return `${id} ${status}${when} (${restart}${kind})`;
}

/** For an inspection. */
export function supervisorFields({
  supervises,
}: Pick<ActorView, 'supervises'>): [name: string, text: string][] {
  if (supervises === null) return [];
  const { strategy, phase, restarted, autoShutdown, children, size } = supervises;
  const more = size > children.length ? [`and ${size - children.length} more`] : [];
  const lines = [...children.map(childText), ...more];
  const shuts = autoShutdown === 'never' ? '' : `, auto-shutdown ${autoShutdown}`;
  return [
    ['supervises', `${strategy}, ${phase}${shuts}`],
    ['intensity', `${intensityText(supervises)}; ${restarted} in all`],
    ['children', size === 0 ? 'none' : String(size)],
    ...lines.map((line): [string, string] => ['', line]),
  ];
}
