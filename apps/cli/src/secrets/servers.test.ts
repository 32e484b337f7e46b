import { formatMicroTime, VirtualClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import { aliveOf, takenByAll, takenHere, type IdentityLeases } from './servers.ts';

const file = '/cluster/encryption.yaml';
const clock = new VirtualClock();

interface Server {
  readonly name: string;
  hash: string;
  renewedAt: number;
}

const leases = (servers: readonly Server[]): IdentityLeases => ({
  items: servers.map(({ name, hash, renewedAt }) => ({
    metadata: { name, labels: { 'kubernetes.io/hostname': `host-of-${name}` }, ...(hash === '' ? {} : { annotations: { 'rhythm.internal/encryption-config': hash } }) },
    spec: { renewTime: formatMicroTime(renewedAt) },
  })),
});

/** A wait for all to use `new`, and what it has said. */
function waiting(servers: readonly Server[]): { readonly said: string[]; readonly outcome: () => string } {
  const said: string[] = [];
  let outcome = 'waits';
  const http = { get: () => Promise.resolve({ status: 200, body: JSON.stringify(leases(servers)) }) };
  takenByAll(http, file, 'new', { clock, write: (text) => said.push(text) }).then(
    () => (outcome = 'done'),
    (error: Error) => (outcome = error.message),
  );
  return { said, outcome: () => outcome };
}

const server = (name: string, hash: string, ageMs = 0): Server => ({ name, hash, renewedAt: clock.now() - ageMs });

test('alive is who has renewed within two minutes of whoever did last', () => {
  expect(aliveOf(leases([server('a', 'x', 300_000), server('b', '', 100_000), server('c', 'y')])).map(({ name, hostname, encryptionHash }) => [name, hostname, encryptionHash])).toEqual([['b', 'host-of-b', ''], ['c', 'host-of-c', 'y']]);
  expect(aliveOf({ items: [] })).toEqual([]);
});

test('a server alone is not asked twice', async () => {
  const { outcome } = waiting([server('a', 'old')]);
  await clock.advance(0);
  expect(outcome()).toBe('done');
});

test('all of several have to say that they use it; those that do not are named, once', async () => {
  const [a, b] = [server('a', 'new'), server('b', 'old')];
  const { said, outcome } = waiting([a, b]);
  await clock.advance(29_000);
  expect([outcome(), said]).toEqual(['waits', []]);
  await clock.advance(60_000);
  expect(said).toEqual(['waiting for b on host-of-b: where an API server has a file of its own, copy /cluster/encryption.yaml there, byte for byte\n']);
  b.hash = 'new';
  await clock.advance(500);
  expect(outcome()).toBe('done');
});

test('one that dies meanwhile is not waited for', async () => {
  const [a, b] = [server('a', 'new'), server('b', 'old')];
  const { outcome } = waiting([a, b]);
  a.renewedAt += 130_000;
  await clock.advance(500);
  expect(outcome()).toBe('done');
});

test('one that never takes it is told of, with what to do', async () => {
  const { outcome } = waiting([server('a', 'new'), server('b', '')]);
  await clock.advance(599_000);
  expect(outcome()).toBe('waits');
  await clock.advance(2_000);
  expect(outcome()).toMatch(/^the configuration is not in use within 10 minutes by b on host-of-b\. .*Give every API server the same \/cluster\/encryption\.yaml/);
});

test('the server that is asked says by its metrics what it uses', async () => {
  let hash = 'old';
  let isDone = false;
  const http = { get: () => Promise.resolve({ status: 200, body: `apiserver_encryption_config_controller_last_config_info{apiserver_id_hash="sha256:abc",hash="${hash}"} 1\n` }) };
  const done = takenHere(http, file, 'new', { clock, write: () => undefined }).then(() => (isDone = true));
  await clock.advance(10_000);
  expect(isDone).toBe(false);
  hash = 'new';
  await clock.advance(500);
  await done;
  hash = 'old';
  const never = expect(takenHere(http, file, 'new', { clock, write: () => undefined })).rejects.toThrow('has not taken /cluster/encryption.yaml within 90 s');
  await clock.advance(100_000);
  await never;
});
