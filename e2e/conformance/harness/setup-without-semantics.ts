import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { systemClock, systemRandom } from '@rhythm/base';
import { ensureProgram } from '@rhythm/cli';
import { createAuthority, createSigningKey, kubeconfigYaml } from '@rhythm/pki';
import { storeProcess } from '../../store/store-process.ts';
import { end, eventually, repository } from '../../support/cluster.ts';

/** A store and an apiserver that only stores: what passes here tests nothing. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const built = spawnSync(process.execPath, [join(repository, 'tools/bundle.mjs'), 'apiserver'], { cwd: repository, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the apiserver cannot be bundled: ${built.stderr}`);
  const store = await storeProcess();
  const at = (name: string): string => join(store.folder, name);
  const authority = await createAuthority('test-ca', { clock: systemClock, random: systemRandom });
  const serving = await authority.issue({ commonName: 'kube-apiserver', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const admin = await authority.issue({ commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'] });
  const files = { 'api.crt': serving.certPem, 'api.key': serving.keyPem, 'client-ca.crt': authority.certPem, 'sa.key': (await createSigningKey()).privatePem };
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text, { mode: 0o600 });
  const flags = {
    semantics: 'none', host: '127.0.0.1', port: '0', 'advertise-address': '192.0.2.1', 'service-cidr': '10.96.0.0/24', 'store-endpoints': store.endpoint, 'store-ca-file': store.tls.ca, 'store-cert-file': store.tls.cert,
    'store-key-file': store.tls.key, 'cert-file': at('api.crt'), 'key-file': at('api.key'), 'client-ca-file': at('client-ca.crt'), 'service-account-key-file': at('sa.key'), 'endpoint-file': at('api-endpoint'),
  };
  const log = openSync(at('api.log'), 'a');
  const child = spawn(process.execPath, [join(repository, 'apps/apiserver/dist/main.mjs'), ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])], { stdio: ['ignore', log, log], env: { ...process.env, RHYTHM_TEST_ONLY: '1' } });
  closeSync(log);
  const stop = async (): Promise<void> => {
    await end(child, 'SIGKILL');
    await store.remove();
  };
  try {
    await eventually(async () => existsSync(at('api-endpoint')), 'the apiserver without semantics');
  } catch (error) {
    const said = readFileSync(at('api.log'), 'utf8');
    await stop();
    throw new Error(`the apiserver without semantics does not start: ${said}`, { cause: error });
  }
  const server = `https://${readFileSync(at('api-endpoint'), 'utf8').trim()}`;
  writeFileSync(at('admin.kubeconfig'), kubeconfigYaml({ clusterName: 'plain', userName: 'admin', server, caPem: authority.certPem, certPem: admin.certPem, keyPem: admin.keyPem }), { mode: 0o600 });
  project.provide('semantics', 'none');
  project.provide('clusterDir', store.folder);
  project.provide('kubectl', await ensureProgram('kubectl', () => undefined));
  project.provide('busybox', 'busybox');
  project.provide('nginx', 'nginx');
  return stop;
}
