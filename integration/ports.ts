import { createServer } from 'node:net';

/** A free TCP port on loopback: `wanted` if nothing listens there, else one that the system chooses. */
export async function freePort(wanted = 0): Promise<number> {
  if (wanted !== 0 && (await canListen(wanted)) !== undefined) return wanted;
  const port = await canListen(0);
  if (port === undefined) throw new Error('the system has no free port');
  return port;
}

function canListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(taken));
    });
  });
}

/** Different free ports, the wanted ones where they are free. */
export async function freePorts(wanted: readonly number[]): Promise<number[]> {
  const ports: number[] = [];
  for (const port of wanted) {
    let free = await freePort(port);
    while (ports.includes(free)) free = await freePort();
    ports.push(free);
  }
  return ports;
}
