// Consensus: a pure, synchronous Raft replica. Start with raft.ts.
export * from './config-change.ts';
export * from './message.ts';
export * from './options.ts';
export * from './raft.ts';
export * from './ready.ts';
export * from './status.ts';
