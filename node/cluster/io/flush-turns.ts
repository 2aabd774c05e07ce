// The order in which links flush. A flush puts bytes through yamux and Noise, and a microtask later into the
// socket. If all links flushed first and all sockets were written then, the first peer would wait for the
// encryption of what goes to the last one; so a link waits until the socket of the one before has been
// written. The event loop is one, and so is this queue.
const waiting: (() => void)[] = [];

/** Calls `flush` in a microtask, some microtasks after the flush before it. */
export function flushInTurn(flush: () => void): void {
  waiting.push(flush);
  if (waiting.length === 1) queueMicrotask(next);
}

function next(): void {
  try {
    waiting[0]!();
  } finally {
    waiting.shift();
    if (waiting.length > 0) queueMicrotask(() => queueMicrotask(next));
  }
}
