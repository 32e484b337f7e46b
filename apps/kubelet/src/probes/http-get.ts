import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Container, HTTPGetAction } from '@rhythm/api/types/core-v1';
import { withTimeout, type Clock } from '@rhythm/base';
import { dialError } from './dial-error.ts';

export interface HttpReply {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
}

/** As much of a body as is read and shown. */
const bodyBytesMax = 10 * 1024;

/** The number of a port given by number or by the name it has in the container. */
export function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find((candidate) => candidate.name === port)?.containerPort;
  const value = named ?? Number(port);
  if (!Number.isInteger(value) || value <= 0 || value > 65535) throw new Error(`couldn't find port "${port}" in container ${container.name}`);
  return value;
}

/** One GET as probes and hooks make it: no redirects followed, certificates not checked, one connection. */
export function httpGet(action: HTTPGetAction, host: string, port: number, timeoutMs: number, clock: Clock, parent?: AbortSignal): Promise<HttpReply> {
  const secure = action.scheme?.toUpperCase() === 'HTTPS';
  const headers: Record<string, string> = { 'User-Agent': 'kube-probe/1.35', Accept: '*/*', Connection: 'close' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  const path = action.path === undefined || action.path === '' ? '/' : action.path.startsWith('/') ? action.path : `/${action.path}`;
  const url = `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  const deadline = withTimeout(clock, timeoutMs, () => new Error(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`), parent);
  return new Promise<HttpReply>((resolve, reject) => {
    const onReply = (reply: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = (): void => {
        const { location } = reply.headers;
        resolve({ status: reply.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8').slice(0, bodyBytesMax), ...(location === undefined ? {} : { location }) });
        reply.destroy();
      };
      reply.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= bodyBytesMax) finish();
      });
      reply.on('end', finish);
      reply.on('error', reject);
    };
    const options = { headers, signal: deadline.signal, agent: false as const };
    const request = secure ? httpsRequest(url, { ...options, rejectUnauthorized: false }, onReply) : httpRequest(url, options, onReply);
    request.on('error', (error) => reject(deadline.signal.aborted ? (deadline.signal.reason as Error) : new Error(`Get "${url}": ${dialError(error, host, port)}`)));
    request.end();
  }).finally(() => deadline.cancel());
}
