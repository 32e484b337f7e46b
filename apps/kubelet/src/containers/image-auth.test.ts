import { expect, test } from 'vitest';
import type { Secret } from '@rhythm/api/types/core-v1';
import { authsFor, registryOf, withDefaultTag } from './image-auth.ts';

const secret = (auths: unknown): Secret => ({ metadata: { name: 's' }, data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') } });
const user = (name: string): { auth: string } => ({ auth: Buffer.from(`${name}:pw`).toString('base64') });

test.each([
  ['busybox', 'busybox:latest'],
  ['a/b:1', 'a/b:1'],
  ['host:5000/a', 'host:5000/a:latest'],
  ['a@sha256:00', 'a@sha256:00'],
])('%s is %s', (image, full) => expect(withDefaultTag(image)).toBe(full));

test.each([
  ['busybox', 'index.docker.io'],
  ['lib/busybox', 'index.docker.io'],
  ['127.0.0.1:5000/x', '127.0.0.1:5000'],
  ['localhost/x', 'localhost'],
  ['quay.test/x/y', 'quay.test'],
])('%s comes from %s', (image, registry) => expect(registryOf(image)).toBe(registry));

test('the most specific credentials come first; others do not fit', () => {
  const secrets = [secret({ 'https://reg.test': user('whole'), 'reg.test/team': user('team'), 'other.test': user('no'), 'reg.test/other': user('no') })];
  expect(authsFor('reg.test/team/app:1', secrets).map((auth) => auth.username)).toEqual(['team', 'whole']);
});

test('Docker Hub by its old address, wildcards by label, and one label only', () => {
  expect(authsFor('busybox:latest', [secret({ 'https://index.docker.io/v1/': user('hub') })])[0]).toMatchObject({ username: 'hub', password: 'pw' });
  expect(authsFor('a.reg.test/x', [secret({ '*.reg.test': user('star') })]).length).toBe(1);
  expect(authsFor('b.a.reg.test/x', [secret({ '*.reg.test': user('star') })]).length).toBe(0);
});

test('credentials are for the registry of the image only', () => {
  expect(authsFor('127.0.0.1:5000/x:1', [secret({ '127.0.0.1:5000': user('u') })])).toEqual([{ serverAddress: 'https://127.0.0.1:5000', username: 'u', password: 'pw' }]);
  expect(authsFor('busybox:latest', [secret({ 'docker.io': user('u') })])).toEqual([{ username: 'u', password: 'pw' }]);
});

test('a malformed secret gives nothing', () => {
  expect(authsFor('x', [{ metadata: {}, data: { '.dockerconfigjson': 'bm90IGpzb24=' } }, { metadata: {} }, secret(null), secret('x')])).toEqual([]);
});
