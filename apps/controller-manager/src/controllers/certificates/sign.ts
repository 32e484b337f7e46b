import { resources, withCondition } from '@rhythm/api';
import { toError } from '@rhythm/base';
import type { CertificateSigningRequest } from '@rhythm/api/types/certificates-v1';
import { readSigningRequest, type Authority } from '@rhythm/pki';
import { done, enqueueOn, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { ignoreGone } from '../../shared/ignore-gone.ts';
import { conditionOf, isIssued, pemOf } from './request-state.ts';
import { clusterSigners, whyNotSigned } from './signers.ts';

export interface SigningConfig {
  /** The authority whose certificates the API server and kubelets accept. */
  readonly authority: Pick<Authority, 'sign'>;
  /** The longest, and what is given to who does not ask. */
  readonly validForMsMax: number;
}

/** As short as a request may ask for. */
const validForMsMin = 600_000;

/** Issues a certificate for each approved request of one of the cluster's signers, or says why it does not. */
export function startCertificateSigning(context: ControllerContext, config: SigningConfig): RunningController {
  const { client, clock, log } = context;
  const requests = context.informers.informer(resources.certificateSigningRequests);

  async function reconcile(name: string): Promise<ReconcileResult> {
    const request = requests.get(name);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined || !isToSign(request)) return done;
    const signed = await certificateFor(request);
    const status = 'certificate' in signed ? { ...request.status, certificate: Buffer.from(signed.certificate).toString('base64') } : { ...request.status, conditions: failed(request, signed.why) };
    await client.update(resources.certificateSigningRequests, { ...request, status }, { subresource: 'status' }).catch(ignoreGone);
    log.info('certificate' in signed ? 'certificate issued' : 'certificate refused', { request: name, signer: request.spec.signerName, ...('why' in signed ? { why: signed.why } : {}) });
    return done;
  }

  async function certificateFor(request: CertificateSigningRequest): Promise<{ readonly certificate: string } | { readonly why: string }> {
    try {
      const asked = await readSigningRequest(pemOf(request));
      const usages = request.spec.usages ?? [];
      const why = whyNotSigned(request.spec.signerName, asked, usages);
      if (why !== undefined) return { why };
      return { certificate: await config.authority.sign(asked, { usages, validForMs: validForMs(request.spec.expirationSeconds) }) };
    } catch (error) {
      // Nothing of it depends on the world: it would not get better by trying again.
      return { why: toError(error).message };
    }
  }

  function validForMs(expirationSeconds: number | undefined): number {
    if (expirationSeconds === undefined) return config.validForMsMax;
    return Math.min(config.validForMsMax, Math.max(validForMsMin, expirationSeconds * 1000));
  }

  function failed(request: CertificateSigningRequest, message: string): NonNullable<CertificateSigningRequest['status']>['conditions'] {
    return withCondition(request.status?.conditions, { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message }, clock.now(), true);
  }

  const running = runController({ name: 'csr-signing', reconcile, clock, log, synced: [requests] });
  enqueueOn(requests, running.queue);
  return running;
}

function isToSign(request: CertificateSigningRequest): boolean {
  if (!(clusterSigners as readonly string[]).includes(request.spec.signerName)) return false;
  return !isIssued(request) && conditionOf(request, 'Approved') !== undefined && conditionOf(request, 'Denied') === undefined && conditionOf(request, 'Failed') === undefined;
}
