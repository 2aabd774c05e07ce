// What people and programs are shown of a supervisor: read from its state.
import type { SeqMap } from '../../base/value.ts';
import { recentRestarts } from './restart-intensity.ts';
import { type Child, type ChildStatus, SupervisorState } from './supervisor-state.ts';

const CHILDREN_SHOWN = 1000;

export interface SupervisedChild {
  readonly id: string;
  readonly path: string;
  readonly status: ChildStatus;
  readonly type: 'worker' | 'supervisor';
  readonly restart: string;
  /** When its back-off is over, in milliseconds since 1970; null where it waits for none. */
  readonly restartsAt: number | null;
}

export interface SupervisorView {
  readonly strategy: string;
  readonly phase: string;
  /** Restarts that count now, and how many are allowed within the period. */
  readonly restarts: { readonly counted: number; readonly allowed: number; readonly periodMs: number };
  /** How many restarts there ever were. */
  readonly restarted: number;
  readonly autoShutdown: string;
  /** In the order of their starts: the first thousand. */
  readonly children: readonly SupervisedChild[];
  /** How many there are. */
  readonly size: number;
}

/** `wall`: milliseconds since 1970. Undefined before the supervisor has begun. */
export function supervisorView(map: SeqMap, wall: number): SupervisorView | undefined {
  if (map.size === 0) return undefined;
  const state = SupervisorState.read(map);
  const { strategy, intensity, periodMs, autoShutdown } = state.flags;
  return {
    strategy,
    phase: state.phase,
    restarts: {
      counted: recentRestarts(state.restarts, wall, periodMs).length,
      allowed: intensity,
      periodMs,
    },
    restarted: state.restarted,
    autoShutdown,
    children: state
      .children()
      .slice(0, CHILDREN_SHOWN)
      .map((child) => childView(state, child)),
    size: state.size,
  };
}

const childView = (state: SupervisorState, { spec, status, restartsAt }: Child): SupervisedChild => ({
  id: spec.id,
  path: state.pathOf(spec),
  status,
  type: spec.type,
  restart: spec.restart,
  restartsAt: status === 'restarting' ? (restartsAt ?? null) : null,
});
