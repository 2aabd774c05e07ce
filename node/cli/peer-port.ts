// Whether an address is one for other nodes. Such a port drops a connection that does not speak libp2p, which
// looks like a node that died over a request.
import { connect } from 'node:net';

/** What either side of libp2p says first: multistream-select 1.0.0, behind its length. */
const GREETING = '\x13/multistream/1.0.0\n';
const PATIENCE_MS = 1000;

/** Never rejects. */
export function isPeerPort({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 });
    let heard = '';
    const answer = (isIt: boolean) => {
      socket.destroy();
      resolve(isIt);
    };
    socket.setTimeout(PATIENCE_MS, () => answer(false));
    socket.on('error', () => answer(false));
    socket.on('close', () => answer(false));
    socket.on('connect', () => socket.write(GREETING, 'latin1'));
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      if (!GREETING.startsWith(heard.slice(0, GREETING.length))) answer(false);
      else if (heard.length >= GREETING.length) answer(true);
    });
  });
}
