/** Settles once the event loop has looked at everything outside. */
export async function nextRound(): Promise<void> {
  // The first may come before the loop has looked, the second does not.
  await new Promise((next) => setImmediate(next));
  await new Promise((next) => setImmediate(next));
}
