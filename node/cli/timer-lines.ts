// The pending timers of an actor, as lines for people.
import type { ActorView } from '../host/api.ts';
import { timeText } from './output.ts';

/** For an inspection. */
export function timerFields({
  timers: { count, more, next },
}: Pick<ActorView, 'timers'>): [name: string, text: string][] {
  if (count === 0) return [];
  const each = next.map(({ dueMillis, every, to, id }) => {
    const repeats = every === null ? '' : `, every ${every.periodMs} ms`;
    return `at ${timeText(dueMillis)} to ${to}${repeats} (${id})`;
  });
  const others = count - next.length;
  const rest = next.length > 0 && others > 0 ? [`and ${others} more`] : [];
  return [['timers', more ? `more than ${count}` : String(count)], ...each.map(asNext), ...rest.map(asNext)];
}

const asNext = (text: string): [name: string, text: string] => ['', text];
