// What an actor does in this moment, and where it waits for another, for an answer or until that one takes
// what it sent, what that one does, to the end of the chain.
import { SeqNodeError } from '../base/errors.ts';
import type { ActorPath } from '../base/ids.ts';
import { parsePath } from '../base/path.ts';
import type { Doing } from '../core/requests/results.ts';
import type { ClientRequest } from '../core/types.ts';
import type { WhyView } from './api.ts';

type Read = (request: ClientRequest & { readonly op: 'why' }) => Promise<Doing>;

/** How many actors a chain names. */
const CHAIN_MAX = 32;

/** `chain` begins with the actor itself. */
export async function followWaits(read: Read, path: ActorPath, timeoutMs: number): Promise<WhyView['chain']> {
  const chain: WhyView['chain'][number][] = [await read({ op: 'why', path, timeoutMs })];
  const seen = new Set<string>([path]);
  for (
    let next = nextOf(chain[0]);
    next !== undefined && chain.length < CHAIN_MAX;
    next = nextOf(chain.at(-1))
  ) {
    if (seen.has(next)) break;
    seen.add(next);
    try {
      chain.push(await read({ op: 'why', path: parsePath(next), timeoutMs, ...askerOf(chain.at(-1)) }));
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      // Nobody lives there, or its shard has no leader: that is where the chain ends.
      chain.push({ path: next, refused: error.code, message: error.message });
    }
  }
  return chain;
}

/** Who waits: a queue tells of the task. */
function askerOf(link: WhyView['chain'][number] | undefined) {
  if (link === undefined || !('waits' in link) || link.waits === null) return {};
  return { asker: { path: parsePath(link.path), ask: link.waits.ask } };
}

function nextOf(link: WhyView['chain'][number] | undefined): string | undefined {
  if (link === undefined || !('waits' in link)) return undefined;
  // A child that failed waits for its supervisor.
  if (link.lifecycle === 'restarting') return link.supervisor ?? undefined;
  if (link.waits !== null) return link.waits.for ?? undefined;
  if (!link.paused) return undefined;
  return (link.outboxes.find(({ putOff }) => putOff !== null) ?? link.outboxes[0])?.receiver;
}
