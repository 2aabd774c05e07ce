// Consensus: a pure, synchronous Raft replica.
//
// raft.ts is the machine itself: its inputs, its one output `takeReady`, and what its shell must do. Behind
// it:
//
//   replica.ts        the state, the roles and the only transitions between them    R1 … R6
//   candidate.ts      elections: campaigning and voting
//   follower.ts       what a leader's messages do
//   leader.ts         proposing, counting, reads, handing over                      D1 … D5
//   replication.ts    what a leader sends
//   log.ts            the log in memory, and how far it is durable                  L1 … L5
//   progress.ts       what a leader knows of one follower                           P1 … P3
//   config-change.ts  memberships and the steps between them                        C1 … C4
//   quorum.ts         majorities, single and joint
//   message.ts, ready.ts, options.ts, status.ts   what goes in and out
//
// Differences from etcd/raft:
//  - Durability is reported by the serial number of a write, not by a position; see L5.
//  - Votes are asked for, not only given, after the term, the vote and the log that they claim are durable;
//    see R2.
//  - A commit index alone causes no write. It goes along with every entry, and of the config entries in a log
//    all but the last are taken for committed (R4), so that a restarted replica never campaigns by a
//    membership two steps old.
//  - Check-quorum looks at every tick whether a quorum was heard within the last election timeout, so that a
//    leader in a minority steps down after one timeout, not up to two.
//  - A leader that loses its vote keeps leading until the remaining members durably know of it (D5), then
//    hands over to the best of them.
//  - Pre-vote replies carry the commit index, and refusals are immediate; a replica that grants one delays
//    its own campaign by two ticks, so that votes rarely split.
//  - Appends go out once for each Ready, not at every event.
//
// Tests: transcripts/ tells stories of small groups, message by message; simulation/ draws schedules with all
// faults from seeds, checks the paper's properties at every step, and must catch each seeded mistake of
// options.ts.
export * from './config-change.ts';
export * from './message.ts';
export * from './options.ts';
export { quorumReached } from './quorum.ts';
export * from './raft.ts';
export * from './ready.ts';
export * from './status.ts';
