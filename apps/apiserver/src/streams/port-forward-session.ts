import { causeChain, type Clock, type Log, type Timer } from '@rhythm/base';
import type { ContainerRef } from '@rhythm/proto/node';
import { streamLimits } from './limits.ts';
import { forwardOne } from './forward-connection.ts';
import type { NodeConnection } from './node-connector.ts';
import type { SpdySession, SpdyStream } from './spdy/session.ts';

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  readonly timer: Timer;
}

/**
 * Serves `portforward.k8s.io` on a SPDY connection: for each forwarded connection the client opens an error stream and a
 * data stream with the same request id and port, and the node dials that port in the pod.
 */
export async function servePortForward(session: SpdySession, connection: NodeConnection, container: ContainerRef, ports: { readonly clock: Clock; readonly log: Log }, touch: () => void): Promise<void> {
  const pairs = new Map<string, Pair>();
  const running = new Set<Promise<void>>();
  const abort = new AbortController();
  try {
    for await (const stream of session.streams) {
      touch();
      const id = stream.headers.get('requestid') ?? `${stream.id - (stream.headers.get('streamtype') === 'data' ? 2 : 0)}`;
      const pair = add(pairs, id, stream, ports.clock);
      if (pair?.error === undefined || pair.data === undefined) continue;
      pairs.delete(id);
      pair.timer.cancel();
      const forward = forwardOne(connection, { container, port: portOf(pair.data) ?? 0 }, pair.error, pair.data, abort.signal, touch)
        .catch((error: unknown) => ports.log.info('port forward ended early', { error: causeChain(error) }))
        .finally(() => running.delete(forward));
      running.add(forward);
    }
    // The client opens nothing more; what it has runs on until the connection closes.
    await Promise.race([Promise.all(running), session.closed]);
  } finally {
    for (const { timer } of pairs.values()) timer.cancel();
    abort.abort(new Error('the client has gone'));
    session.close();
  }
}

function add(pairs: Map<string, Pair>, id: string, stream: SpdyStream, clock: Clock): Pair | undefined {
  const type = stream.headers.get('streamtype');
  let pair = pairs.get(id);
  if ((type !== 'error' && type !== 'data') || pair?.[type] !== undefined || portOf(stream) === undefined) {
    stream.reset();
    return undefined;
  }
  if (pair === undefined) {
    const timer = clock.setTimer(streamLimits.openStreamsMs, () => {
      pairs.get(id)?.error?.reset();
      pairs.get(id)?.data?.reset();
      pairs.delete(id);
    });
    pairs.set(id, (pair = { timer }));
  }
  pair[type] = stream;
  return pair;
}

function portOf(stream: SpdyStream): number | undefined {
  const text = stream.headers.get('port') ?? '';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
