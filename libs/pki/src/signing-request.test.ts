import { X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VirtualClock, seededRandom } from '@rhythm/base';
import { createAuthority, readSigningRequest, type Authority } from './index.ts';

const clock = new VirtualClock(1_767_225_600_000);
const hourMs = 3_600_000;
let ca: Authority;
let folder: string;
beforeAll(async () => {
  ca = await createAuthority('rhythm-ca', { clock, random: seededRandom(1) });
  folder = mkdtempSync(join(tmpdir(), 'rhythm-csr-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A request as users make it. */
function request(subject: string, key: readonly string[], names = ''): string {
  const file = join(folder, 'request.csr');
  execFileSync('openssl', ['req', '-new', '-nodes', '-newkey', ...key, '-keyout', join(folder, 'key'), '-subj', subject, ...(names === '' ? [] : ['-addext', names]), '-out', file], { stdio: 'ignore' });
  return readFileSync(file, 'utf8');
}
const p256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

test.each([
  ['P-256', p256],
  ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ['RSA', ['rsa:2048']],
  ['Ed25519', ['ed25519']],
])('a request with a %s key is read and signed', async (_name, key) => {
  const read = await readSigningRequest(request('/O=system:nodes/O=a, b/CN=system:node:n', key, 'subjectAltName=DNS:n.example,IP:10.0.0.1,IP:fd00::1,email:a@b.example,URI:spiffe://x/y'));
  expect(read).toMatchObject({ commonName: 'system:node:n', organizations: ['system:nodes', 'a, b'], dnsNames: ['n.example'], ipAddresses: ['10.0.0.1', expect.stringMatching(/^fd00:/)], emailAddresses: ['a@b.example'], uris: ['spiffe://x/y'] });
  const cert = new X509Certificate(await ca.sign(read, { usages: ['digital signature', 'key encipherment', 'client auth'], validForMs: hourMs }));
  expect(cert.verify(new X509Certificate(ca.certPem).publicKey)).toBe(true);
  expect(cert.ca).toBe(false);
  expect(cert.validToDate.getTime()).toBe(clock.now() + hourMs);
  expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(cert.toLegacyObject().subject).toMatchObject({ CN: 'system:node:n', O: ['system:nodes', 'a, b'] });
  expect(cert.subjectAltName).toBe('DNS:n.example, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1, email:a@b.example, URI:spiffe://x/y');
});

test('no certificate outlives its authority, none is for an authority, none for an unknown use', async () => {
  const read = await readSigningRequest(request('/CN=x', p256, 'basicConstraints=critical,CA:TRUE'));
  const cert = new X509Certificate(await ca.sign(read, { usages: ['server auth'], validForMs: 100 * 365 * 24 * hourMs }));
  expect(cert.ca).toBe(false);
  expect(cert.validTo).toBe(new X509Certificate(ca.certPem).validTo);
  await expect(ca.sign(read, { usages: ['cert sign'], validForMs: hourMs })).rejects.toThrow('for authorities only');
  await expect(ca.sign(read, { usages: ['constructor'], validForMs: hourMs })).rejects.toThrow('unrecognized usage');
});

test('what is no request, or not signed by its key, is refused', async () => {
  const good = request('/CN=x', p256);
  const body = Buffer.from(good.replace(/-----.*-----|\s/g, ''), 'base64');
  body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${body.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  await expect(readSigningRequest(forged)).rejects.toThrow(/signature/);
  await expect(readSigningRequest(ca.certPem)).rejects.toThrow('PEM block type must be CERTIFICATE REQUEST');
  await expect(readSigningRequest(`${good}${good}`)).rejects.toThrow('PEM block type');
  await expect(readSigningRequest('-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----')).rejects.toThrow('cannot be read');
  await expect(readSigningRequest('x'.repeat(100_000))).rejects.toThrow('longer than');
  await expect(readSigningRequest(request('/CN=a/CN=b', p256))).rejects.toThrow('more than one common name');
  await expect(readSigningRequest(request('/CN=a', ['rsa:1024']))).rejects.toThrow('an RSA key must have from 2048');
});
