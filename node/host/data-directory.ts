// What a node keeps beside its log and its store: who it is and which cluster it belongs to.
//
//   identity.key   the node's private key, readable by its owner only
//   cluster.json   the cluster's identity, the peers last known, and whether anything was ever logged
//   repair.json    only while a repair is due or under way: see repair.ts; readable by its owner only
//   log/           the write-ahead log
//   store/         the store, whose lock keeps a second process out
//   projection.sqlite  tables for questions, made from the journals: see node/projection/
//   damaged-…/     the log and the store of a node that this one replaced

import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SeqNodeError } from '../base/errors.ts';
import { nodeId } from '../base/ids.ts';
import type { Peer } from '../base/peer.ts';
import { createIdentity, type Identity, identityOf } from '../cluster/io/identity.ts';
import type { ClusterIdentity } from '../core/types.ts';
import { chooseSegment } from '../journal/log-recovery.ts';
import { makeFolders } from './make-folders.ts';

export interface DataPaths {
  readonly root: string;
  readonly identity: string;
  readonly cluster: string;
  readonly repair: string;
  readonly log: string;
  readonly store: string;
  readonly projection: string;
}

export function dataPaths(root: string): DataPaths {
  return {
    root,
    identity: join(root, 'identity.key'),
    cluster: join(root, 'cluster.json'),
    repair: join(root, 'repair.json'),
    log: join(root, 'log'),
    store: join(root, 'store'),
    projection: join(root, 'projection.sqlite'),
  };
}

export interface ClusterFile {
  readonly cluster: ClusterIdentity;
  /** Whether this node made the cluster. */
  readonly founder: boolean;
  /**
   * Whether the log ever held anything. A node that had a log and lost it forgot its votes and must not go
   * on.
   */
  readonly logged: boolean;
  /** The members by the newest registry that is known, this node included or not. */
  readonly peers: readonly Peer[];
  /** The entry of that registry; 0 where older versions, which did not keep it, wrote the file. */
  readonly peersAsOf: number;
  /** The node learned that it was removed from the cluster. */
  readonly removed?: true;
}

const FORMAT = 1;

/**
 * Whether anything is at the path. Throws `bad-config` where that may not be known: what cannot be seen is
 * not gone.
 */
export function isThere(path: string): boolean {
  return asDiskError(path, () => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

/**
 * Reads the node's key, or makes one. Throws `bad-config` when the file is not a key, `disk-full`,
 * `disk-failed`.
 */
export function openIdentity(paths: DataPaths): Identity {
  if (isThere(paths.identity)) {
    const privateKey = new Uint8Array(asDiskError(paths.identity, () => readFileSync(paths.identity)));
    return { privateKey, node: identityOf(privateKey) };
  }
  const identity = createIdentity();
  writeIdentity(paths, identity);
  return identity;
}

export function writeIdentity(paths: DataPaths, { privateKey }: Identity): void {
  writeDurably(paths.identity, privateKey, 0o600);
}

/**
 * The JSON object in a file, undefined when there is none. Throws what `refuse` makes of what is wrong with
 * it.
 */
export function readFormatted(
  path: string,
  format: number,
  refuse: (why: string) => Error,
): Record<string, unknown> | undefined {
  if (!isThere(path)) return undefined;
  const text = asDiskError(path, () => readFileSync(path, 'utf8'));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('is not JSON');
  }
  if (!isRecord(value) || value.format !== format) throw refuse(`is not of format ${format}`);
  return value;
}

/**
 * Undefined when the directory belongs to no cluster yet. Throws `not-a-cluster` when the file makes no
 * sense.
 */
export function readClusterFile(paths: DataPaths): ClusterFile | undefined {
  const refuse = (why: string) => new SeqNodeError('not-a-cluster', `${paths.cluster} ${why}.`);
  const value = readFormatted(paths.cluster, FORMAT, refuse);
  if (value === undefined) return undefined;
  const { cluster, founder, logged, peers, peersAsOf = 0 } = value;
  const whole =
    isRecord(cluster) &&
    typeof cluster.id === 'string' &&
    isCount(cluster.shards) &&
    isCount(cluster.replicas) &&
    typeof founder === 'boolean' &&
    typeof logged === 'boolean' &&
    Array.isArray(peers) &&
    isIndex(peersAsOf);
  if (!whole) throw refuse('lacks a field');
  return {
    cluster: {
      id: cluster.id as string,
      shards: cluster.shards as number,
      replicas: cluster.replicas as number,
    },
    founder,
    logged,
    ...(value.removed === true && { removed: true as const }),
    peers: (peers as unknown[]).map((peer) => {
      const parsed = parsePeer(peer);
      if (parsed === undefined) throw refuse('has a peer that makes no sense');
      return parsed;
    }),
    peersAsOf,
  };
}

/** Whether there is a log that was ever in force. */
export function holdsLog({ log }: DataPaths): boolean {
  return isThere(log) && chooseSegment(asDiskError(log, () => readdirSync(log))).current !== undefined;
}

export function writeClusterFile(paths: DataPaths, file: ClusterFile): void {
  const text = `${JSON.stringify({ format: FORMAT, ...file }, null, 2)}\n`;
  writeDurably(paths.cluster, Buffer.from(text), 0o644);
}

/** A peer as it stands in a file or a join message; undefined when it is none. */
export function parsePeer(value: unknown): Peer | undefined {
  if (!isRecord(value)) return undefined;
  const { node, name, addresses } = value;
  if (typeof node !== 'string' || typeof name !== 'string' || !Array.isArray(addresses)) return undefined;
  if (!addresses.every((address) => typeof address === 'string')) return undefined;
  return { node: nodeId(node), name, addresses: addresses as string[] };
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
export const isIndex = (value: unknown): value is number => value === 0 || isCount(value);

/** Creates the directory, with those above it. Throws `bad-config`, `disk-full`, `disk-failed`. */
export function makeDirectory(path: string, mode = 0o777): void {
  asDiskError(path, () => {
    makeOrRefuse(path, mode);
    if (!statSync(path).isDirectory())
      throw new SeqNodeError('bad-config', `${path} is not a directory.`, { path });
  });
}

function makeOrRefuse(path: string, mode: number): void {
  try {
    makeFolders(path, mode);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw error;
    throw new SeqNodeError('bad-config', `${path} cannot be made: ${message}.`, { path });
  }
}

/**
 * Replaces the file so that a crash leaves the old or the new content whole: write aside, fsync, rename,
 * fsync directory.
 */
export function writeDurably(path: string, bytes: Uint8Array, mode: number): void {
  asDiskError(path, () => {
    const aside = `${path}.new`;
    const file = openSync(aside, 'w', mode);
    try {
      for (let at = 0; at < bytes.byteLength; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
    syncDirectory(dirname(path));
  });
}

/**
 * Moves what lies at `path` into `directory`, which is made if need be. What is there already is not moved
 * again.
 */
export function moveDurably(path: string, directory: string): void {
  asDiskError(path, () => {
    const target = join(directory, basename(path));
    makeFolders(directory);
    if (isThere(path) && !isThere(target)) renameSync(path, target);
    for (const changed of [directory, dirname(directory), dirname(path)]) syncDirectory(changed);
  });
}

/** Names of what repairs moved aside. */
export function keptAside({ root }: DataPaths): string[] {
  return readdirSync(root).filter((name) => name.startsWith('damaged-'));
}

export function removeDurably(path: string): void {
  asDiskError(path, () => {
    rmSync(path, { force: true });
    syncDirectory(dirname(path));
  });
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function asDiskError<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof SeqNodeError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new SeqNodeError('disk-full', `There is no space left to write ${path}.`, { path });
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR')
      throw new SeqNodeError('bad-config', `${path} may not be used: ${message}.`, { path });
    throw new SeqNodeError('disk-failed', `${path} cannot be used: ${message}.`, { path });
  }
}
