import { bidiHandler, type GrpcService } from '@rhythm/grpc';
import { WatchService, type WatchRequest, type WatchResponse } from '@rhythm/proto/etcd';
import type { WatchHub } from '../watch/hub.ts';

/** A stream that carries this metadata with the value `push` is told its progress after every batch (docs/store.md). */
const progressMetadata = 'rhythm-progress';

export function watchService(hub: WatchHub): GrpcService {
  return {
    definition: WatchService,
    implementation: {
      watch: bidiHandler<WatchRequest, WatchResponse>((messages, context) => {
        const stream = hub.open(context.metadata.get(progressMetadata)[0] === 'push');
        void (async () => {
          try {
            for await (const message of messages) stream.take(message);
            stream.finish();
          } catch {
            // The caller is gone; its watches go with it.
            stream.close();
          }
        })();
        context.signal.addEventListener('abort', () => stream.close(), { once: true });
        return stream.responses();
      }),
    },
  };
}
