// What the HTTP API answers, as far as the dashboard shows it: see docs/OPERATIONS.md.
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Member {
  node: string;
  name: string;
  addresses: string[];
  liveness: 'alive' | 'suspect' | 'dead' | 'unknown';
  self: boolean;
  leaving: boolean;
  leads: number;
  replicas: number;
  healthy: number;
}

export interface Shard {
  shard: number;
  leader: string | null;
  term: number;
  voters: string[];
  learners: string[];
  healthy: string[];
  commitIndex: number;
  mode: string | null;
}

export interface ClusterView {
  cluster: string;
  node: string;
  name: string;
  version: string;
  members: Member[];
  shards: Shard[];
}

export interface ActorRow {
  path: string;
  sequence: number;
  lifecycle: string;
  since: number | null;
  shard: number;
  nodeName: string;
}

export interface ActorPage {
  actors: ActorRow[];
  next: string | null;
}

export interface Child {
  id: string;
  path: string;
  status: string;
  type: 'worker' | 'supervisor';
  restart: string;
  restartsAt: number | null;
}

export interface Supervision {
  strategy: string;
  phase: string;
  restarts: { counted: number; allowed: number; periodMs: number };
  restarted: number;
  autoShutdown: string;
  children: Child[];
  size: number;
}

export interface Every {
  periodMs: number;
  missed: string;
}

export interface ActorView {
  path: string;
  state: Json;
  sequence: number;
  lifecycle: string;
  since: number | null;
  waitingSince: number | null;
  restarts: number;
  lastFault: string | null;
  mode: string;
  node: string;
  nodeName: string;
  shard: number;
  accepts: string[];
  journalReads: boolean;
  watching: string[];
  watchers: number;
  supervisor: string | null;
  stashed: number;
  supervises: Supervision | null;
  timers: {
    count: number;
    more: boolean;
    next: { id: string; dueMillis: number; to: string; every: Every | null }[];
  };
  code: { module: string; target: string };
}

export interface Timer {
  id: string;
  dueMillis: number;
  to: string;
  message: Json;
  every: Every | null;
}

export interface JournalRecord {
  sequence: number;
  kind: string;
  term: number;
  atMillis: number;
  message: Json | null;
  events: Json[];
  set: [Json, Json][];
  removed: Json[];
  reply: Json | null;
  code: string;
  origin: string | null;
  upgrade: { from: string; migrate: string | null } | null;
}

export interface JournalPage {
  path: string;
  records: JournalRecord[];
  next: number | null;
}

export interface Link {
  path: string;
  lifecycle: string;
  since: number | null;
  lastFault: string | null;
  waits: {
    for: string | null;
    since: number | null;
    atMost: number | null;
    ask: string;
    sender: string;
  } | null;
  runs: boolean;
  mailbox: number;
  uncommitted: number;
  outboxes: { receiver: string; messages: number; putOff: string | null }[];
  paused: boolean;
  senders: { count: number; first: string[] };
  task?: { number: number; status: string; attempt: number; at: number; worker: string };
  watchers: number;
  stashed: number;
  supervisor: string | null;
  supervises: Supervision | null;
  sequence: number;
  shard: number;
  node: string;
  nodeName: string;
  replicas: string[];
}

export interface LostLink {
  path: string;
  refused: string;
  message: string;
}

export interface WhyView {
  chain: (Link | LostLink)[];
  records: JournalRecord[];
}

export interface Field {
  name: string;
  type: string;
}

export interface Variant {
  tag: string;
  fields: Field[];
}

export interface Union {
  name: string;
  variants: Variant[];
}

export interface MessageForm extends Variant {
  answers: { type: string; tag?: string }[];
}

export interface ModuleView {
  hash: string;
  unions: Union[];
  behaviours: { word: string; messages?: MessageForm[] }[];
}

export interface DeadLetter {
  id: string;
  atMillis: number;
  sender: string;
  receiver: string;
  code: string;
  reason: string;
  kind: string;
  message: Json | null;
}

export interface Queue {
  name: string;
  path: string;
  options: { leaseMs: number; attemptsMax: number; backOffMs: number; capacity: number };
  ready: number;
  leased: number;
  waiting: number;
  completed: number;
  failed: number;
  expired: number;
  dropped: number;
}

export interface Task {
  number: number;
  status: string;
  attempt: number;
  untilMillis: number | null;
  worker: string | null;
  reason: string | null;
  message: Json;
  atMillis: number;
  sender: string;
  asked: boolean;
}

export interface Outcome {
  acknowledged?: true;
  response?: Json;
  mode: string;
  sequence: number;
  read?: true;
  replayed?: true;
}
