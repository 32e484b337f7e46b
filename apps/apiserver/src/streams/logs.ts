import type { Clock } from '@rhythm/base';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { ResourceHandler } from '../ports/handlers.ts';
import type { ObjectReader } from '../ports/types.ts';
import { logOptions } from './log-options.ts';
import { streamLimits } from './limits.ts';
import { errorOfNode, type ConnectNode } from './node-connector.ts';
import { containerOf, containerRef, nodeOf } from './pod-target.ts';

/** `pods/log`: the log of one container as plain text, as long as it goes on when `follow` is asked for. */
export function logsHandler(reader: ObjectReader, connect: ConnectNode, clock: Clock): ResourceHandler {
  return {
    group: '',
    resource: 'pods',
    subresource: 'log',
    verbs: ['get'],
    async handle(call) {
      const pod = await call.parent<Pod>();
      const query = call.request.query ?? new URLSearchParams();
      const options = logOptions(pod.metadata.name ?? '', query);
      const container = containerOf(pod, query.get('container') ?? '');
      // A pod that runs nowhere yet has an empty log.
      const text = (pod.spec.nodeName ?? '') === '' ? empty() : await logText();
      return { response: { code: 200, contentType: 'text/plain', body: text, warnings: [] } };

      async function logText(): Promise<AsyncIterable<Uint8Array>> {
        const connection = await connect(await nodeOf(pod, reader));
        // Also when the client goes before the first byte was asked for.
        call.request.signal.addEventListener('abort', () => connection.close(), { once: true });
        const chunks = connection.logs({ container: containerRef(pod, container), ...options }, call.request.signal)[Symbol.asyncIterator]();
        try {
          const first = chunks.next();
          // The node says within moments that it cannot; silence means that it has nothing to say yet.
          await Promise.race([first, clock.sleep(streamLimits.firstLogMs, call.request.signal)]);
          return rest(first, chunks, () => connection.close());
        } catch (error) {
          connection.close();
          throw errorOfNode(error);
        }
      }
    },
  };
}

type Chunk = { readonly data: Uint8Array };

async function* rest(first: Promise<IteratorResult<Chunk>>, chunks: AsyncIterator<Chunk>, close: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await first; next.done !== true; next = await chunks.next()) yield next.value.data;
  } finally {
    await chunks.return?.().catch(() => undefined);
    close();
  }
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // Nothing to yield.
}
