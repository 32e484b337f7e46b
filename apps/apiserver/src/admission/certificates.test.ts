import type { KubeObject } from '@rhythm/api';
import type { CertificateSigningRequest } from '@rhythm/api/types/certificates-v1';
import { VirtualClock } from '@rhythm/base';
import { afterEach, expect, test } from 'vitest';
import type { Authorizer } from '../ports/types.ts';
import { testApi, type TestApi } from '../testing.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts';
import { signingRequest } from './signing-request-fixture.ts';

const csrs = 'certificates.k8s.io/v1/certificatesigningrequests';
let api: TestApi | undefined;
afterEach(() => api?.stop());

/** A server whose user may use these signers, as `VERB NAME`. */
function server(...signers: readonly string[]): TestApi {
  const authorizer: Pick<Authorizer, 'authorize'> = {
    authorize: ({ verb, resource, group, name }) => Promise.resolve({ allowed: group === 'certificates.k8s.io' && resource === 'signers' && signers.includes(`${verb} ${name}`), reason: '' }),
  };
  return (api = testApi({ admission: [certificateApproval(authorizer, new VirtualClock(0)), certificateSigning(authorizer), certificateSubjectRestriction] }));
}

async function create(on: TestApi, subject = '/CN=ann', signerName = 'kubernetes.io/kube-apiserver-client', pem?: string): Promise<KubeObject> {
  const request = Buffer.from(pem ?? (await signingRequest(subject))).toString('base64');
  return on.call('create', csrs, { kind: 'CertificateSigningRequest', apiVersion: 'certificates.k8s.io/v1', metadata: { name: 'r' }, spec: { request, signerName, usages: ['client auth'] } });
}
const approval = { conditions: [{ type: 'Approved', status: 'True', reason: 'Fine' }] };

test('who may not approve for the signer does not approve, whatever he may write', async () => {
  const on = server('sign kubernetes.io/kube-apiserver-client', 'approve kubernetes.io/kubelet-serving');
  const made = await create(on);
  await expect(on.call('update', `${csrs}/r/approval`, { ...made, status: approval })).rejects.toMatchObject({ reason: 'Forbidden', message: expect.stringContaining('user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"') });
});

test.each(['approve kubernetes.io/kube-apiserver-client', 'approve kubernetes.io/*'])('who may %s approves; when is written down', async (permission) => {
  const on = server(permission);
  const made = await create(on);
  const approved = await on.call<CertificateSigningRequest>('update', `${csrs}/r/approval`, { ...made, status: approval });
  expect(approved.status?.conditions).toEqual([{ ...approval.conditions[0], lastUpdateTime: '1970-01-01T00:00:00Z', lastTransitionTime: '1970-01-01T00:00:00Z' }]);
});

test('the signer is the stored one, not one that the update names', async () => {
  const on = server('approve example.com/mine');
  const made = (await create(on)) as CertificateSigningRequest;
  await expect(on.call('update', `${csrs}/r/approval`, { ...made, spec: { ...made.spec, signerName: 'example.com/mine' }, status: approval })).rejects.toMatchObject({ reason: 'Forbidden' });
});

test('who may not sign for the signer issues nothing and fails nothing', async () => {
  const on = server('approve kubernetes.io/kube-apiserver-client');
  const made = await create(on);
  for (const status of [{ certificate: Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64') }, { conditions: [{ type: 'Failed', status: 'True' }] }]) {
    await expect(on.call('update', `${csrs}/r/status`, { ...made, status })).rejects.toMatchObject({ reason: 'Forbidden', message: expect.stringContaining('user not permitted to sign requests') });
  }
});

test('a signer of clients gives nobody the group that may do everything', async () => {
  const signer = 'kubernetes.io/kube-apiserver-client';
  await expect(create(server(), '/O=system:masters/CN=eve', signer)).rejects.toMatchObject({ reason: 'Forbidden', message: expect.stringContaining(`use of ${signer} signer with system:masters group is not allowed`) });
});

test('the signer of old is not taken in this version, whoever asks', async () => {
  await expect(create(server(), '/O=system:masters/CN=eve', 'kubernetes.io/legacy-unknown')).rejects.toMatchObject({ reason: 'Invalid', details: { causes: [{ field: 'spec.signerName' }] } });
});

test('what is no signing request is refused, with the field', async () => {
  const pem = '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n';
  await expect(create(server(), '', 'kubernetes.io/kube-apiserver-client', pem)).rejects.toMatchObject({ reason: 'Invalid', details: { causes: [{ field: 'spec.request' }] } });
  await expect(create(server(), '', 'example.com/x', pem)).rejects.toMatchObject({ reason: 'Invalid', details: { causes: [{ field: 'spec.request' }] } });
});
