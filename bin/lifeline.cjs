// For a process that is to end with the one that started it, however that one ends. The starter holds one end
// of a pipe and names the descriptor of the other end in the environment; when the pipe closes, the process
// sends itself a SIGTERM. Loading this file is all that it takes; a process whose starter named no descriptor
// is not tied to anything.
const VARIABLE = 'SEQ_NODE_LIFELINE';

/** The options of `spawn` for a child that ends with this process; `stdio` has three places. */
function tied(env, stdio) {
  return { stdio: [...stdio, 'pipe'], env: { ...env, [VARIABLE]: String(stdio.length) } };
}

const named = process.env[VARIABLE];
// Whatever this process starts is not tied to its starter.
delete process.env[VARIABLE];
if (named !== undefined) watch(Number(named));

function watch(fd) {
  const { Socket } = require('node:net');
  let pipe;
  try {
    // A module may open standard input by the mere import of node:process, and nothing is opened twice.
    pipe = fd === 0 ? process.stdin : new Socket({ fd, readable: true, writable: false });
  } catch {
    return; // The descriptor is no pipe of ours.
  }
  pipe.on('error', () => {});
  pipe.on('close', () => process.kill(process.pid, 'SIGTERM'));
  pipe.resume();
  pipe.unref();
}

module.exports = { tied };
