import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, exec, rhythm, type Output } from '../support/cluster.ts';

const cluster = new Cluster(inject('clusterDir'));
const namespace = 'apply-test';
const k = (...args: string[]): Promise<string> => cluster.kubectl('-n', namespace, ...args);
const tryK = (...args: string[]): Promise<Output> => cluster.tryKubectl('-n', namespace, ...args);
let folder: string;

/** A file of manifests. */
async function file(name: string, ...objects: object[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  return path;
}

const web = (spec: object, env: string[] = ['A', 'B']): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    ...spec,
    paused: true,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'none.invalid/none', env: env.map((name) => ({ name, value: '1' })), ports: [{ containerPort: 80 }], resources: { requests: { cpu: '1000m' } } }] } },
  },
});

const map = (name: string, value: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { set: 's' } }, data: { a: value } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rhythm-apply-'));
  await cluster.kubectl('create', 'namespace', namespace);
});
afterAll(async () => {
  await cluster.tryKubectl('delete', 'namespace', namespace, '--wait=false');
  await rm(folder, { recursive: true, force: true });
});

describe('apply --server-side', () => {
  /** All but the status, which the controller writes when it gets to it. */
  const wanted = (): Promise<string> => k('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.generation} {.metadata.labels} {.metadata.annotations} {.spec}');
  const owners = (): Promise<string> => k('get', 'deployment', 'web', '-o', 'jsonpath={range .metadata.managedFields[?(@.operation=="Apply")]}{.manager} {end}');

  test('creates, and again writes nothing', async () => {
    const path = await file('web.json', web({ replicas: 2 }));
    expect(await k('apply', '--server-side', '-f', path)).toBe('deployment.apps/web serverside-applied\n');
    await k('wait', 'deployment/web', '--for=jsonpath={.status.observedGeneration}=1', '--timeout=120s');
    const before = await k('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.generation} {.metadata.managedFields[?(@.manager=="kubectl")].time}');
    expect(await k('apply', '--server-side', '-f', path)).toBe('deployment.apps/web serverside-applied\n');
    expect(await k('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.generation} {.metadata.managedFields[?(@.manager=="kubectl")].time}')).toBe(before);
  });

  test('names the owner of a field in conflict; --force-conflicts takes it', async () => {
    const path = await file('web3.json', web({ replicas: 3 }));
    const refused = await tryK('apply', '--server-side', '--field-manager=other', '-f', path);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^error: Apply failed with 1 conflict: conflict with "kubectl": \.spec\.replicas\n/);
    await k('apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', path);
    expect(await k('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).toBe('3');
    expect((await owners()).split(' ')).toEqual(expect.arrayContaining(['kubectl', 'other']));
  });

  test('takes away what one no longer applies, when nobody else applies it', async () => {
    const mine = await file('mine.json', web({}, ['A']));
    const theirs = await file('theirs.json', web({ replicas: 3 }, ['A']));
    const names = (): Promise<string> => k('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].env[*].name}');
    await k('apply', '--server-side', '-f', mine);
    expect(await names()).toBe('A B');
    await k('apply', '--server-side', '--field-manager=other', '-f', theirs);
    expect(await names()).toBe('A');
    expect(await k('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).toBe('3');
  });

  test('with --dry-run=server changes nothing', async () => {
    const before = await wanted();
    expect(await k('apply', '--server-side', '--dry-run=server', '--force-conflicts', '-f', await file('web9.json', web({ replicas: 9 })))).toBe('deployment.apps/web serverside-applied (server dry run)\n');
    expect(await wanted()).toBe(before);
  });

  test('refuses an unknown field by its path', async () => {
    const refused = await tryK('apply', '--server-side', '-f', await file('bad.json', { ...map('bad', '1'), dat: {} }));
    expect(refused.stderr).toContain('failed to create typed patch object (apply-test/bad; /v1, Kind=ConfigMap): .dat: field not declared in schema');
  });

  test('takes over from client-side apply', async () => {
    await k('apply', '-f', await file('csa.json', map('csa', '1')));
    await k('apply', '--server-side', '-f', await file('csa2.json', map('csa', '2')));
    expect(await k('get', 'configmap', 'csa', '-o', 'jsonpath={.data.a} {.metadata.managedFields[*].manager}')).toMatch(/^2 kubectl\b/);
    expect(await k('apply', 'view-last-applied', 'configmap/csa')).toContain('a: "2"');
  });
});

describe('diff', () => {
  test('shows what would change and ends with 1, or shows nothing', async () => {
    await k('apply', '-f', await file('d.json', map('d', '1')));
    expect(await tryK('diff', '-f', join(folder, 'd.json'))).toMatchObject({ code: 0, stdout: '' });
    for (const flags of [[], ['--server-side', '--force-conflicts']]) {
      const changed = await tryK('diff', ...flags, '-f', await file('d2.json', map('d', '2')));
      expect(changed.code).toBe(1);
      expect(changed.stdout).toMatch(/\n-  a: "1"\n\+  a: "2"\n/);
    }
    expect(await k('get', 'configmap', 'd', '-o', 'jsonpath={.data.a}')).toBe('1');
  });
});

describe('apply --prune', () => {
  test('by label', async () => {
    await k('apply', '-f', await file('p.json', map('p1', '1'), map('p2', '1')));
    expect(await k('apply', '--prune', '-l', 'set=s', '--prune-allowlist=core/v1/ConfigMap', '-f', await file('p1.json', map('p1', '2')))).toMatch(/^configmap\/p1 configured\n(.*pruned\n)*configmap\/p2 pruned\n/m);
    expect((await tryK('get', 'configmap', 'p2')).stderr).toContain('configmaps "p2" not found');
  });

  test('by an applyset', async () => {
    const setK = async (...args: string[]): Promise<Output> => exec(rhythm, ['kubectl', '--dir', cluster.dir, '-n', namespace, ...args], { env: { ...process.env, KUBECTL_APPLYSET: 'true' } });
    for (const [set, side] of [['one', ['--server-side']], ['two', []]] as const) {
      await setK('apply', ...side, '--prune', `--applyset=${set}`, '-f', await file('r.json', map(`${set}-1`, '1'), map(`${set}-2`, '1')));
      expect((await setK('apply', ...side, '--prune', `--applyset=${set}`, '-f', await file('r1.json', map(`${set}-1`, '2')))).stdout).toContain(`configmap/${set}-2 pruned\n`);
      expect(await k('get', 'configmaps', '-o', 'name')).toContain(`configmap/${set}-1\n`);
    }
  });
});

describe('create, replace and edit', () => {
  test('--dry-run=server shows the object that would be, and stores none', async () => {
    const path = await file('c.json', map('c', '1'));
    expect(await k('create', '--dry-run=server', '-f', path)).toBe('configmap/c created (server dry run)\n');
    expect(await k('create', '--dry-run=server', '-f', path, '-o', 'jsonpath={.metadata.uid}')).toMatch(/^[0-9a-f-]{36}$/);
    await k('create', '-f', path);
    expect(await k('replace', '--dry-run=server', '-f', await file('c2.json', map('c', '2')))).toBe('configmap/c replaced (server dry run)\n');
    expect(await k('get', 'configmap', 'c', '-o', 'jsonpath={.data.a}')).toBe('1');
  });

  test('edit goes through the editor and is known as such', async () => {
    const editor = join(folder, 'editor');
    await writeFile(editor, '#!/bin/sh\nsed -i \'s/a: "1"/a: "7"/\' "$1"\n');
    await chmod(editor, 0o755);
    const edited = await exec(rhythm, ['kubectl', '--dir', cluster.dir, '-n', namespace, 'edit', 'configmap', 'c'], { env: { ...process.env, EDITOR: editor } });
    expect(edited.stdout).toBe('configmap/c edited\n');
    expect(await k('get', 'configmap', 'c', '-o', 'jsonpath={.data.a} {.metadata.managedFields[*].manager}')).toBe('7 kubectl-create kubectl-edit');
  });
});
