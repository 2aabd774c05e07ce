import type { ScanResult, StoreEntry } from '../store-port.ts';

/** All that was scanned for. Throws when that is only a part. */
export function whole(found: ScanResult): readonly StoreEntry[] {
  if ('rest' in found) return found.rest;
  throw new Error(`a scan found ${found.part.length} entries, and the range goes on`);
}
