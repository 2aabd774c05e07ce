// One node of a cluster, put together from its configuration: identity, log, store, transport, core and
// driver. What is opened first is closed last.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { formatAddress } from '../base/address.ts';
import { SeqNodeError } from '../base/errors.ts';
import type { NodeId } from '../base/ids.ts';
import { isMemberName, nameRefusal } from '../base/member-name.ts';
import type { Peer } from '../base/peer.ts';
import type { Identity } from '../cluster/io/identity.ts';
import { type Libp2pTransport, startTransport } from '../cluster/io/transport.ts';
import { REMOVED } from '../cluster/meta-state.ts';
import type { TransportEvents } from '../cluster/transport-port.ts';
import { NodeCore } from '../core/node-core.ts';
import type { Roster } from '../core/types.ts';
import { openLog } from '../journal/io/log-files.ts';
import { openStore } from '../journal/io/rocks-store.ts';
import type { OpenedLog, WriteAheadLog } from '../journal/log-port.ts';
import type { Store } from '../journal/store-port.ts';
import type { NodeApi } from './api.ts';
import { clusterView, modules, programOf, readiness } from './cluster-view.ts';
import type { Config } from './config.ts';
import { coreOptions } from './core-options.ts';
import {
  type ClusterFile,
  type DataPaths,
  holdsLog,
  makeDirectory,
  openIdentity,
  readClusterFile,
  writeClusterFile,
} from './data-directory.ts';
import { DiskWatch, reservesOf } from './disk-watch.ts';
import { Driver } from './driver.ts';
import { asFailure } from './effects.ts';
import { answerJoin, askToJoin, isRemovedBy } from './joining.ts';
import type { Logger } from './logger.ts';
import { HostApi, type NodeApiParts } from './node-api.ts';
import { HostedProjection } from './projection.ts';
import { readings } from './readings.ts';
import { readRecovered } from './recovery.ts';
import { noteDamage, withNextStep } from './repair.ts';
import { type Damage, isDamage } from './repair-file.ts';
import { failure } from './request-table.ts';
import type { Entrance, NodeOptions, RunningNode } from './running-node.ts';
import { Telemetry } from './telemetry.ts';
import { parseJoinToken } from './token.ts';
import { VERSION } from './version.ts';

/** How often the core looks at its clock. */
const TICK_MS = 50;
const JOIN_TIMEOUT_MS = 60_000;
const DRAIN_TIMEOUT_MS = 5_000;
/** Shorter than members let a connection be that is no link of a running peer. */
const REPLACE_TIMEOUT_MS = 4_000;
/** Asking costs some microseconds, and a disk can be filled in a second. */
const DISK_LOOK_MS = 200;
/** How often a node that most of its peers do not talk to asks whether it was removed. */
const STANDING_LOOK_MS = 3_000;
export class HostedNode implements RunningNode {
  readonly failed: Promise<SeqNodeError>;
  readonly #config: Config;
  readonly #entrance: Entrance;
  readonly #logger: Logger;
  readonly #paths: DataPaths;
  readonly #telemetry = new Telemetry();
  readonly #fail: (error: SeqNodeError) => void;
  #store: Store | undefined;
  #log: WriteAheadLog | undefined;
  #transport: Libp2pTransport | undefined;
  #driver: Driver | undefined;
  #draining = false;
  #hasFailed = false;
  #name: string;
  #api: NodeApi | undefined;
  #projection: HostedProjection | undefined;
  #identity: Identity | undefined;
  #file: ClusterFile | undefined;
  #diskWatch: DiskWatch | undefined;
  /** The members as last known. The file may be older. */
  #roster: Roster | undefined;
  #removedPeers: ReadonlySet<NodeId> = new Set();
  #standing: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  constructor(config: Config, { entrance, logger }: NodeOptions, paths: DataPaths) {
    this.#config = config;
    this.#entrance = entrance;
    this.#logger = logger;
    this.#paths = paths;
    this.#name = config.node.name;
    const { promise, resolve } = Promise.withResolvers<SeqNodeError>();
    this.failed = promise;
    this.#fail = resolve;
  }

  get node(): NodeId {
    return present(this.#identity).node;
  }

  get name(): string {
    return this.#name;
  }

  get api(): NodeApi {
    return present(this.#api);
  }

  get p2pAddresses(): readonly string[] {
    return present(this.#transport).addresses;
  }

  async start(): Promise<void> {
    const paths = this.#paths;
    makeDirectory(paths.root);
    // First of all: its lock keeps a second process out of the whole directory.
    this.#store = await openStore(paths.store);
    this.#identity = openIdentity(paths);
    const known = readClusterFile(paths);
    this.#name ||= known?.peers.find(({ node }) => node === this.node)?.name ?? nameOfHost();
    if (known?.removed) throw new SeqNodeError('not-admitted', REMOVED, { data: paths.root });
    // Before one is made: the next start would take the new one for what the node has voted.
    if (known?.logged === true && !holdsLog(paths))
      throw new SeqNodeError(
        'log-damaged',
        `The write-ahead log of ${paths.root} is gone, and with it what the node has voted.`,
        { directory: paths.log },
      );
    const opened = await openLog(paths.log, { segmentBytes: this.#config.journal.segmentBytes });
    this.#log = opened.log;
    const { torn } = opened.report;
    if (torn !== null)
      this.#logger.log('info', 'log-tail-cut', { file: torn.file, offset: torn.offset, reason: torn.reason });
    this.#transport = await this.#startTransport(this.#identity);
    this.#setFile(known ?? (await this.#enter(this.#identity)));
    await this.#startCore(opened);
    this.#projection = this.#startProjection();
    this.#diskWatch = this.#watchDisk();
    await this.#diskWatch.start();
    this.#askStandingLater();
  }

  /** A node that was removed while it was away is turned away by all, which looks like a broken network. */
  #askStandingLater(): void {
    this.#standing = setTimeout(async () => {
      const others = present(this.#file).peers.filter(({ node }) => node !== this.node);
      const connected = present(this.#transport).connectedPeers().length;
      const candidate = {
        name: this.name,
        addresses: this.p2pAddresses,
        privateKey: present(this.#identity).privateKey,
      };
      const cutOff = connected * 2 < others.length;
      const removed = cutOff && (await isRemovedBy(others, candidate, present(this.#file).cluster.id));
      if (removed) this.#driver?.fail(new SeqNodeError('not-admitted', REMOVED));
      else if (this.#stopping === undefined) this.#askStandingLater();
    }, STANDING_LOOK_MS);
    this.#standing.unref();
  }

  #startProjection(): HostedProjection | undefined {
    const { projection: config } = this.#config;
    if (!config.enabled) return undefined;
    const driver = present(this.#driver);
    return new HostedProjection({
      file: this.#paths.projection,
      cluster: present(this.#file).cluster,
      config,
      logger: this.#logger,
      api: this.api,
      submit: (request, done) => driver.submit(request, done),
    });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#drainAndClose();
    return this.#stopping;
  }

  async #drainAndClose(): Promise<void> {
    this.#draining = true;
    const drained = await this.#driver?.drain(DRAIN_TIMEOUT_MS);
    if (drained === false && !this.#hasFailed)
      this.#logger.log('warn', 'not-drained', { timeoutMs: DRAIN_TIMEOUT_MS });
    await this.close();
    this.#logger.log('info', 'stopped');
  }

  /** Closes whatever is open, in the order in which things depend on each other. Never rejects. */
  async close(): Promise<void> {
    this.#diskWatch?.stop();
    clearTimeout(this.#standing);
    await this.#projection?.close();
    this.#driver?.stop();
    const parts: readonly (readonly [name: string, close: (() => Promise<void>) | undefined])[] = [
      ['transport', this.#transport && (() => present(this.#transport).stop())],
      ['log', this.#log && (() => present(this.#log).close())],
      ['store', this.#store && (() => present(this.#store).close())],
    ];
    for (const [name, close] of parts)
      try {
        await close?.();
      } catch (error) {
        this.#logger.log('warn', 'not-closed', { part: name, message: String(error) });
      }
  }

  async #enter(identity: Identity): Promise<ClusterFile> {
    const entrance = this.#entrance;
    if (entrance.kind === 'resume')
      throw new SeqNodeError('not-a-cluster', `${this.#paths.root} holds no cluster.`, {
        data: this.#paths.root,
      });
    if (entrance.kind === 'create') {
      const { shards, replicas } = this.#config.cluster;
      const cluster = { id: randomUUID(), shards, replicas };
      return { cluster, founder: true, logged: false, peers: [], peersAsOf: 0 };
    }
    const candidate = { name: this.name, addresses: this.p2pAddresses, privateKey: identity.privateKey };
    this.#logger.log('info', 'joining', { members: entrance.members.join(' ') });
    const token = parseJoinToken(entrance.token);
    const admission = await askToJoin(candidate, entrance.members, token, JOIN_TIMEOUT_MS, ({ message }) =>
      this.#logger.log('warn', 'join-waiting', { problem: message, givesUpAfterMs: JOIN_TIMEOUT_MS }),
    );
    return { ...admission, founder: false, logged: false };
  }

  /** For the next start, which does with older ones if need be. */
  #saveRoster(): void {
    try {
      if (this.#file !== undefined && this.#roster !== undefined)
        this.#setFile({ ...this.#file, peers: this.#roster.peers, peersAsOf: this.#roster.index });
    } catch (error) {
      if (!(error instanceof SeqNodeError) || error.code !== 'disk-full') throw error;
      this.#logger.log('warn', 'peers-not-saved', { message: error.message });
    }
  }

  #setFile(file: ClusterFile): void {
    if (JSON.stringify(file) === JSON.stringify(this.#file)) return;
    writeClusterFile(this.#paths, file);
    this.#file = file;
  }

  #startTransport(identity: Identity): Promise<Libp2pTransport> {
    const { p2p } = this.#config;
    const announce = p2p.announce[0];
    return startTransport({
      privateKey: identity.privateKey,
      listen: formatAddress(p2p.listen),
      ...(announce === undefined ? {} : { announce: formatAddress(announce) }),
      bootstrap: p2p.bootstrap.map(formatAddress),
      mdns: p2p.mdns,
      limits: { connectionsMax: p2p.connectionsMax },
      events: this.#transportEvents(),
      warn: (sentence) => this.#logger.log('warn', 'transport', { message: sentence }),
    });
  }

  #transportEvents(): TransportEvents {
    return {
      frames: (from, lane, frames) => {
        this.#telemetry.received(from, lane, frames.length);
        this.#driver?.feed({ kind: 'frames', from, lane, frames });
      },
      connected: (peer) => {
        this.#logger.log('info', 'connected', { peer });
        this.#driver?.feed({ kind: 'connected', peer });
      },
      disconnected: (peer) => {
        this.#logger.log('info', 'disconnected', { peer });
        this.#telemetry.forgetPeer(peer);
        this.#driver?.feed({ kind: 'disconnected', peer });
      },
      discovered: (addresses) => this.#logger.log('debug', 'discovered', { addresses: addresses.join(' ') }),
      joinRequest: (from, _remoteAddress, payload) => this.#answerJoin(from, payload),
    };
  }

  #answerJoin(from: NodeId, payload: Uint8Array): Promise<Uint8Array> {
    const driver = this.#driver;
    const file = this.#file;
    if (driver === undefined || file === undefined)
      return Promise.reject(new SeqNodeError('stopping', 'The node is not in its cluster yet.'));
    const admitter = {
      cluster: file.cluster,
      isRemoved: (node: NodeId) => this.#removedPeers.has(node),
      admit: (secretHash: string, peer: Peer) =>
        driver.request({ op: 'admit', secretHash, peer, timeoutMs: DRAIN_TIMEOUT_MS }),
      replace: (old: NodeId, node: NodeId) =>
        driver.request({ op: 'replace', old, node, timeoutMs: REPLACE_TIMEOUT_MS }),
      roster: () => ({ index: this.#roster?.index ?? 0, peers: this.#members() }),
    };
    return answerJoin(admitter, from, payload);
  }

  /** This node first. */
  #members(): Peer[] {
    const { peers } = this.#roster ?? present(this.#file);
    return [this.#self(), ...peers.filter(({ node }) => node !== this.node)];
  }

  #self(): Peer {
    return { node: this.node, name: this.name, addresses: this.p2pAddresses };
  }

  async #startCore({ groups, log }: OpenedLog): Promise<void> {
    const store = present(this.#store);
    const file = present(this.#file);
    const recovered = await readRecovered(store, groups, log.status().durable);
    const create = file.founder && !file.logged && groups.length === 0;
    const options = coreOptions(this.#config, this.#self(), file, create);
    const core = new NodeCore(options, recovered, { now: performance.now(), wall: Date.now() });
    this.#driver = new Driver({
      core,
      ports: {
        log: this.#observed(log),
        store,
        transport: present(this.#transport),
        logger: this.#logger,
      },
      tickMillis: TICK_MS,
      requestsMax: this.#config.http.outstandingMax,
      onRoster: (roster, removed) => {
        this.#removedPeers = new Set(removed);
        this.#roster = roster;
        this.#saveRoster();
      },
      onFailed: (error) => this.#onFailed(error),
    });
    this.#api = new HostApi(this.#apiParts(core, this.#driver));
    this.#driver.start();
  }

  #apiParts(core: NodeCore, driver: Driver): NodeApiParts {
    return {
      cluster: core.inspect.cluster.id,
      members: () => this.#members().map(({ node }) => node),
      messageBytesMax: this.#config.runtime.messageBytesMax,
      telemetry: this.#telemetry,
      submit: (request, done) => {
        if (this.#draining) done(failure(new SeqNodeError('stopping')));
        else driver.submit(request, done);
      },
      shards: core.inspect.cluster.shards,
      clusterView: (states) => clusterView(core.inspect, VERSION, states),
      modules: () => modules(core.inspect),
      program: (hash) => programOf(core.inspect, hash),
      moduleText: (hash) => core.inspect.moduleText(hash),
      readiness: () => readiness(core.inspect, { draining: this.#draining, space: driver.space }),
      metrics: () => this.#metrics(core, driver),
      query: (options) => this.#projection?.query(options),
    };
  }

  #metrics(core: NodeCore, driver: Driver): string {
    const { counters, gauges } = readings(core, driver, present(this.#transport), present(this.#log));
    const freeBytes = this.#diskWatch?.freeBytes ?? Number.NaN;
    return this.#telemetry.render({
      version: VERSION,
      name: this.name,
      counters,
      gauges: { ...gauges, seqnode_disk_free_bytes: [freeBytes, 'Free space where the data lies.'] },
      tickDelays: driver.tickDelays,
    });
  }

  /**
   * The log, with its writes measured. The first of them is noted, before it is acknowledged: from then on it
   * must be there.
   */
  #observed(log: WriteAheadLog): Pick<WriteAheadLog, 'append' | 'status'> {
    return {
      append: async (writes, sync) => {
        const startedAt = performance.now();
        await log.append(writes, sync);
        this.#telemetry.logDelays.add(performance.now() - startedAt);
        if (!present(this.#file).logged) this.#noteLogged();
      },
      status: () => log.status(),
    };
  }

  #noteLogged(): void {
    try {
      this.#setFile({ ...present(this.#file), logged: true });
    } catch (error) {
      // Not to be taken for the log's refusal of what it has written.
      present(this.#driver).fail(asFailure(error));
    }
  }

  #watchDisk(): DiskWatch {
    const { segmentBytes } = this.#config.journal;
    return new DiskWatch({
      directory: this.#paths.root,
      reserves: reservesOf(segmentBytes),
      everyMs: DISK_LOOK_MS,
      onChange: (space, freeBytes) => {
        const [level, event] = SPACE_EVENTS[space];
        this.#logger.log(level, event, { freeBytes });
        this.#driver?.diskSpace('watch', space);
        if (space !== 'full') this.#saveRoster();
      },
    });
  }

  #onFailed(error: SeqNodeError): void {
    this.#hasFailed = true;
    // Ready for nothing, from now on.
    this.#draining = true;
    if (error.code === 'not-admitted') this.#setFile({ ...present(this.#file), removed: true });
    // Peers must see at once that this node takes no part any more.
    void this.#transport?.stop().catch(() => undefined);
    if (isDamage(error) && this.#config.node.repair) this.#noteDamage(error);
    this.#fail(isDamage(error) ? withNextStep(error, this.#config, this.#paths) : error);
  }

  /** The next start may read past what this run met; it is to repair it all the same. */
  #noteDamage(damage: Damage): void {
    try {
      noteDamage(this.#paths, damage);
    } catch (error) {
      this.#logger.log('warn', 'damage-not-noted', { message: String(error) });
    }
  }
}

const SPACE_EVENTS = {
  enough: ['info', 'disk-free'],
  low: ['warn', 'disk-low'],
  full: ['error', 'disk-full'],
} as const;

/** Throws `bad-config`. */
function nameOfHost(): string {
  const name = hostname();
  if (isMemberName(name)) return name;
  throw new SeqNodeError(
    'bad-config',
    `${nameRefusal(name)} It is the name of the host; give another with --name.`,
  );
}

function present<T>(value: T | undefined): T {
  if (value === undefined)
    throw new SeqNodeError('internal', 'A part of the node was used before it was there.');
  return value;
}
