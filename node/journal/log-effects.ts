/** Names an append, a rotation or a close to the caller. */
export type Ticket = number;
/** Names a disk operation that was asked for. */
export type IoId = number;

export type LogEffect =
  /** Makes `file`: `bytes` of zeros that begin with `header`. Done when content and size are durable. */
  | {
      readonly kind: 'create';
      readonly io: IoId;
      readonly file: string;
      readonly bytes: number;
      readonly header: Uint8Array;
    }
  /** Done when durable. Within the size of the file, except where a checkpoint was underestimated. */
  | {
      readonly kind: 'write';
      readonly io: IoId;
      readonly file: string;
      readonly at: number;
      readonly bytes: Uint8Array;
    }
  /** Done when the new name is durable. */
  | { readonly kind: 'rename'; readonly io: IoId; readonly from: string; readonly to: string }
  /** Best effort, without completion: whatever stays is removed when the log is next opened. */
  | { readonly kind: 'remove'; readonly file: string }
  /** Ends a call. `rotated` answers a `rotateIfNeeded`. */
  | {
      readonly kind: 'settle';
      readonly ticket: Ticket;
      readonly error: Error | null;
      readonly rotated: boolean;
    };

/** Why a disk operation failed. `untouched`: not one byte of it was written. */
export interface IoFailure {
  readonly full: boolean;
  readonly untouched: boolean;
  readonly message: string;
}
