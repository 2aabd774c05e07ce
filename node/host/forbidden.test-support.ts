// Directories that the user of the process may not use, also where that user is root.
import { chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { geteuid, seteuid } from 'node:process';

const NOBODY = 65_534;
const ROOT = geteuid?.() === 0;

/**
 * To root nothing is forbidden, so for the time of `act` the process is somebody else. Nothing else may run
 * meanwhile.
 */
export async function asOwner<T>(act: () => T | Promise<T>): Promise<T> {
  if (ROOT) seteuid!(NOBODY);
  try {
    return await act();
  } finally {
    if (ROOT) seteuid!(0);
  }
}

/** Gives all that lies there to the user as whom `asOwner` acts. */
export function giveAway(path: string): void {
  if (ROOT) chownSync(path, NOBODY, NOBODY);
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) giveAway(join(path, name));
}
