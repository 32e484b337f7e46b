import type { Guard } from '@rhythm/grpc';
import type { Host } from '../host/host.ts';
import { etcdError } from '../services/errors.ts';

/** Sends clients of streams and of member calls to another member while this one has no vote, as etcd does. */
export function learnerGuard(host: Pick<Host, 'isLearner'>): Guard {
  return () => (host.isLearner ? Promise.reject(etcdError('NotSupportedForLearner')) : undefined);
}
