// The HTTP client of a script. It goes only to public addresses: a URL often comes from outside, and must not
// lead to what only this machine or its network can reach. Redirections are not followed.

import { lookup } from 'node:dns';
import { Agent as HttpAgent, type RequestOptions, request as requestPlain } from 'node:http';
import { Agent as HttpsAgent, request as requestSecure } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { HttpOutcome, HttpRequest } from '../seq/index.ts';

const BODY_BYTES_MAX = 10 * 1024 * 1024;
/** A peer that is silent for so long is given up. */
const SILENCE_MS = 30_000;
const SOCKETS_PER_HOST = 8;

/**
 * The address ranges of IANA's special-purpose registries that lead to this machine or to its own network.
 */
const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv6');

export class HttpClient {
  readonly #blocked: BlockList;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets: SOCKETS_PER_HOST }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets: SOCKETS_PER_HOST }),
  };

  constructor(blocked = PRIVATE) {
    this.#blocked = blocked;
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  send({ method, url, body }: HttpRequest): Promise<HttpOutcome> {
    const target = URL.parse(url);
    if (target === null || !(target.protocol === 'http:' || target.protocol === 'https:'))
      return Promise.resolve({ error: 'The URL is not one of http or https.' });
    const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) !== 0 && this.#isBlocked(host)) return Promise.resolve({ error: BLOCKED_TEXT });
    const options: RequestOptions = {
      method,
      agent: this.#agents[target.protocol],
      lookup: this.#lookup,
      timeout: SILENCE_MS,
      headers: {
        accept: '*/*',
        'accept-encoding': 'identity',
        'user-agent': 'seq-node',
        ...(body && { 'content-type': body.type, 'content-length': body.bytes.length }),
      },
    };
    const begin = target.protocol === 'http:' ? requestPlain : requestSecure;
    return new Promise((done) => {
      try {
        const request = begin(target, options);
        request.on('timeout', () => request.destroy(new Error('The server was silent for too long.')));
        request.on('error', (error) => done({ error: `Connection error: ${error.message}` }));
        request.on('response', (response) => {
          const pieces: Buffer[] = [];
          let length = 0;
          response.on('data', (piece: Buffer) => {
            length += piece.length;
            pieces.push(piece);
            if (length > BODY_BYTES_MAX)
              request.destroy(new Error(`The body has more than ${BODY_BYTES_MAX} bytes.`));
          });
          response.on('error', (error) => done({ error: `Connection error: ${error.message}` }));
          response.on('end', () =>
            done({ status: response.statusCode ?? 0, body: new Uint8Array(Buffer.concat(pieces)) }),
          );
        });
        request.end(body?.bytes);
      } catch (error) {
        // A header or URL that the client does not send.
        done({ error: error instanceof Error ? error.message : String(error) });
      }
    });
  }

  #isBlocked(address: string): boolean {
    return this.#blocked.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }

  /** Connects to the very addresses that were looked at: a name may change what it stands for. */
  readonly #lookup: LookupFunction = (host, options, answer) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) answer(error, '', 0);
      else if (found.some(({ address }) => this.#isBlocked(address)))
        answer(Object.assign(new Error(BLOCKED_TEXT), { code: 'EACCES' }), '', 0);
      else if (options.all === true) answer(null, found);
      else answer(null, found[0]!.address, found[0]!.family);
    });
  };
}

const BLOCKED_TEXT = 'The host is of a private network.';
