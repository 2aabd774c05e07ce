// A timer as the node's API gives it.
import { decodeTimer } from '../runtime/actor/timer-row.ts';
import type { TimerView } from './api.ts';

export function timerView(id: string, bytes: Uint8Array): TimerView {
  const { due, to, message, every } = decodeTimer(bytes);
  return { id, dueMillis: due, to, message, every: every ?? null };
}
