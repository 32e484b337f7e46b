import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { resources } from '@rhythm/api';
import type { CertificateSigningRequest } from '@rhythm/api/types/certificates-v1';
import { formatTime, parseTime, seededRandom, VirtualClock } from '@rhythm/base';
import { createAuthority, readSigningRequest, type Authority } from '@rhythm/pki';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { rig, type Rig } from '../../testing.ts';
import { startCertificateApproving } from './approve.ts';
import { endOf, startCertificateCleaner } from './clean.ts';
import { startCertificateSigning } from './sign.ts';
import { apiClientSigner, kubeletClientSigner, kubeletServingSigner, legacySigner, whyNotSigned } from './signers.ts';

const hourMs = 3_600_000;
const nodeSubject = '/O=system:nodes/CN=system:node:n1';
const clientUsages = ['digital signature', 'client auth'];
const pems = new Map<string, string>();
let authority: Authority;
let cluster: Rig | undefined;

/** A request as users make it; made once for each subject and names. */
function pem(subject: string, names = ''): string {
  const key = `${subject} ${names}`;
  const known = pems.get(key);
  if (known !== undefined) return known;
  const made = execFileSync('openssl', ['req', '-new', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', '/dev/null', '-subj', subject, ...(names === '' ? [] : ['-addext', `subjectAltName=${names}`])], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  pems.set(key, made);
  return made;
}

beforeAll(async () => {
  authority = await createAuthority('rhythm-ca', { clock: new VirtualClock(), random: seededRandom(2) });
});
let permissions: Set<string>;
beforeEach(() => {
  permissions = new Set();
});
afterEach(() => cluster?.stop());

async function start(): Promise<Rig> {
  return (cluster = await rig(
    (context) => startCertificateApproving(context, (request, subresource) => Promise.resolve(permissions.has(`${request.spec.username} ${subresource}`))),
    (context) => startCertificateSigning(context, { authority, validForMsMax: 24 * hourMs }),
    startCertificateCleaner,
  ));
}

function seed(at: Rig, spec: Partial<CertificateSigningRequest['spec']> & { readonly pem: string }, conditions: readonly string[] = []): void {
  const { pem: text, ...rest } = spec;
  const now = formatTime(at.clock.now());
  at.client.seed(resources.certificateSigningRequests, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'r', uid: 'u', creationTimestamp: now },
    spec: { request: Buffer.from(text).toString('base64'), signerName: kubeletClientSigner, usages: clientUsages, username: 'system:node:n1', ...rest },
    status: { conditions: conditions.map((type) => ({ type, status: 'True', lastUpdateTime: now })) },
  });
}
/** Signing is done by the platform's cryptography, outside the clock. */
async function state(at: Rig, expected: string): Promise<CertificateSigningRequest> {
  const text = (): string => {
    const [request] = at.client.all(resources.certificateSigningRequests, '');
    if (request === undefined) return 'gone';
    const conditions = (request.status?.conditions ?? []).map(({ type, reason, message }) => (reason === undefined ? type : `${type}: ${reason}: ${message}`));
    return [...conditions, ...((request.status?.certificate ?? '') === '' ? [] : ['Issued'])].join(', ');
  };
  await expect.poll(async () => {
    await at.settle();
    return text();
  }).toBe(expected);
  return at.client.all(resources.certificateSigningRequests, '')[0] as CertificateSigningRequest;
}
const certificateOf = (request: CertificateSigningRequest): X509Certificate => new X509Certificate(Buffer.from(request.status?.certificate ?? '', 'base64'));

test('a node that may renews its own client certificate without anybody', async () => {
  permissions.add('system:node:n1 selfnodeclient');
  const at = await start();
  seed(at, { pem: pem(nodeSubject) });
  const issued = certificateOf(await state(at, 'Approved: AutoApproved: Auto approving self kubelet client certificate after SubjectAccessReview., Issued'));
  expect(issued.verify(new X509Certificate(authority.certPem).publicKey)).toBe(true);
  expect(issued.toLegacyObject().subject).toMatchObject({ CN: 'system:node:n1', O: 'system:nodes' });
  expect(issued.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
});

test('a bootstrap identity gets one for a node, another node does not', async () => {
  permissions.add('system:bootstrap:abc nodeclient').add('system:node:n2 selfnodeclient');
  const at = await start();
  seed(at, { pem: pem(nodeSubject), username: 'system:node:n2' });
  await state(at, '');
  seed(at, { pem: pem(nodeSubject), username: 'system:bootstrap:abc' });
  await state(at, 'Approved: AutoApproved: Auto approving kubelet client certificate after SubjectAccessReview., Issued');
});

test('without the permission nothing is approved; once it is there, the request is', async () => {
  const at = await start();
  seed(at, { pem: pem(nodeSubject) });
  await state(at, '');
  permissions.add('system:node:n1 selfnodeclient');
  await at.settle(61_000);
  await state(at, 'Approved: AutoApproved: Auto approving self kubelet client certificate after SubjectAccessReview., Issued');
});

test('serving certificates and those of users wait for somebody', async () => {
  permissions.add('system:node:n1 selfnodeclient').add('system:node:n1 nodeclient');
  const at = await start();
  for (const signerName of [kubeletServingSigner, apiClientSigner, legacySigner]) {
    seed(at, { pem: pem(nodeSubject), signerName });
    await state(at, '');
  }
});

test.each([
  [undefined, 24 * hourMs],
  [7_200, 2 * hourMs],
  [60, 600_000],
  [10 ** 9, 24 * hourMs],
])('who asks for %s seconds gets %i ms', async (expirationSeconds, expected) => {
  const at = await start();
  seed(at, { pem: pem('/CN=ann'), signerName: apiClientSigner, ...(expirationSeconds === undefined ? {} : { expirationSeconds }) }, ['Approved']);
  const issued = certificateOf(await state(at, 'Approved, Issued'));
  // The authority has a clock of its own, which stands still.
  expect(issued.validToDate.getTime() - new VirtualClock().now()).toBe(expected);
});

test('an approved request that the signer does not sign is failed, and says why', async () => {
  const at = await start();
  seed(at, { pem: pem('/CN=ann'), signerName: apiClientSigner, usages: ['server auth'] }, ['Approved']);
  await state(at, 'Approved, Failed: SignerValidationFailure: usage "server auth" is not allowed, only digital signature, key encipherment, client auth');
  seed(at, { pem: pem('/CN=ann'), signerName: legacySigner, usages: ['nonsense'] }, ['Approved']);
  await state(at, 'Approved, Failed: SignerValidationFailure: unrecognized usage "nonsense"');
  seed(at, { pem: '-----BEGIN NOTHING-----', signerName: legacySigner }, ['Approved']);
  await state(at, 'Approved, Failed: SignerValidationFailure: PEM block type must be CERTIFICATE REQUEST');
});

test('denied and undecided requests, and those of other signers, are not signed', async () => {
  const at = await start();
  for (const [signerName, conditions] of [[apiClientSigner, []], [apiClientSigner, ['Denied']], [apiClientSigner, ['Approved', 'Denied']], ['example.com/x', ['Approved']]] as const) {
    seed(at, { pem: pem('/CN=ann'), signerName }, conditions);
    await state(at, conditions.join(', '));
  }
});

test('requests go an hour after they were decided, a day after they were made', async () => {
  const at = await start();
  seed(at, { pem: pem('/CN=ann'), signerName: apiClientSigner }, ['Denied']);
  await state(at, 'Denied');
  await at.settle(hourMs - 60_000);
  await state(at, 'Denied');
  await at.settle(61_000);
  await state(at, 'gone');
  seed(at, { pem: pem('/CN=ann'), signerName: apiClientSigner });
  await at.settle(24 * hourMs - 60_000);
  await state(at, '');
  await at.settle(61_000);
  await state(at, 'gone');
});

test('an approved request waits for its signer; an issued one goes when its certificate has ended', () => {
  const at = '2026-01-01T00:00:00Z';
  const request = (status: object): CertificateSigningRequest => ({ metadata: { creationTimestamp: at }, spec: {}, status }) as unknown as CertificateSigningRequest;
  const conditions = [{ type: 'Approved', status: 'True', lastUpdateTime: at }];
  expect(endOf(request({ conditions }))).toBe(Number.POSITIVE_INFINITY);
  expect(endOf(request({ conditions, certificate: 'bm8=' }))).toBe((parseTime(at) ?? 0) + hourMs);
});

const serving = ['digital signature', 'key encipherment', 'server auth'];
test.each([
  [apiClientSigner, '/CN=ann/O=devs', '', clientUsages, undefined],
  [apiClientSigner, '/CN=ann', '', ['digital signature'], 'usage "client auth" is required'],
  [apiClientSigner, '/CN=eve/O=system:masters', '', clientUsages, 'the group system:masters'],
  [legacySigner, '/CN=eve/O=system:masters', '', clientUsages, 'the group system:masters'],
  [legacySigner, '/CN=x', 'DNS:x', ['any'], undefined],
  [kubeletClientSigner, nodeSubject, '', [...clientUsages, 'key encipherment'], undefined],
  [kubeletClientSigner, '/CN=system:node:n1', '', clientUsages, 'subject organization is not system:nodes'],
  [kubeletClientSigner, `${nodeSubject}/O=devs`, '', clientUsages, 'subject organization is not system:nodes'],
  [kubeletClientSigner, '/O=system:nodes/CN=n1', '', clientUsages, 'subject common name does not begin'],
  [kubeletClientSigner, '/O=system:nodes/CN=system:node:', '', clientUsages, 'subject common name does not begin'],
  [kubeletClientSigner, nodeSubject, 'DNS:n1', clientUsages, 'DNS subjectAltNames are not allowed'],
  [kubeletClientSigner, nodeSubject, 'IP:10.0.0.1', clientUsages, 'IP subjectAltNames are not allowed'],
  [kubeletClientSigner, nodeSubject, 'email:a@b.example', clientUsages, 'Email subjectAltNames'],
  [kubeletClientSigner, nodeSubject, 'URI:a://b', clientUsages, 'URI subjectAltNames'],
  [kubeletClientSigner, nodeSubject, '', serving, 'usage "server auth" is not allowed'],
  [kubeletServingSigner, nodeSubject, 'DNS:n1,IP:10.0.0.1', serving, undefined],
  [kubeletServingSigner, nodeSubject, '', serving, 'DNS or IP subjectAltName is required'],
  [kubeletServingSigner, nodeSubject, 'DNS:n1,URI:a://b', serving, 'URI subjectAltNames are not allowed'],
  [kubeletServingSigner, nodeSubject, 'DNS:n1', [...serving, 'client auth'], 'usage "client auth" is not allowed'],
  ['kubernetes.io/other', '/CN=x', '', clientUsages, 'is not a signer of this cluster'],
])('%s asked for %s %s %s', async (signer, subject, names, usages, why) => {
  const answer = whyNotSigned(signer, await readSigningRequest(pem(subject, names)), usages);
  if (why === undefined) expect(answer).toBeUndefined();
  else expect(answer).toContain(why);
});
