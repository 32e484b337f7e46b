import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { everyVerb } from '../verbs.ts';

const groupVersion = 'certificates.k8s.io/v1';
const path = `/apis/${groupVersion}/certificatesigningrequests`;

/** Made as users make them. */
async function openssl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('openssl', args);
  return Buffer.from(stdout).toString('base64');
}
const newKey = ['-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', '/dev/null', '-subj', '/CN=someone'];

row('csr-api', async (k) => {
  const [request, certificate] = await Promise.all([openssl('req', '-new', ...newKey), openssl('req', '-x509', ...newKey)]);
  const spec = { request, signerName: 'example.com/nobody', expirationSeconds: 86_400, usages: ['digital signature', 'key encipherment', 'server auth'] };
  await everyVerb(k, { groupVersion, kind: 'CertificateSigningRequest', resource: 'certificatesigningrequests', namespaced: false, body: () => ({ spec }) });
  const { resources } = await k.get<{ resources: readonly { name: string; verbs: readonly string[] }[] }>(`/apis/${groupVersion}`);
  for (const part of ['approval', 'status']) expect(resources.find(({ name }) => name === `certificatesigningrequests/${part}`)?.verbs.toSorted()).toEqual(['get', 'patch', 'update']);

  // Who asks is what the server saw, whatever the request says.
  const made = await k.create<V1CertificateSigningRequest>(path, { metadata: { generateName: 'csr-' }, spec: { ...spec, username: 'somebody-else', groups: ['system:masters-of-all'] } });
  const at = `${path}/${made.metadata?.name}`;
  expect(made.spec.username).toBe('kubernetes-admin');
  expect(made.spec.groups).not.toContain('system:masters-of-all');
  expect(made.status).toEqual({});

  type Request = V1CertificateSigningRequest;
  const condition = (type: string, message: string): object => ({ type, status: 'True', reason: 'Test', message });
  expect(await k.get<Request>(`${at}/approval`)).toMatchObject({ metadata: { uid: made.metadata?.uid } });
  const patched = await k.patch<Request>(`${at}/approval`, { metadata: { annotations: { patchedapproval: 'true' } }, status: { certificate, conditions: [condition('ApprovalPatch', 'patched')] } });
  expect(patched.metadata?.annotations).toMatchObject({ patchedapproval: 'true' });
  expect(patched.status?.conditions?.map(({ type }) => type)).toEqual(['ApprovalPatch']);
  expect(patched.status?.certificate).toBeUndefined();
  const approved = await k.put<Request>(`${at}/approval`, { ...patched, status: { ...patched.status, conditions: [...(patched.status?.conditions ?? []), condition('Approved', 'yes')] } });
  expect(approved.status?.conditions?.map(({ type }) => type)).toEqual(['ApprovalPatch', 'Approved']);
  await k.fails(k.raw('PUT', `${at}/approval`, { body: { ...approved, status: { conditions: [] } } }), { code: 422, reason: 'Invalid', message: 'status.conditions' });

  expect(await k.get<Request>(`${at}/status`)).toMatchObject({ metadata: { uid: made.metadata?.uid } });
  const issued = await k.patch<Request>(`${at}/status`, { metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate } });
  expect(issued).toMatchObject({ metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate } });
  // Approval is given at its own place only.
  const updated = await k.put<Request>(`${at}/status`, { ...issued, status: { ...issued.status, conditions: [...(issued.status?.conditions ?? []), condition('StatusUpdate', 'updated')] } });
  expect(updated.status?.conditions?.map(({ type }) => type)).toEqual(['ApprovalPatch', 'Approved', 'StatusUpdate']);
  await k.fails(k.raw('PATCH', `${at}/status`, { headers: { 'content-type': 'application/merge-patch+json' }, body: { status: { certificate: 'bm90IGEgY2VydGlmaWNhdGU=' } } }), { code: 422, reason: 'Invalid', message: 'status.certificate' });
  const through = await k.put<Request>(at, { ...updated, status: {} });
  expect(through.status).toEqual(updated.status);
  await k.fails(k.raw('POST', path, { body: { metadata: { name: k.unique('bad') }, spec: { ...spec, request: 'bm90IGEgcmVxdWVzdA==' } } }), { code: 422, reason: 'Invalid', message: 'spec.request' });
});
