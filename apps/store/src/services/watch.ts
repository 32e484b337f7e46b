import { bidiHandler, status, type GrpcService } from '@rhythm/grpc';
import { WatchService, type WatchRequest, type WatchResponse } from '@rhythm/proto/etcd';
import { AuthError } from '../auth/errors.ts';
import type { Credentials } from '../auth/gate.ts';
import { encodeWatchResponse } from '../watch/encoding.ts';
import type { LeaderWatch } from '../members/leader-watch.ts';
import type { WatchHub } from '../watch/hub.ts';
import type { Backend } from './header.ts';

/** A stream that carries this metadata with the value `push` is told its progress after every batch (docs/store.md). */
const progressMetadata = 'rhythm-progress';

export function watchService(backend: Backend, hub: WatchHub, leaders: LeaderWatch): GrpcService {
  return {
    definition: { watch: { ...WatchService.watch, responseSerialize: encodeWatchResponse } },
    implementation: {
      watch: bidiHandler<WatchRequest, WatchResponse>((messages, context) => {
        const stream = hub.open(context.metadata.get(progressMetadata)[0] === 'push');
        void (async () => {
          try {
            for await (const message of messages) stream.take(message, await refusal(backend, message, context));
            stream.finish();
          } catch {
            // The caller is gone; its watches go with it.
            stream.close();
          }
        })();
        const unfollow = leaders.follow(context.metadata, (error) => stream.close(error));
        const leave = (): void => {
          unfollow();
          stream.close();
        };
        context.signal.addEventListener('abort', leave, { once: true });
        return stream.responses();
      }),
    },
  };
}

/** Why this caller may not begin this watch, in the words of etcd; undefined when it may. */
async function refusal(backend: Backend, { requestUnion }: WatchRequest, who: Credentials): Promise<string | undefined> {
  if (!backend.auth.enabled || requestUnion?.$case !== 'createRequest') return undefined;
  const { key, rangeEnd } = requestUnion.value;
  try {
    const caller = await backend.caller(who);
    backend.access.range(caller, { key: key.length === 0 ? Uint8Array.of(0) : key, rangeEnd });
    return undefined;
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    return `rpc error: code = ${goCodeNames[error.code] ?? error.code} desc = ${error.details}`;
  }
}

/** gRPC codes as Go writes them; only those that a watch can be refused with. */
const goCodeNames: Readonly<Record<number, string>> = {
  [status.INVALID_ARGUMENT]: 'InvalidArgument',
  [status.PERMISSION_DENIED]: 'PermissionDenied',
  [status.UNAUTHENTICATED]: 'Unauthenticated',
};
