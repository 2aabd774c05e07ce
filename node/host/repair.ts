// A node that finds its log or its store damaged comes back as a new one, in its own place, and the replicas
// that it kept are made anew from its peers. A voter that lost what it acknowledged, its term or its vote
// must not speak again under the identity that gave those promises; so that identity ends here.
//
//   note the damage, and a new identity      repair.json
//   ask the others, as the old identity, to have the new node in its place, until they do
//   note that they do                        repair.json
//   move log and store aside; take the new identity; forget the repair
//
// Invariants
//  P1  Once the damage is noted, nothing is started under the old identity but the question.
//  P2  The new identity is on disk before anybody hears of it: whenever this is broken off and begun again,
//      the same node goes on.
//  P3  Log and store stay where they are until the registry has the new node in the place of the old one.
//      Nothing of them is deleted, ever; the old key is, so that what was moved aside can never run again.
//  P4  The cluster remembers that the old identity was replaced: whoever has a copy of it is told so, and
//      stops.
import { formatAddress } from '../base/address.ts';
import { SeqNodeError } from '../base/errors.ts';
import { openStore } from '../journal/io/rocks-store.ts';
import type { Store } from '../journal/store-port.ts';
import type { Config } from './config.ts';
import {
  type ClusterFile,
  type DataPaths,
  keptAside,
  moveDurably,
  openIdentity,
  readClusterFile,
  removeDurably,
  writeClusterFile,
  writeIdentity,
} from './data-directory.ts';
import { type Admission, askToReplace } from './joining.ts';
import type { Logger } from './logger.ts';
import { type Damage, newRepair, type Repair, readRepair, writeRepair } from './repair-file.ts';

/** How long the others are asked. After that whoever started the node decides whether it asks on. */
const REPAIR_TIMEOUT_MS = 120_000;
/**
 * Copies that are kept aside at most. Each takes the space of a whole node, and a disk that damages three may
 * damage more.
 */
const KEPT_MAX = 3;

/** The damage, with the next step: it depends on whether others have the data, and may be asked. */
export function withNextStep(damage: SeqNodeError, config: Config, paths: DataPaths): SeqNodeError {
  return new SeqNodeError(damage.code, damage.message, { ...damage.details, next: nextStep(config, paths) });
}

function nextStep(config: Config, paths: DataPaths): string {
  const putBack = `copy ${paths.root}, then put back undamaged files from a backup taken since the node last ran.`;
  const file = readClusterFile(paths);
  if (file === undefined || othersOf(paths, file).length === 0)
    return `No other node has this data: ${putBack}`;
  if (config.node.repair)
    return 'Start it again while the others run: it repairs itself from them, as a new node in its place.';
  return `Start it with --set node.repair=true while the others run: it repairs itself from them. Or ${putBack}`;
}

/**
 * Notes that a repair is due, if there is anybody to repair from: whether so. Throws the damage when so many
 * repairs came before that it is the machine which needs one, and `disk-full`, `disk-failed`.
 */
export function noteDamage(paths: DataPaths, damage: Damage): boolean {
  const file = readClusterFile(paths);
  if (file === undefined || othersOf(paths, file).length === 0) return false;
  if (readRepair(paths) !== undefined) return true;
  const kept = keptAside(paths);
  if (kept.length >= KEPT_MAX)
    throw new SeqNodeError(
      damage.code,
      `${damage.message} ${paths.root} keeps ${kept.length} damaged copies of earlier repairs: they are not deleted by themselves.`,
      {
        kept,
        next: `Check the disk, delete the directories damaged-… in ${paths.root}, and start it again while the others run.`,
      },
    );
  writeRepair(paths, newRepair(damage, Date.now()));
  return true;
}

/**
 * Carries out the repair that is noted, if one is; afterwards the directory is that of a node which is
 * admitted and has nothing yet. With `node.repair` off only one that the cluster knows of already. Rejects
 * with the damage when the others do not agree in time, and with `not-admitted` when they say that the node
 * was removed; then all is as it was, and the next call goes on.
 */
export async function repairIfDue(config: Config, paths: DataPaths, logger: Logger): Promise<void> {
  let repair = readRepair(paths);
  if (repair === undefined || !(config.node.repair || repair.replaced)) return;
  if (!repair.replaced) {
    keepNewer(paths, await askOthers(config, paths, repair, logger));
    repair = { ...repair, replaced: true };
    writeRepair(paths, repair);
  }
  beginAnew(paths, repair);
  const { identity, aside } = repair;
  logger.log('info', 'repaired', { node: identity.node, kept: `${paths.root}/${aside}` });
}

/** The others may know of members that the node never met. */
function keepNewer(paths: DataPaths, { peers, peersAsOf }: Admission): void {
  const file = readClusterFile(paths);
  if (file !== undefined && peersAsOf > file.peersAsOf)
    writeClusterFile(paths, { ...file, peers, peersAsOf });
}

async function askOthers(
  config: Config,
  paths: DataPaths,
  repair: Repair,
  logger: Logger,
): Promise<Admission> {
  const { code, message, identity } = repair;
  const file = readClusterFile(paths);
  const others = file === undefined ? [] : othersOf(paths, file);
  const addresses = others.flatMap((peer) => peer.addresses);
  logger.log('warn', 'repairing', { damage: message, as: identity.node });
  const lock = await lockDirectory(paths);
  try {
    return await askToReplace({
      cluster: file?.cluster.id ?? '',
      old: openIdentity(paths),
      fresh: identity,
      members: [...new Set([...addresses, ...config.p2p.bootstrap.map(formatAddress)])],
      isMember: (node) => others.some((peer) => peer.node === node),
      timeoutMs: REPAIR_TIMEOUT_MS,
      waiting: (error) => logger.log('warn', 'repair-waits', { code: error.code, message: error.message }),
    });
  } catch (error) {
    // A node that was removed, or whose place is given away, needs no repair.
    if (!(error instanceof SeqNodeError) || error.code === 'not-admitted') throw error;
    const why = `${message} The node was not replaced (${error.code}): ${error.message}`;
    throw new SeqNodeError(code, why, { directory: paths.root });
  } finally {
    await lock?.close();
  }
}

/**
 * The store's lock keeps a second process from asking too; of a store that cannot be opened there is none.
 */
async function lockDirectory(paths: DataPaths): Promise<Store | undefined> {
  try {
    return await openStore(paths.store);
  } catch (error) {
    if (error instanceof SeqNodeError && error.code === 'data-in-use') throw error;
    return undefined;
  }
}

/** Each step may have been done before. */
function beginAnew(paths: DataPaths, { identity, aside }: Repair): void {
  const old = openIdentity(paths);
  const file = readClusterFile(paths);
  if (file === undefined) throw new SeqNodeError('not-a-cluster', `${paths.root} holds no cluster.`);
  for (const part of [paths.log, paths.store]) moveDurably(part, `${paths.root}/${aside}`);
  // The registry has it in the same place, under the same name.
  const peers = file.peers.map((peer) => (peer.node === old.node ? { ...peer, node: identity.node } : peer));
  const { cluster, peersAsOf } = file;
  writeClusterFile(paths, { cluster, founder: false, logged: false, peers, peersAsOf });
  writeIdentity(paths, identity);
  removeDurably(paths.repair);
}

function othersOf(paths: DataPaths, { peers }: ClusterFile) {
  const { node: self } = openIdentity(paths);
  return peers.filter(({ node }) => node !== self);
}
