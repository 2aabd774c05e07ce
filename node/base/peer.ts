import type { NodeId } from './ids.ts';

/** A node of the cluster: its name, and where others reach it. */
export interface Peer {
  readonly node: NodeId;
  readonly name: string;
  /** `HOST:PORT` each. */
  readonly addresses: readonly string[];
}
