import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { commands, configMap, Scratch } from './commands.ts';

/** Documents that go to the server: apply, diff, replace, patch, edit, kustomize. */
commands('apply', ({ k, command, since }) => {
  const folder = new Scratch();
  const value = (name: string): Promise<string> => k.ok('get', 'cm', name, '-o', 'jsonpath={.data.key}');
  beforeAll(() => k.deployment('web'));

  command('apply', async () => {
    expect(await k.apply(configMap('applied', 'a'))).toBe('configmap/applied created\n');
    expect(await k.apply(configMap('applied', 'a'))).toBe('configmap/applied unchanged\n');
    expect(await k.apply(configMap('applied', 'b'))).toBe('configmap/applied configured\n');
    expect(await k.piped(configMap('applied', 'c'), 'apply', '--dry-run=server', '-f', '-')).toBe('configmap/applied configured (server dry run)\n');
    expect(await k.piped(configMap('applied', 'c'), 'apply', '--dry-run=client', '-f', '-')).toBe('configmap/applied configured (dry run)\n');
    expect(await value('applied')).toBe('b');
    await k.apply('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: applied }\ndata: { other: c }\n');
    expect(await k.ok('get', 'cm', 'applied', '-o', 'jsonpath={.data}')).toBe('{"other":"c"}');
  });
  command('apply view-last-applied, set-last-applied, edit-last-applied', async () => {
    await k.apply(configMap('last', 'a'));
    expect(await k.ok('apply', 'view-last-applied', 'cm', 'last')).toMatch(/data:\n {2}key: a\n/);
    expect(await k.ok('apply', 'view-last-applied', 'cm', 'last', '-o', 'json')).toMatch(/"key": "a"/);
    expect(await k.ok('apply', 'set-last-applied', '-f', folder.file('last.yaml', configMap('last', 'set')))).toBe('configmap/last configured\n');
    expect(await k.ok('apply', 'view-last-applied', 'cm', 'last')).toMatch(/key: set\n/);
    const editor = folder.file('last-editor', '#!/bin/sh\nsed -i "s/key: set/key: edited/" "$1"\n', 0o755);
    expect((await k.try(['apply', 'edit-last-applied', 'cm', 'last'], '', { KUBE_EDITOR: editor })).stdout).toBe('configmap/last edited\n');
    expect(await k.ok('apply', 'view-last-applied', 'cm', 'last')).toMatch(/key: edited\n/);
  });
  command('apply -f of folders and of several documents', async () => {
    folder.file('one.yaml', `${configMap('one', 'a')}---\n${configMap('two', 'b')}`);
    expect(await k.ok('apply', '-f', `${folder.path}/one.yaml`, '-o', 'name')).toBe('configmap/one\nconfigmap/two\n');
    expect(await k.piped(`${configMap('one', 'a')}---\n${configMap('bad_name', 'x')}`, 'apply', '-f', '-').catch(String)).toMatch(/configmap\/one unchanged\n[^]*"bad_name" is invalid: metadata.name/);
    expect(await k.ok('delete', '-f', `${folder.path}/one.yaml`)).toBe(`configmap "one" deleted${k.fromNamespace}\nconfigmap "two" deleted${k.fromNamespace}\n`);
  });
  command('apply --server-side', async () => {
    expect(await k.piped(configMap('owned', 'a'), 'apply', '--server-side', '-f', '-')).toBe('configmap/owned serverside-applied\n');
    const conflict = await k.try(['apply', '--server-side', '--field-manager=other', '-f', '-'], configMap('owned', 'b'));
    expect([conflict.code, conflict.stderr]).toEqual([1, expect.stringMatching(/^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.key\n/)]);
    await k.piped(configMap('owned', 'b'), 'apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', '-');
    expect(await value('owned')).toBe('b');
    expect(await k.piped(configMap('owned', 'c'), 'apply', '--server-side', '--field-manager=other', '--dry-run=server', '-f', '-')).toBe('configmap/owned serverside-applied (server dry run)\n');
  });
  command('apply --prune', async () => {
    const labelled = (name: string): string => configMap(name, 'x').replace(' }', ', labels: { set: pruned } }');
    const prune = ['apply', '--prune', '-l', 'set=pruned', `--prune-${k.says('allowlist', 'whitelist')}=core/v1/ConfigMap`, '-f', '-'];
    await k.piped(`${labelled('kept')}---\n${labelled('gone')}`, ...prune);
    expect(await k.piped(labelled('kept'), ...prune)).toBe('configmap/kept unchanged\nconfigmap/gone pruned\n');
  });
  since('apply --prune --applyset', async () => {
    const apply = async (...names: string[]): Promise<string> =>
      (await k.try(['apply', '--prune', '--applyset=parts', '-f', '-'], names.map((name) => configMap(name, 'x')).join('---\n'), { KUBECTL_APPLYSET: 'true' })).stdout;
    expect(await apply('part1', 'part2')).toBe('configmap/part1 created\nconfigmap/part2 created\n');
    expect(await apply('part1')).toBe('configmap/part1 unchanged\nconfigmap/part2 pruned\n');
    expect(await k.ok('get', 'secret', 'parts', '-o', 'jsonpath={.metadata.labels.applyset\\.kubernetes\\.io/id}')).toMatch(/^applyset-/);
  });
  command('apply -k, delete -k, kustomize', async () => {
    const here = folder.path;
    folder.file('kustomization.yaml', 'resources: [made.yaml]\nnamePrefix: my-\ncommonLabels: { part: kustomized }\nconfigMapGenerator: [{ name: generated, literals: [a=b] }]\n');
    folder.file('made.yaml', configMap('made', 'k'));
    const built = await k.ok('kustomize', here);
    expect(built).toMatch(/name: my-generated-[a-z0-9]{10}\n/);
    expect(built).toMatch(/part: kustomized\n {2}name: my-made\n/);
    expect(await k.ok('apply', '-k', here)).toMatch(/^configmap\/my-generated-\w+ created\nconfigmap\/my-made created\n$/);
    expect(await k.ok('diff', '-k', here)).toBe('');
    expect(await k.ok('delete', '-k', here)).toMatch(/configmap "my-made" deleted/);
  });
  command('diff', async () => {
    await k.apply(configMap('compared', 'a'));
    expect(await k.piped(configMap('compared', 'a'), 'diff', '-f', '-')).toBe('');
    const { code, stdout } = await k.try(['diff', '-f', '-'], configMap('compared', 'b'));
    expect([code, stdout]).toEqual([1, expect.stringMatching(/\n- {2}key: a\n\+ {2}key: b\n/)]);
    expect((await k.try(['diff', '-f', '-'], configMap('not-there', 'b'))).stdout).toMatch(/\n\+ {2}key: b\n/);
    expect((await k.try(['diff', '--server-side', '--force-conflicts', '-f', '-'], configMap('compared', 'b'))).stdout).toMatch(/\n- {2}key: a\n\+ {2}key: b\n/);
    expect(await value('compared')).toBe('a');
  });
  command('replace', async () => {
    await k.apply(configMap('replaced', 'a'));
    expect(await k.piped(configMap('replaced', 'b'), 'replace', '-f', '-')).toBe('configmap/replaced replaced\n');
    expect(await value('replaced')).toBe('b');
    expect(await k.piped(configMap('replaced', 'z'), 'replace', '--dry-run=server', '-f', '-')).toBe('configmap/replaced replaced (server dry run)\n');
    const before = await k.ok('get', 'cm', 'replaced', '-o', 'jsonpath={.metadata.uid}');
    expect(await k.piped(configMap('replaced', 'c'), 'replace', '--force', '-f', '-')).toBe(`configmap "replaced" deleted${k.fromNamespace}\nconfigmap/replaced replaced\n`);
    expect(await k.ok('get', 'cm', 'replaced', '-o', 'jsonpath={.metadata.uid}')).not.toBe(before);
    expect((await k.try(['replace', '-f', '-'], configMap('nobody', 'x'))).stderr).toContain('configmaps "nobody" not found');
    const stale = (await k.ok('get', 'cm', 'replaced', '-o', 'yaml')).replace(/resourceVersion: "\d+"/, 'resourceVersion: "1"').replace('key: c', 'key: stale');
    expect((await k.try(['replace', '-f', '-'], stale)).stderr).toContain('the object has been modified; please apply your changes to the latest version and try again');
  });
  command('patch (strategic, merge, json, --patch-file, --dry-run)', async () => {
    await k.apply(configMap('patched', 'a'));
    const patch = (...args: string[]): Promise<string> => k.ok('patch', 'cm', 'patched', ...args);
    expect(await patch('-p', '{"data":{"key":"b"}}')).toBe('configmap/patched patched\n');
    expect(await patch('--type=merge', '-p', '{"data":{"key":"c"}}')).toBe('configmap/patched patched\n');
    expect(await patch('--type=merge', '-p', '{"data":{"key":"c"}}')).toBe('configmap/patched patched (no change)\n');
    expect(await patch('--type=json', '-p', '[{"op":"replace","path":"/data/key","value":"d"}]')).toBe('configmap/patched patched\n');
    expect(await value('patched')).toBe('d');
    if (!k.old) expect(await patch('--patch-file', folder.file('patch.yaml', 'data:\n  key: e\n'))).toBe('configmap/patched patched\n');
    expect(await patch('-p', '{"data":{"key":"z"}}', '--dry-run=server', '-o', 'jsonpath={.data.key}')).toBe('z');
    expect(await patch('-p', '{"data":{"key":"z"}}', '--dry-run=client')).toMatch(/^configmap\/patched patched( \(dry run\))?\n$/);
    expect(await value('patched')).toBe(k.says('e', 'd'));
    expect(await k.ok('patch', 'deploy', 'web', '-p', '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","env":[{"name":"A","value":"b"}]}]}}}}')).toBe('deployment.apps/web patched\n');
    expect(await k.ok('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[*].image}')).toMatch(/nginx:v1$/);
  });
  command('patch: what it refuses', async () => {
    expect(await k.fails('patch', 'deploy', 'web', '-p', '{"spec":{"replicas":-1}}')).toBe('The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n');
    expect(await k.fails('patch', 'deploy', 'web', '-p', '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}')).toContain('field is immutable');
    expect(await k.fails('patch', 'deploy', 'web', '--type=json', '-p', '[{"op":"remove","path":"/nothing"}]')).toContain('The request is invalid: /nothing: remove operation does not apply: doc is missing key: /nothing');
    const unknown = await k.try(['patch', 'deploy', 'web', '-p', '{"spec":{"foo":1}}']);
    expect(unknown.stderr).toBe('Warning: unknown field "spec.foo"\n');
  });
  since('patch --subresource, replace --subresource', async () => {
    // The controller writes the status as well: whoever comes second reads it again.
    await eventually(async () => {
      const changed = (await k.ok('get', 'deploy', 'web', '-o', 'yaml')).replace(/^ {2}collisionCount: .*\n/m, '').replace(/^status:\n/m, 'status:\n  collisionCount: 7\n');
      return (await k.try(['replace', '--subresource=status', '-f', '-'], changed)).stdout === 'deployment.apps/web replaced\n';
    }, 'the status is replaced');
    expect(await k.ok('get', 'deploy', 'web', '-o', 'jsonpath={.status.collisionCount}')).toBe('7');
    expect(await k.ok('patch', 'deploy', 'web', '--subresource=scale', '--type=merge', '-p', '{"spec":{"replicas":1}}')).toMatch(/^scale.autoscaling\/web patched/);
    expect(await k.ok('patch', 'deploy', 'web', '--subresource=status', '--type=merge', '-p', '{"status":{"collisionCount":9}}')).toBe('deployment.apps/web patched\n');
  });
  command('edit', async () => {
    const editor = folder.file('editor', '#!/bin/sh\nsed -i "s/key: a/key: edited/" "$1"\n', 0o755);
    await k.apply(configMap('changed', 'a'));
    expect((await k.try(['edit', 'cm', 'changed'], '', { KUBE_EDITOR: editor })).stdout).toBe('configmap/changed edited\n');
    expect(await value('changed')).toBe('edited');
    expect((await k.try(['edit', 'cm', 'changed'], '', { KUBE_EDITOR: 'true' })).stderr).toContain('Edit cancelled, no changes made.');
    const twice = folder.file('twice', '#!/bin/sh\n[ -e "$0.done" ] && exit 0\ntouch "$0.done"\nsed -i "s/replicas: 1/replicas: -1/" "$1"\n', 0o755);
    const refused = await k.try(['edit', 'deploy', 'web'], '', { KUBE_EDITOR: twice });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^error: deployments\.apps "web" is invalid\n[^]*error: Edit cancelled, no valid changes were saved\.\n$/)]);
  });
});
