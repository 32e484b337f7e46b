import { WebSocket } from 'ws';
import type { ClusterConfig } from '../config/cluster-config.ts';
import { adminTls, messageOf } from './admin-http.ts';

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Why it failed, from the Status at the end; absent when the command ended with 0. */
  readonly failure?: string;
}

const channels = { stdout: 1, stderr: 2, status: 3 } as const;
const outputBytesMax = 1024 * 1024;

/** Runs a command in a pod's container through the API server, as `kubectl exec` does (v5.channel.k8s.io). */
export function execInPod(config: ClusterConfig, namespace: string, pod: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
  const query = new URLSearchParams([...command.map((word) => ['command', word] as [string, string]), ['stdout', 'true'], ['stderr', 'true']]);
  const url = `wss://127.0.0.1:${config.ports.api}/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query.toString()}`;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], { ...adminTls(config), handshakeTimeout: timeoutMs, maxPayload: outputBytesMax });
    const text: Record<number, string> = {};
    socket.on('message', (data: Buffer) => {
      const channel = data[0] ?? 0;
      const sum = (text[channel] ?? '') + data.toString('utf8', 1);
      if (sum.length > outputBytesMax) socket.terminate();
      text[channel] = sum;
    });
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += body.length < outputBytesMax ? String(chunk) : ''));
      response.on('end', () => reject(new Error(`exec in ${pod}: ${messageOf({ status: response.statusCode ?? 0, body })}`)));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ stdout: text[channels.stdout] ?? '', stderr: text[channels.stderr] ?? '', failure: failureOf(text[channels.status]) }));
  });
}

function failureOf(status: string | undefined): string | undefined {
  if (status === undefined) return 'the stream ended without a status';
  const parsed = JSON.parse(status) as { status?: string; message?: string };
  return parsed.status === 'Success' ? undefined : (parsed.message ?? status);
}
