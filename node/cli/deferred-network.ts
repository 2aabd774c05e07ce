// The network of a script, whose code is loaded when the script first asks for something: most scripts never
// do.
import type { Datagram, HttpOutcome, HttpRequest, Network } from '../seq/index.ts';
import type { ScriptNetwork } from './script-network.ts';

export class DeferredNetwork implements Network {
  #loading: Promise<ScriptNetwork> | undefined;
  /** Present as soon as there can be a socket. */
  #network: ScriptNetwork | undefined;

  #loaded(): Promise<ScriptNetwork> {
    this.#loading ??= import('./script-network.ts').then(({ ScriptNetwork }) => {
      this.#network = new ScriptNetwork();
      return this.#network;
    });
    return this.#loading;
  }

  close(): void {
    this.#network?.close();
  }

  async tcpListen(port: number): Promise<number | undefined> {
    return (await this.#loaded()).tcpListen(port);
  }

  async tcpConnect(host: string, port: number): Promise<number | undefined> {
    return (await this.#loaded()).tcpConnect(host, port);
  }

  async tcpAccept(listener: number): Promise<number | undefined> {
    return (await this.#loaded()).tcpAccept(listener);
  }

  async tcpRead(socket: number): Promise<Uint8Array | undefined> {
    return (await this.#loaded()).tcpRead(socket);
  }

  async tcpWrite(socket: number, bytes: Uint8Array): Promise<boolean> {
    return (await this.#loaded()).tcpWrite(socket, bytes);
  }

  localPort(socket: number): number | undefined {
    return this.#network?.localPort(socket);
  }

  tcpClose(socket: number): boolean {
    return this.#network?.tcpClose(socket) ?? false;
  }

  async tlsClient(socket: number, host: string): Promise<boolean> {
    return (await this.#loaded()).tlsClient(socket, host);
  }

  async udpBind(port: number): Promise<{ socket: number; port: number } | undefined> {
    return (await this.#loaded()).udpBind(port);
  }

  async udpSend(socket: number, host: string, port: number, bytes: Uint8Array): Promise<boolean> {
    return (await this.#loaded()).udpSend(socket, host, port, bytes);
  }

  async udpReceive(socket: number): Promise<Datagram | undefined> {
    return (await this.#loaded()).udpReceive(socket);
  }

  udpClose(socket: number): boolean {
    return this.#network?.udpClose(socket) ?? false;
  }

  async resolve(host: string): Promise<readonly string[]> {
    return (await this.#loaded()).resolve(host);
  }

  async http(request: HttpRequest): Promise<HttpOutcome> {
    return (await this.#loaded()).http(request);
  }
}
