import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, VirtualClock } from '@rhythm/base';
import { parseFlags } from '@rhythm/config';
import { afterAll, expect, test } from 'vitest';
import { apiserverFlags, authConfigFilesOf } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'rhythm-flags-'));
afterAll(() => rmSync(folder, { recursive: true }));
const required = ['--advertise-address', '192.0.2.1', '--store-endpoints', 'x:1', '--cert-file', 'c', '--key-file', 'k', '--client-ca-file', 'a', '--service-account-key-file', 's', '--service-cidr', '10.0.0.0/16'];
const clock = new VirtualClock();
const read = (...argv: string[]): ReturnType<typeof authConfigFilesOf> => {
  const flags = parseFlags(apiserverFlags, [...required, ...argv]);
  return authConfigFilesOf(flags, flags, 'https://own.example', { clock, log: silentLog });
};
const file = (name: string, config: object): string => {
  writeFileSync(join(folder, name), JSON.stringify(config));
  return join(folder, name);
};
const authentication = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration' };
const authorization = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers: [{ type: 'RBAC', name: 'rbac' }] };

test('a configuration and the flags that say the same exclude each other', async () => {
  const path = file('authn.json', authentication);
  await expect(read('--authentication-config', path, '--oidc-issuer-url', 'https://x')).rejects.toThrow('--authentication-config and --oidc-issuer-url are mutually exclusive');
  const other = file('authz.json', authorization);
  await expect(read('--authorization-config', other, '--authorization-webhook-cache-authorized-ttl', '1m')).rejects.toThrow('mutually exclusive');
  const both = await read('--authentication-config', path, '--authorization-config', other, '--authentication-token-webhook-cache-ttl', '1m');
  expect([both.authentication?.current.jwt, both.authorization?.current.authorizers]).toEqual([[], [{ type: 'RBAC', name: 'rbac' }]]);
  both.authentication?.stop();
  both.authorization?.stop();
});

test('a file that cannot be used stops the start; a change that cannot be used changes nothing', async () => {
  await expect(read('--authentication-config', file('bad.json', { ...authentication, jwt: [{}] }))).rejects.toThrow('jwt[0].issuer: Required value');
  const path = file('live.json', authorization);
  const { authorization: live } = await read('--authorization-config', path);
  file('live.json', { ...authorization, authorizers: [] });
  await live?.look();
  expect(live?.current.authorizers).toHaveLength(1);
  file('live.json', { ...authorization, authorizers: [{ type: 'Node', name: 'node' }] });
  await live?.look();
  expect(live?.current.authorizers).toEqual([{ type: 'Node', name: 'node' }]);
  live?.stop();
});
