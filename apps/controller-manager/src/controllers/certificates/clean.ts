import { X509Certificate } from 'node:crypto';
import { resources } from '@rhythm/api';
import type { CertificateSigningRequest } from '@rhythm/api/types/certificates-v1';
import { parseTime, type Instant } from '@rhythm/base';
import { done, enqueueOn, later, runController, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { ignoreGone } from '../../shared/ignore-gone.ts';
import { conditionOf, isDecided, isIssued } from './request-state.ts';

const hourMs = 3_600_000;
const keptMs = { issued: hourMs, denied: hourMs, failed: hourMs, pending: 24 * hourMs } as const;

/** Deletes signing requests that nobody needs any more: an hour after the decision, a day when there is none. */
export function startCertificateCleaner(context: ControllerContext): RunningController {
  const { client, clock, log } = context;
  const requests = context.informers.informer(resources.certificateSigningRequests);
  const running = runController({
    name: 'csr-cleaner',
    clock,
    log,
    synced: [requests],
    reconcile: async (name) => {
      const request = requests.get(name);
      if (request === undefined || request.metadata.deletionTimestamp !== undefined) return done;
      const leftMs = endOf(request) - clock.now();
      if (leftMs > 0) return leftMs === Number.POSITIVE_INFINITY ? done : later(leftMs);
      await client.delete(resources.certificateSigningRequests, '', name, { preconditions: { uid: request.metadata.uid ?? '' } }).catch(ignoreGone);
      return done;
    },
  });
  enqueueOn(requests, running.queue);
  return running;
}

/** When a request is of no use any more. One that is approved waits for its signer as long as that takes. */
export function endOf(request: CertificateSigningRequest): Instant {
  const created = parseTime(request.metadata.creationTimestamp ?? '') ?? 0;
  const since = (type: 'Approved' | 'Denied' | 'Failed'): Instant => {
    const condition = conditionOf(request, type);
    return parseTime(condition?.lastUpdateTime ?? condition?.lastTransitionTime ?? '') ?? created;
  };
  if (conditionOf(request, 'Denied') !== undefined) return since('Denied') + keptMs.denied;
  if (conditionOf(request, 'Failed') !== undefined) return since('Failed') + keptMs.failed;
  if (isIssued(request)) return Math.min(since('Approved') + keptMs.issued, expiryOf(request));
  return isDecided(request) ? Number.POSITIVE_INFINITY : created + keptMs.pending;
}

function expiryOf(request: CertificateSigningRequest): Instant {
  try {
    return new X509Certificate(Buffer.from(request.status?.certificate ?? '', 'base64')).validToDate.getTime();
  } catch {
    // Signers of others may issue what we cannot read.
    return Number.POSITIVE_INFINITY;
  }
}
