import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

export interface Raw {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body, read as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface RawOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  readonly body?: object | string | Uint8Array;
}

/** HTTPS to the API server with the certificate of a kubeconfig, byte for byte. */
export class RawClient {
  readonly #server: URL;
  readonly #agent: Agent;

  constructor(kubeconfig: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#server = new URL(config.getCurrentCluster()?.server ?? '');
    const file = (data: string | undefined): Buffer => Buffer.from(data ?? '', 'base64');
    const user = config.getCurrentUser();
    this.#agent = new Agent({ keepAlive: true, ca: file(config.getCurrentCluster()?.caData), cert: file(user?.certData), key: file(user?.keyData) });
  }

  async ask(method: string, path: string, { headers = {}, body }: RawOptions = {}): Promise<Raw> {
    const response = await this.open(method, path, headers, body);
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    const bytes = Buffer.concat(pieces);
    const text = bytes.toString();
    return { code: response.statusCode ?? 0, headers: response.headers, bytes, text, json: <T>() => JSON.parse(text) as T };
  }

  /** The answer as it comes; whoever asks reads or destroys it. */
  open(method: string, path: string, headers: Readonly<Record<string, string>>, body?: object | string | Uint8Array): Promise<IncomingMessage> {
    const bytes = body === undefined ? undefined : typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
    const options: RequestOptions = {
      host: this.#server.hostname,
      port: this.#server.port,
      agent: this.#agent,
      method,
      path,
      headers: { accept: 'application/json', ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(bytes.length) }), ...headers },
    };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(options, resolve);
      // What is upgraded or refused to be: the answer is what counts.
      request.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve(response);
      });
      request.on('error', reject);
      request.end(bytes);
    });
  }
}

/** One for each kubeconfig, so that connections are used again. */
const clients = new Map<string, RawClient>();

export function rawClient(kubeconfig: string): RawClient {
  const client = clients.get(kubeconfig) ?? new RawClient(kubeconfig);
  clients.set(kubeconfig, client);
  return client;
}
