// When the complete state of an actor is written beside its record, so that waking it need not read its whole
// journal.

/** What would have to be read to wake the actor, or how much of it is allowed. */
export interface JournalSpan {
  readonly records: number;
  readonly bytes: number;
}

/** Whether the journal since the last snapshot, this record included, has reached either limit. */
export function snapshotDue(since: JournalSpan, limit: JournalSpan): boolean {
  return since.records >= limit.records || since.bytes >= limit.bytes;
}
