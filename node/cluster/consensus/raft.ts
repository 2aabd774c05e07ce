// One replica of one consensus group.
import { InvariantError } from '../../base/assert.ts';
import type { LogIndex, NodeId } from '../../base/ids.ts';
import type { ConfigState, SnapshotMeta } from '../../base/log.ts';
import type { ConfigChange } from './config-change.ts';
import type { Message } from './message.ts';
import type { RaftStart } from './options.ts';
import type { ConfigProposed, Proposed, ReadAnswer, Ready, TransferAnswer } from './ready.ts';

const notYet = (): never => {
  throw new InvariantError('not built yet');
};

export class Raft {
  static create(_start: RaftStart): Raft {
    return notYet();
  }

  // Inputs.
  tick(): void {}
  step(_message: Message): void {}
  propose(_datas: readonly Uint8Array[]): Proposed {
    return notYet();
  }
  proposeConfig(_change: ConfigChange): ConfigProposed {
    return notYet();
  }
  transferLeadership(_to: NodeId): TransferAnswer {
    return notYet();
  }
  readIndex(_context: number): ReadAnswer {
    return notYet();
  }
  campaign(): void {}
  leaderUnreachable(): void {}
  reportUnreachable(_peer: NodeId): void {}
  reportSnapshot(_peer: NodeId, _moved: boolean): void {}
  persisted(_serial: number): void {}
  applied(_index: LogIndex): void {}
  snapshotInstalled(_meta: SnapshotMeta): void {}
  snapshotRefused(): void {}
  compact(_index: LogIndex): void {}

  // Output.
  takeReady(): Ready | undefined {
    return notYet();
  }

  // Questions.
  /** Meta of a snapshot at `index`, from where the log begins up to what is applied. */
  snapshotMeta(_index: LogIndex): SnapshotMeta {
    return notYet();
  }
  get config(): ConfigState {
    return notYet();
  }
}
