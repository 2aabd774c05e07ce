// The part of the Seq program that simulated clusters run whose actors have tasks done: a boss sends tasks to
// a queue, or asks it, and keeps the answers in its state.

export const TASK_QUEUE = '/queue/work';

export const TASK_SOURCE = `
union Boss-Message { Order { id: Int } Post { id: Int } }

: bossing ( Map Boss-Message -- Map )
  match
    Order { >id } -> dup "${TASK_QUEUE}" swap actor-ask map.set
    Post { >id } -> "${TASK_QUEUE}" swap actor-send
  end ;
`;
export const BOSS_WORD = 'bossing';
