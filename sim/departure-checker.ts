// Checks that no group counts on a node that the operator was told is removed.
//
// Invariants
//  L1 when the operator is told, the newest configuration in force of every group does without the node, and
//     so do all later ones.
import { type GroupId, META_GROUP, type NodeId } from '../node/base/ids.ts';
import { type ConfigState, namedNodes } from '../node/base/log.ts';
import { decodeGroupRow } from '../node/core/groups/group-row.ts';
import type { Effect, Input } from '../node/core/types.ts';
import { isGroupRow, type ParsedKey, parseKey } from '../node/journal/keys.ts';
import type { Observer } from './cluster.ts';
import type { SimNode } from './sim-node.ts';
import { demand } from './violation.ts';

interface Furthest {
  readonly appliedIndex: number;
  readonly config: ConfigState;
}

export class DepartureChecker implements Observer {
  /** What anybody ever applied last; a crash may take it back from that disk, but not from the log. */
  readonly #furthest = new Map<GroupId, Furthest>();
  readonly #removed = new Set<SimNode>();
  /** What each node stores as applied. */
  readonly #applied = new Map<GroupId, Map<NodeId, ConfigState>>();

  /** What a node has applied it knows at once, and has in its store a little later. */
  stepped(_: SimNode, _inputs: readonly Input[], effects: readonly Effect[]): void {
    for (const effect of effects)
      if (effect.kind === 'store')
        for (const op of effect.ops)
          if (op.kind === 'put' && isGroupRow(op.key)) this.#moved(op.key, op.value);
  }

  #moved(key: Uint8Array, value: Uint8Array) {
    const { group } = parseKey(key) as ParsedKey & { kind: 'group-row' };
    const { appliedIndex, config } = decodeGroupRow(value);
    if (appliedIndex <= (this.#furthest.get(group)?.appliedIndex ?? 0)) return;
    this.#furthest.set(group, { appliedIndex, config });
    for (const removed of this.#removed) this.#check(group, removed);
  }

  row(node: SimNode, key: Uint8Array, _before: Uint8Array | undefined, after: Uint8Array | undefined): void {
    if (after === undefined || !isGroupRow(key)) return;
    const { group } = parseKey(key) as ParsedKey & { kind: 'group-row' };
    const applied = this.#applied.get(group) ?? new Map<NodeId, ConfigState>();
    this.#applied.set(group, applied.set(node.id, decodeGroupRow(after).config));
  }

  /** The operator was told that it may switch the node off. */
  told(node: SimNode): void {
    this.#removed.add(node);
    for (const group of this.#furthest.keys()) this.#check(group, node);
  }

  /**
   * Whether a group counts on the node, as far as a majority of its voters applied its log: what one alone
   * knows is gone with it, and the others would need the node once more.
   */
  isNamed({ id }: SimNode): boolean {
    return [...this.#furthest].some(([group, { config }]) => {
      const applied = this.#applied.get(group) ?? new Map<NodeId, ConfigState>();
      const without = config.voters.filter((voter) => {
        const known = applied.get(voter);
        return known !== undefined && !this.#counting(group, known).includes(id);
      });
      return without.length * 2 <= config.voters.length;
    });
  }

  #counting(group: GroupId, config: ConfigState): readonly NodeId[] {
    // A leaving node follows the registry a little longer, without a vote, to hear of its end.
    return group === META_GROUP ? [...config.voters, ...config.outgoing] : namedNodes(config);
  }

  #check(group: GroupId, { id, peer }: SimNode) {
    const { appliedIndex, config } = this.#furthest.get(group)!;
    const counting = this.#counting(group, config);
    demand(
      !counting.includes(id),
      'counts-on-removed',
      () =>
        `${peer.name} is removed and group ${group} counts on it at ${appliedIndex}: ${JSON.stringify(config)}`,
    );
  }
}
