import { invalid } from '@rhythm/api';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '@rhythm/api/types/certificates-v1';
import { formatTime, type Clock } from '@rhythm/base';
import { checkSigningRequest, readSigningRequest, SigningRequestError } from '@rhythm/pki';
import { mastersGroup } from '../auth/index.ts';
import type { AdmissionRequest, AdmissionStep, Authorizer } from '../ports/types.ts';
import { refused } from './refuse.ts';

const certificatesGroup = 'certificates.k8s.io';

function isAbout(request: AdmissionRequest, operation: AdmissionRequest['operation'], subresource: string): boolean {
  const { attributes } = request;
  return request.operation === operation && request.object !== undefined && attributes.group === certificatesGroup && attributes.resource === 'certificatesigningrequests' && attributes.subresource === subresource;
}

/** A request must be one that its key has signed, and may not ask one of the cluster's own signers for the group that may do everything. */
export const certificateSubjectRestriction: AdmissionStep = {
  name: 'CertificateSubjectRestriction',
  resources: ['certificates.k8s.io/certificatesigningrequests'],
  async validate(request) {
    if (!isAbout(request, 'CREATE', '')) return;
    const { spec, metadata } = request.object as CertificateSigningRequest;
    // Signers of others may know keys that we do not.
    const ours = spec.signerName.startsWith('kubernetes.io/');
    const organizations = await organizationsOf(spec.request, metadata.name ?? '', ours);
    if (organizations.includes(mastersGroup)) throw refused(request, `use of ${spec.signerName} signer with ${mastersGroup} group is not allowed`);
  },
};

async function organizationsOf(base64: string, name: string, ours: boolean): Promise<readonly string[]> {
  const pem = Buffer.from(base64, 'base64').toString('latin1');
  try {
    if (ours) return (await readSigningRequest(pem)).organizations;
    checkSigningRequest(pem);
    return [];
  } catch (error) {
    if (!(error instanceof SigningRequestError)) throw error;
    const message = `Invalid value: "<request redacted>": ${error.message}`;
    throw invalid({ group: certificatesGroup, kind: 'CertificateSigningRequest' }, name, [{ type: 'FieldValueInvalid', field: 'spec.request', message }]);
  }
}

/** Whoever decides on a request needs the verb `approve` on its signer, besides the right to write the decision. */
export function certificateApproval(authorizer: Pick<Authorizer, 'authorize'>, clock: Pick<Clock, 'now'>): AdmissionStep {
  return {
    name: 'CertificateApproval',
    resources: ['certificates.k8s.io/certificatesigningrequests'],
    admit(request) {
      if (isAbout(request, 'UPDATE', 'approval')) stampConditions(request.object as CertificateSigningRequest, request.old as CertificateSigningRequest, clock);
    },
    async validate(request) {
      if (!isAbout(request, 'UPDATE', 'approval')) return;
      const { signerName } = (request.old as CertificateSigningRequest).spec;
      if (!(await mayUseSigner(authorizer, request, 'approve', signerName))) throw refused(request, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/** Whoever issues a certificate, or says that it cannot be issued, needs the verb `sign` on the signer. */
export function certificateSigning(authorizer: Pick<Authorizer, 'authorize'>): AdmissionStep {
  return {
    name: 'CertificateSigning',
    resources: ['certificates.k8s.io/certificatesigningrequests'],
    async validate(request) {
      if (!isAbout(request, 'UPDATE', 'status')) return;
      const [next, old] = [request.object as CertificateSigningRequest, request.old as CertificateSigningRequest];
      if (statusText(next) === statusText(old)) return;
      const { signerName } = old.spec;
      if (!(await mayUseSigner(authorizer, request, 'sign', signerName))) throw refused(request, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/** By the signer's own name, or by `DOMAIN/*` for all of its domain. */
async function mayUseSigner(authorizer: Pick<Authorizer, 'authorize'>, request: AdmissionRequest, verb: string, signerName: string): Promise<boolean> {
  const [domain = ''] = signerName.split('/');
  for (const name of [signerName, `${domain}/*`]) {
    const { user } = request.attributes;
    const asked = { user, verb, isResource: true, path: '', group: certificatesGroup, version: '*', resource: 'signers', subresource: '', namespace: '', name };
    if ((await authorizer.authorize(asked)).allowed) return true;
  }
  return false;
}

function statusText({ status }: CertificateSigningRequest): string {
  return JSON.stringify([status?.certificate ?? '', status?.conditions ?? []]);
}

/** When a decision was made, where its maker does not say: cleaning up goes by it. */
function stampConditions(object: CertificateSigningRequest, old: CertificateSigningRequest, clock: Pick<Clock, 'now'>): void {
  const at = formatTime(clock.now());
  const stamped = (object.status?.conditions ?? []).map((condition): CertificateSigningRequestCondition => {
    const before = old.status?.conditions?.find((candidate) => candidate.type === condition.type);
    return { ...condition, lastUpdateTime: condition.lastUpdateTime ?? at, lastTransitionTime: condition.lastTransitionTime ?? before?.lastTransitionTime ?? at };
  });
  if (object.status !== undefined && stamped.length > 0) object.status.conditions = stamped;
}
