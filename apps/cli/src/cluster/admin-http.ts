import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { clusterPaths } from '../paths.ts';
import type { ClusterConfig } from './cluster-config.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** The API server as the cluster's administrator sees it over HTTPS, on one kept connection. */
export interface AdminHttp {
  /** Rejects when there is no answer within `timeoutMs`. */
  get(path: string, timeoutMs: number): Promise<HttpAnswer>;
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
    get: (path, timeoutMs) => get(agent, config.ports.api, path, timeoutMs),
    close: () => agent.destroy(),
  };
}

function get(agent: Agent, port: number, path: string, timeoutMs: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({ agent, host: '127.0.0.1', port, path, timeout: timeoutMs, headers: { accept: 'application/json' } }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyBytesMax) call.destroy(new Error(`answer to ${path} is too large`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    call.on('timeout', () => call.destroy(new Error(`no answer to ${path} within ${timeoutMs} ms`)));
    call.on('error', reject);
    call.end();
  });
}
