import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { exec, repository } from '../../support/cluster.ts';

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(repository, 'tools/bundle.mjs'), 'apiserver'], { cwd: repository }).status).toBe(0);
});

const required = ['advertise-address', 'store-endpoints', 'cert-file', 'key-file', 'client-ca-file', 'service-account-key-file', 'service-cidr'];

test.each([
  ['outside tests', {}, ['none', '127.0.0.1'], 'none is for tests'],
  ['for others to reach', { RHYTHM_TEST_ONLY: '1' }, ['none', '0.0.0.0'], 'listens on 127.0.0.1 only'],
  ['by another name', { RHYTHM_TEST_ONLY: '1' }, ['some', '127.0.0.1'], 'some is neither kubernetes nor none'],
])('a server without semantics is refused %s', async (_, env, [semantics = '', host = ''], complaint) => {
  const flags = ['--semantics', semantics, '--host', host, ...required.flatMap((flag) => [`--${flag}`, 'x'])];
  const { code, stderr } = await exec(process.execPath, [join(repository, 'apps/apiserver/dist/main.mjs'), ...flags], { env: { ...process.env, RHYTHM_TEST_ONLY: '', ...env }, timeoutMs: 120_000 });
  expect(code).not.toBe(0);
  expect(stderr).toContain(complaint);
});
