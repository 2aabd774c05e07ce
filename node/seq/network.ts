// The network as a script sees it.
import type { Pending } from './pending.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly body?: { readonly bytes: Uint8Array; readonly type: string };
}

/** `error` says why there was no whole response. */
export type HttpOutcome = { readonly status: number; readonly body: Uint8Array } | { readonly error: string };

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly host: string;
  readonly port: number;
}

/**
 * Sockets are known by numbers from 1 on, which never come again. What could not be done gives undefined or
 * false, at once or when it has settled; nothing throws or rejects. A socket that is closed settles all that
 * waits for it.
 */
export interface Network {
  /** On all addresses; port 0 is any that is free. */
  tcpListen(port: number): Pending<number | undefined>;
  tcpConnect(host: string, port: number): Pending<number | undefined>;
  tcpAccept(listener: number): Pending<number | undefined>;
  /** What has arrived, as soon as there is something; nothing at the end of the stream. */
  tcpRead(socket: number): Pending<Uint8Array | undefined>;
  /** True once the system has taken all of it. */
  tcpWrite(socket: number, bytes: Uint8Array): Pending<boolean>;
  localPort(socket: number): number | undefined;
  tcpClose(socket: number): boolean;
  /**
   * The socket goes on encrypted, to a host whose certificate is of that name; it is closed if that fails.
   */
  tlsClient(socket: number, host: string): Pending<boolean>;
  udpBind(port: number): Pending<{ readonly socket: number; readonly port: number } | undefined>;
  udpSend(socket: number, host: string, port: number, bytes: Uint8Array): Pending<boolean>;
  udpReceive(socket: number): Pending<Datagram | undefined>;
  udpClose(socket: number): boolean;
  /** The addresses of a host, none if it has none. */
  resolve(host: string): Pending<readonly string[]>;
  http(request: HttpRequest): Pending<HttpOutcome>;
}
