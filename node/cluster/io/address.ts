// `HOST:PORT` as people and configurations write it, and libp2p's multiaddr.

import { isIP, isIPv4 } from 'node:net';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { SeqNodeError } from '../../base/errors.ts';

export interface HostPort {
  /** An IPv4 address, an IPv6 address without brackets, or a DNS name. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
}

const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?)*$/i;

/** Reads `HOST:PORT` or `[IPV6]:PORT`. Throws `bad-config`. */
export function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  const bracketed = match?.[1] !== undefined;
  const valid = bracketed ? isIP(host) === 6 : isIPv4(host) || (isIP(host) === 0 && DNS_NAME.test(host));
  if (match === null || !valid || port > 65_535)
    throw new SeqNodeError('bad-config', `"${text}" is not an address of the form HOST:PORT.`, {
      address: text,
    });
  return { host, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `/ip4/…/tcp/…`, `/ip6/…/tcp/…` or `/dns/…/tcp/…`. Throws `bad-config`. */
export function toMultiaddr(text: string): Multiaddr {
  const { host, port } = parseHostPort(text);
  const family = isIP(host);
  return multiaddr(`/${family === 4 ? 'ip4' : family === 6 ? 'ip6' : 'dns'}/${host}/tcp/${port}`);
}

/** The `HOST:PORT` of a TCP multiaddr; undefined for any other. */
export function fromMultiaddr(address: Multiaddr): string | undefined {
  let host: string | undefined;
  let port: string | undefined;
  for (const { name, value } of address.getComponents()) {
    if (name === 'ip4' || name === 'ip6' || name.startsWith('dns')) host = value;
    else if (name === 'tcp') port = value;
  }
  return host === undefined || port === undefined ? undefined : formatHostPort({ host, port: Number(port) });
}
