// Actors of this node that had no room for what others sent them, and who waits for it: those are told when
// there is room again. What is lost on the way is made up for by the attempts that outboxes make anyhow.
import { type ActorPath, type NodeId, type SenderName, senderPath } from '../../base/ids.ts';
import type { Frame } from '../../cluster/wire.ts';
import type { Shard } from '../../runtime/shard/shard.ts';

/** Of one actor: others try again by themselves. */
const WAITING_MAX = 1000;

interface Full {
  readonly leader: Shard;
  readonly waiting: Map<SenderName, NodeId>;
}

export class FullReceivers {
  readonly #full = new Map<ActorPath, Full>();

  add(leader: Shard, receiver: ActorPath, sender: SenderName, from: NodeId): void {
    let full = this.#full.get(receiver);
    if (full?.leader !== leader) {
      full = { leader, waiting: new Map() };
      this.#full.set(receiver, full);
    }
    if (full.waiting.size < WAITING_MAX) full.waiting.set(sender, from);
    leader.awaited(receiver);
  }

  /** To be called once per step. */
  tell(send: (to: NodeId, frame: Frame & { kind: 'room' }) => void): void {
    for (const [receiver, { leader, waiting }] of this.#full) {
      if (leader.ready && !leader.hasRoom(receiver)) continue;
      this.#full.delete(receiver);
      if (leader.ready) for (const [sender, node] of waiting) send(node, { kind: 'room', sender, receiver });
    }
  }

  *waitingFor(receiver: ActorPath): Iterable<ActorPath> {
    for (const sender of this.#full.get(receiver)?.waiting.keys() ?? []) yield senderPath(sender);
  }
}
