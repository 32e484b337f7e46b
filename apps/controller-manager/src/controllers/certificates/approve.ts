import { resources, type TypedResource, withCondition } from '@rhythm/api';
import type { SubjectAccessReview } from '@rhythm/api/types/authorization-v1';
import type { CertificateSigningRequest } from '@rhythm/api/types/certificates-v1';
import { readSigningRequest, SigningRequestError, type SigningRequest } from '@rhythm/pki';
import { done, enqueueOn, later, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { ignoreGone } from '../../shared/ignore-gone.ts';
import { conditionOf, isDecided, isIssued, pemOf } from './request-state.ts';
import { kubeletClientSigner, whyNotSigned } from './signers.ts';

/** Whether the asker of a request may have it approved: `create` on the subresource. */
export type Permitted = (request: CertificateSigningRequest, subresource: string) => Promise<boolean>;

/** A kubelet without the permission may get it: it is looked at again. */
const lookAgainMs = 60_000;

const subjectAccessReviews = { group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false } as TypedResource<SubjectAccessReview>;

/**
 * Approves the client certificates of kubelets whose askers may have them: a node for itself (`selfnodeclient`), or a
 * bootstrap identity for a node (`nodeclient`). Nothing else is approved by itself, serving certificates neither.
 */
export function startCertificateApproving(context: ControllerContext, permitted: Permitted = askApiserver(context)): RunningController {
  const { client, clock, log } = context;
  const requests = context.informers.informer(resources.certificateSigningRequests);

  async function reconcile(name: string): Promise<ReconcileResult> {
    const request = requests.get(name);
    if (request === undefined || request.spec.signerName !== kubeletClientSigner || isDecided(request) || isIssued(request) || conditionOf(request, 'Failed') !== undefined) return done;
    const asked = await readable(request);
    if (asked === undefined || whyNotSigned(kubeletClientSigner, asked, request.spec.usages ?? []) !== undefined) return done;
    for (const { subresource, message } of kindsOf(request, asked)) {
      if (!(await permitted(request, subresource))) continue;
      await approve(request, message);
      return done;
    }
    return later(lookAgainMs);
  }

  async function approve(request: CertificateSigningRequest, message: string): Promise<void> {
    const conditions = withCondition(request.status?.conditions, { type: 'Approved', status: 'True', reason: 'AutoApproved', message }, clock.now(), true);
    await client.update(resources.certificateSigningRequests, { ...request, status: { ...request.status, conditions } }, { subresource: 'approval' }).catch(ignoreGone);
    log.info('signing request approved', { request: request.metadata.name ?? '', for: request.spec.username ?? '' });
  }

  const running = runController({ name: 'csr-approving', reconcile, clock, log, synced: [requests] });
  enqueueOn(requests, running.queue);
  return running;
}

/** What a request may count as, the narrower permission first. */
function kindsOf(request: CertificateSigningRequest, asked: SigningRequest): ReadonlyArray<{ readonly subresource: string; readonly message: string }> {
  const forAnyNode = { subresource: 'nodeclient', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' };
  if (asked.commonName !== request.spec.username) return [forAnyNode];
  return [{ subresource: 'selfnodeclient', message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' }, forAnyNode];
}

async function readable(request: CertificateSigningRequest): Promise<SigningRequest | undefined> {
  try {
    return await readSigningRequest(pemOf(request));
  } catch (error) {
    if (error instanceof SigningRequestError) return undefined;
    throw error;
  }
}

/** The asker's identity was written into the request by the API server, never by the asker. */
function askApiserver({ client }: ControllerContext): Permitted {
  return async ({ spec }, subresource) => {
    const review = await client.create(subjectAccessReviews, '', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: spec.username ?? '',
        uid: spec.uid ?? '',
        groups: spec.groups ?? [],
        extra: spec.extra ?? {},
        resourceAttributes: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', subresource, verb: 'create' },
      },
    } as SubjectAccessReview);
    return review.status?.allowed === true;
  };
}
