import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { clusterPaths } from '../paths.ts';
import type { ClusterConfig } from '../config/cluster-config.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** The API server as the cluster's administrator sees it over HTTPS, on one kept connection. */
export interface AdminHttp {
  /** Rejects when there is no answer within `timeoutMs`. */
  get(path: string, timeoutMs: number): Promise<HttpAnswer>;
  /** Sends one object as JSON. */
  post(path: string, object: unknown, timeoutMs: number): Promise<HttpAnswer>;
  /** In the place of one that is there. */
  put(path: string, object: unknown, timeoutMs: number): Promise<HttpAnswer>;
  /** A JSON merge patch. */
  patch(path: string, change: unknown, timeoutMs: number): Promise<HttpAnswer>;
  close(): void;
}

/** Largest answer that is read. */
const bodyBytesMax = 64 * 1024 * 1024;

/** Certificates of the administrator, as node's TLS takes them. */
export function adminTls(config: ClusterConfig): { readonly ca: string; readonly cert: string; readonly key: string } {
  const read = (file: string): string => readFileSync(join(clusterPaths(config.dir).pki, file), 'utf8');
  return { ca: read('ca.crt'), cert: read('admin.crt'), key: read('admin.key') };
}

export function adminHttp(config: ClusterConfig): AdminHttp {
  const agent = new Agent({ keepAlive: true, maxSockets: 2, ...adminTls(config) });
  return {
    get: (path, timeoutMs) => call(agent, config.ports.api, 'GET', path, undefined, timeoutMs),
    post: (path, object, timeoutMs) => call(agent, config.ports.api, 'POST', path, JSON.stringify(object), timeoutMs),
    put: (path, object, timeoutMs) => call(agent, config.ports.api, 'PUT', path, JSON.stringify(object), timeoutMs),
    patch: (path, change, timeoutMs) => call(agent, config.ports.api, 'PATCH', path, JSON.stringify(change), timeoutMs, 'application/merge-patch+json'),
    close: () => agent.destroy(),
  };
}

function call(agent: Agent, port: number, method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body: string | undefined, timeoutMs: number, contentType = 'application/json'): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }) };
    const sent = request({ agent, host: '127.0.0.1', port, path, method, headers, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyBytesMax) sent.destroy(new Error(`answer to ${path} is too large`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${path} within ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The object in an answer; throws what the API server said when it refused. */
export function objectOf<T>(answer: HttpAnswer, what: string): T {
  if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.body) as T;
  throw new Error(`${what}: ${messageOf(answer)}`);
}

/** The message of a Status, or the beginning of whatever came. */
export function messageOf(answer: HttpAnswer): string {
  try {
    const { message } = JSON.parse(answer.body) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: shown as it is.
  }
  return `HTTP ${answer.status} ${answer.body.slice(0, 200)}`;
}
