import { connect } from 'node:net';
import { causeChain, withTimeout, type Clock } from '@rhythm/base';
import type { Container, Probe } from '@rhythm/api/types/core-v1';
import { RuntimeError, type Runtime } from '@rhythm/cri';
import { dialGrpc, unary } from '@rhythm/grpc';
import { HealthClient, HealthService } from '@rhythm/proto/health';
import { dialError } from './dial-error.ts';
import { httpGet, portOf } from './http-get.ts';

/** `error`: the probe itself could not run; it says nothing about the container. */
export interface ProbeResult {
  readonly outcome: 'success' | 'failure' | 'error';
  readonly message: string;
}

export interface ProbeTarget {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly container: Container;
  readonly containerId: string;
  /** Where HTTP, TCP and gRPC probes go unless they name a host. */
  readonly podIp: string;
}

const outputLengthMax = 512;
const serving = 1;

/** Runs a probe once. Never rejects. */
export async function runProbe(probe: Probe, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec !== undefined) return await execProbe(probe.exec.command ?? [], target, timeoutMs, signal);
    if (probe.httpGet !== undefined) {
      const reply = await httpGet(probe.httpGet, probe.httpGet.host ?? target.podIp, portOf(probe.httpGet.port, target.container), timeoutMs, target.clock, signal);
      if (reply.status >= 200 && reply.status < 400) return { outcome: 'success', message: '' };
      return { outcome: 'failure', message: `HTTP probe failed with statuscode: ${reply.status}` };
    }
    if (probe.tcpSocket !== undefined) {
      await tcpConnect(probe.tcpSocket.host ?? target.podIp, portOf(probe.tcpSocket.port, target.container), timeoutMs, target.clock, signal);
      return { outcome: 'success', message: '' };
    }
    if (probe.grpc !== undefined) return await grpcProbe(probe.grpc.port, probe.grpc.service ?? '', target, timeoutMs, signal);
    return { outcome: 'error', message: 'the probe names no action that this node supports' };
  } catch (error) {
    return { outcome: signal.aborted ? 'error' : 'failure', message: causeChain(error).slice(0, outputLengthMax) };
  }
}

async function execProbe(command: readonly string[], target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
  try {
    const result = await target.runtime.execSync(target.containerId, command, timeoutMs, signal);
    const output = Buffer.concat([result.stdout, result.stderr]).toString('utf8').slice(0, outputLengthMax);
    return { outcome: result.exitCode === 0 ? 'success' : 'failure', message: output };
  } catch (error) {
    const timedOut = error instanceof RuntimeError && (error.code === 'timeout' || /timeout .*exceeded/.test(error.message));
    if (timedOut) return { outcome: 'failure', message: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s` };
    return { outcome: 'error', message: causeChain(error).slice(0, outputLengthMax) };
  }
}

function tcpConnect(host: string, port: number, timeoutMs: number, clock: Clock, parent: AbortSignal): Promise<void> {
  const deadline = withTimeout(clock, timeoutMs, () => new Error(`dial tcp ${host}:${port}: i/o timeout`), parent);
  return new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port });
    const stop = (): void => {
      socket.destroy();
      reject(deadline.signal.reason as Error);
    };
    if (deadline.signal.aborted) stop();
    else deadline.signal.addEventListener('abort', stop, { once: true });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', (error) => reject(new Error(dialError(error, host, port))));
  }).finally(() => deadline.cancel());
}

async function grpcProbe(port: number, service: string, target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
  const client = dialGrpc(HealthClient, { targets: `${target.podIp}:${port}`, keepaliveMs: 0 });
  try {
    const reply = await unary(client, HealthService.check, { service }, { deadlineMs: timeoutMs, clock: target.clock, signal });
    if (reply.status === serving) return { outcome: 'success', message: '' };
    return { outcome: 'failure', message: `service unhealthy (responded with ${reply.status})` };
  } finally {
    client.close();
  }
}
