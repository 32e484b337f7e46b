import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { commands, configMap, nginx } from './commands.ts';

/** Commands that change one thing of what is there. */
commands('change', ({ k, command, since }) => {
  beforeAll(() => k.deployment('rolled', 2));

  command('label', async () => {
    for (const name of ['marked', 'marked2']) await k.ok('create', 'configmap', name);
    expect(await k.ok('label', 'cm', 'marked', 'tier=a')).toBe('configmap/marked labeled\n');
    expect(await k.fails('label', 'cm', 'marked', 'tier=b')).toBe("error: 'tier' already has a value (a), and --overwrite is false\n");
    expect(await k.ok('label', 'cm', 'marked', 'tier=b', '--overwrite')).toBe('configmap/marked labeled\n');
    expect(await k.ok('label', 'cm', 'marked', 'marked2', 'both=yes')).toBe('configmap/marked labeled\nconfigmap/marked2 labeled\n');
    expect(await k.ok('label', 'cm', '-l', 'both=yes', 'more=1', '--dry-run=server')).toMatch(/^configmap\/marked labeled( \(server dry run\))?\nconfigmap\/marked2 labeled( \(server dry run\))?\n$/);
    expect(await k.ok('get', 'cm', '-l', 'more=1', '-o', 'name')).toBe('');
    expect((await k.ok('label', 'cm', 'marked', '--list')).split('\n').sort()).toEqual(['', 'both=yes', 'tier=b']);
    expect(await k.ok('label', 'cm', 'marked', 'tier-')).toBe(k.says('configmap/marked unlabeled\n', 'configmap/marked labeled\n'));
    expect(await k.fails('label', 'cm', 'marked', 'a=not valid')).toContain('a valid label must be an empty string or consist of alphanumeric characters');
    expect(await k.fails('label', 'cm', 'marked', 'c=d', '--resource-version=1')).toContain('the object has been modified');
  });
  command('annotate', async () => {
    await k.ok('create', 'configmap', 'noted');
    expect(await k.ok('annotate', 'cm', 'noted', 'note=hello')).toBe('configmap/noted annotated\n');
    expect(await k.fails('annotate', 'cm', 'noted', 'note=other')).toMatch(/already has a value \(hello\)|--overwrite is false but found the following declared annotation\(s\): 'note' already has a value \(hello\)/);
    expect(await k.ok('annotate', 'cm', 'noted', 'note=two words', '--overwrite')).toBe('configmap/noted annotated\n');
    expect(await k.ok('annotate', 'cm', 'noted', '--list')).toBe('note=two words\n');
    expect(await k.ok('annotate', 'cm', 'noted', 'note-')).toBe('configmap/noted annotated\n');
    expect(await k.ok('get', 'cm', 'noted', '-o', 'jsonpath={.metadata.annotations}')).toBe('');
  });
  command('delete (by name, -l, -f, --all, --field-selector, --dry-run)', async () => {
    const deleted = (...names: string[]): string => names.map((name) => `configmap "${name}" deleted${k.fromNamespace}\n`).join('');
    for (const name of ['d1', 'd2', 'd3', 'd4']) await k.ok('create', 'configmap', name);
    await k.ok('label', 'cm', 'd2', 'd3', 'going=yes');
    expect(await k.ok('delete', 'cm', 'd1', '--dry-run=server')).toBe(`configmap "d1" deleted${k.fromNamespace} (server dry run)\n`);
    expect(await k.ok('delete', 'cm', 'd1', '--now')).toBe(deleted('d1'));
    expect(await k.ok('delete', 'cm', '-l', 'going=yes')).toBe(deleted('d2', 'd3'));
    expect(await k.piped(configMap('d4', 'x'), 'delete', '-f', '-')).toBe(deleted('d4'));
    expect(await k.fails('delete', 'cm', 'd1')).toBe('Error from server (NotFound): configmaps "d1" not found\n');
    expect(await k.ok('delete', 'cm', 'd1', '--ignore-not-found')).toBe('');
    for (const name of ['r1', 'r2']) await k.ok('create', 'role', name, '--verb=get', '--resource=pods');
    expect(await k.ok('delete', 'roles', '--field-selector=metadata.name=r1')).toMatch(/^role.rbac.authorization.k8s.io "r1" deleted/);
    expect(await k.ok('delete', 'roles', '--all', '-o', 'name')).toBe('role.rbac.authorization.k8s.io/r2\n');
  });
  command('delete --force, --grace-period, --cascade', async () => {
    await Promise.all([k.sleeper('forced'), k.deployment('owner'), k.deployment('parent')]);
    const forced = await k.try(['delete', 'pod', 'forced', '--force', '--grace-period=0']);
    expect(forced.stdout).toBe(`pod "forced" force deleted${k.fromNamespace}\n`);
    expect(forced.stderr).toMatch(/^[Ww]arning: Immediate deletion does not wait for confirmation/);
    await k.ok('delete', 'deploy', 'owner', '--cascade=foreground', '--timeout=120s');
    expect(await k.ok('get', 'rs,pods', '-l', 'app=owner', '-o', 'name')).toBe('');
    await k.ok('delete', 'deploy', 'parent', '--cascade=orphan');
    expect(await k.ok('get', 'rs', '-l', 'app=parent', '-o', 'jsonpath={.items[*].metadata.ownerReferences}')).toBe('');
    expect(await k.ok('delete', 'rs', '-l', 'app=parent', '--cascade=background')).toMatch(/^replicaset.apps "parent-\S+" deleted/);
    await eventually(async () => (await k.ok('get', 'pods', '-l', 'app=parent', '-o', 'name')) === '', 'the pods go too');
  });
  command('set image', async () => {
    await k.ok('create', 'deployment', 'image', `--image=${nginx}`, '--replicas=0');
    expect(await k.ok('set', 'image', 'deploy/image', `nginx=${nginx}`)).toBe('');
    expect(await k.ok('set', 'image', 'deploy/image', 'nginx=other:v1')).toBe('deployment.apps/image image updated\n');
    expect(await k.fails('set', 'image', 'deploy/image', 'nothing=other:v1')).toBe('error: unable to find container named "nothing"\n');
    expect(await k.ok('set', 'image', 'deploy', '-l', 'app=image', '*=all:v1', '--dry-run=server')).toBe('deployment.apps/image image updated (server dry run)\n');
    expect(await k.ok('get', 'deploy', 'image', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe('other:v1');
  });
  command('set env', async () => {
    await k.ok('create', 'deployment', 'env', `--image=${nginx}`, '--replicas=0');
    await k.ok('create', 'configmap', 'words', '--from-literal=word=x');
    expect(await k.ok('set', 'env', 'deploy/env', 'A=b', 'C=d')).toBe('deployment.apps/env env updated\n');
    expect(await k.ok('set', 'env', 'deploy/env', '--from=configmap/words', '--prefix=W_')).toBe('deployment.apps/env env updated\n');
    expect(await k.ok('set', 'env', 'deploy/env', 'C-')).toBe('deployment.apps/env env updated\n');
    expect(await k.ok('set', 'env', 'deploy/env', '--list')).toBe('# Deployment env, container nginx\nA=b\n# W_WORD from configmap words, key word\n');
  });
  command('set resources', async () => {
    await k.ok('create', 'deployment', 'resources', `--image=${nginx}`, '--replicas=0');
    expect(await k.ok('set', 'resources', 'deploy/resources', '--limits=cpu=200m,memory=64Mi', '--requests=cpu=0.1')).toBe('deployment.apps/resources resource requirements updated\n');
    expect(JSON.parse(await k.ok('get', 'deploy', 'resources', '-o', 'jsonpath={.spec.template.spec.containers[0].resources}'))).toEqual({ limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '100m' } });
    expect(await k.fails('set', 'resources', 'deploy/resources', '--limits=cpu=100m', '--requests=cpu=1')).toMatch(/Invalid value: "1": must be less than or equal to cpu limit of 100m/);
  });
  command('set selector, serviceaccount, subject', async () => {
    await k.ok('create', 'deployment', 'set', `--image=${nginx}`, '--replicas=0');
    await k.ok('create', 'service', 'clusterip', 'set', '--tcp=80');
    expect(await k.ok('set', 'serviceaccount', 'deploy/set', 'default')).toBe('deployment.apps/set serviceaccount updated\n');
    expect(await k.ok('set', 'selector', 'svc', 'set', 'app=other')).toBe('service/set selector updated\n');
    expect(await k.ok('get', 'svc', 'set', '-o', 'jsonpath={.spec.selector}')).toBe('{"app":"other"}');
    await k.ok('create', 'rolebinding', 'subjects', '--clusterrole=view', '--user=ann');
    expect(await k.ok('set', 'subject', 'rolebinding', 'subjects', '--user=bob', '--group=team', `--serviceaccount=${k.namespace}:default`)).toBe('rolebinding.rbac.authorization.k8s.io/subjects subjects updated\n');
    expect(await k.ok('get', 'rolebinding', 'subjects', '-o', 'jsonpath={.subjects[*].name}')).toBe('ann bob team default');
  });
  command('scale', async () => {
    await k.ok('create', 'deployment', 'scaled', `--image=${nginx}`);
    expect(await k.ok('scale', 'deploy/scaled', '--replicas=2', '--current-replicas=1', '--timeout=120s')).toBe('deployment.apps/scaled scaled\n');
    expect(await k.fails('scale', 'deploy/scaled', '--current-replicas=7', '--replicas=3')).toMatch(/^error: Expected replicas to be 7,? was 2\n$/);
    expect(await k.fails('scale', 'deploy/nobody', '--replicas=3')).toContain('deployments.apps "nobody" not found');
    await k.ok('rollout', 'status', 'deploy/scaled', '--timeout=120s');
    expect(await k.ok('get', 'deploy', 'scaled', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
    expect(await k.ok('scale', 'deploy', '-l', 'app=scaled', '--replicas=0')).toBe('deployment.apps/scaled scaled\n');
    await eventually(async () => (await k.ok('get', 'pods', '-l', 'app=scaled', '-o', 'name')) === '', 'no pods');
    await k.apply(`apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: set }\nspec: { replicas: 0, serviceName: set, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { nodeSelector: { there: is-none }, containers: [{ name: c, image: x }] } } }\n`);
    expect(await k.ok('scale', 'statefulset', 'set', '--replicas=1')).toBe('statefulset.apps/set scaled\n');
    expect(await k.ok('get', 'sts', 'set', '-o', 'jsonpath={.spec.replicas}')).toBe('1');
  });
  command('autoscale', async () => {
    await k.ok('create', 'deployment', 'auto', `--image=${nginx}`, '--replicas=0');
    expect(await k.ok('autoscale', 'deploy', 'auto', '--min=1', '--max=5', k.says('--cpu=50%', '--cpu-percent=50'))).toBe('horizontalpodautoscaler.autoscaling/auto autoscaled\n');
    expect(await k.ok('get', 'hpa', 'auto')).toMatch(/\nauto +Deployment\/auto +cpu: <unknown>\/50% +1 +5 +0 +\S+\n$/);
    expect(await k.fails('autoscale', 'deploy', 'auto', '--max=5', k.says('--cpu=50%', '--cpu-percent=50'))).toContain('horizontalpodautoscalers.autoscaling "auto" already exists');
    expect(await k.fails('autoscale', 'deploy', 'auto', '--min=7', '--max=5', '--name=wrong')).toContain('--max=MAXPODS must be larger or equal to --min=MINPODS');
  });
  command('expose', async () => {
    await k.ok('create', 'deployment', 'exposed', `--image=${nginx}`, '--replicas=0', '--port=80');
    expect(await k.ok('expose', 'deploy', 'exposed', '--port=80', '--target-port=8080', '--type=NodePort')).toBe('service/exposed exposed\n');
    expect(await k.ok('expose', 'service', 'exposed', '--name=again', '--port=81', '--protocol=UDP', '--session-affinity=ClientIP')).toBe('service/again exposed\n');
    expect(await k.ok('get', 'svc', 'again', '-o', 'jsonpath={.spec.selector.app} {.spec.ports[0].protocol} {.spec.sessionAffinity}')).toBe('exposed UDP ClientIP');
    await k.ok('run', 'alone', `--image=${nginx}`, '--labels=alone=yes', '--port=80');
    expect(await k.ok('expose', 'pod', 'alone', '--cluster-ip=None')).toBe('service/alone exposed\n');
    expect(await k.fails('expose', 'deploy', 'exposed', '--port=99999', '--name=wrong')).toContain('spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive');
  });
  command('rollout (history, status, restart, pause, resume, undo)', async () => {
    const status = (): Promise<string> => k.ok('rollout', 'status', 'deploy/rolled', '--timeout=120s');
    await k.ok('annotate', 'deploy', 'rolled', 'kubernetes.io/change-cause=begun');
    // The controller writes it down at the revision that is there, when it comes to it.
    await eventually(async () => (await k.ok('get', 'rs', '-l', 'app=rolled', '-o', String.raw`jsonpath={.items[0].metadata.annotations.kubernetes\.io/change-cause}`)) === 'begun', 'the cause of the first revision');
    await k.ok('set', 'image', 'deploy/rolled', `nginx=${nginx.replace('v1', 'v2')}`);
    expect(await status()).toMatch(/(Waiting for deployment "rolled" rollout to finish: .*\n)*deployment "rolled" successfully rolled out\n$/);
    expect(await k.ok('rollout', 'history', 'deploy/rolled')).toBe('deployment.apps/rolled \nREVISION  CHANGE-CAUSE\n1         begun\n2         begun\n\n');
    expect(await k.ok('rollout', 'history', 'deploy/rolled', '--revision=1')).toMatch(/^deployment.apps\/rolled with revision #1\nPod Template:\n[^]*Image:\t\S+nginx:v1\n/);
    expect(await k.ok('rollout', 'undo', 'deploy/rolled', '--dry-run=server')).toMatch(/rolled back \(server dry run\)\n/);
    expect(await k.ok('rollout', 'undo', 'deploy/rolled')).toBe('deployment.apps/rolled rolled back\n');
    await status();
    expect(await k.ok('get', 'deploy', 'rolled', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe(nginx);
    expect(await k.ok('rollout', 'undo', 'deploy/rolled', '--to-revision=2')).toBe('deployment.apps/rolled rolled back\n');
    expect(await k.fails('rollout', 'undo', 'deploy/rolled', '--to-revision=77')).toContain('unable to find specified revision 77 in history');
    expect(await k.ok('rollout', 'pause', 'deploy/rolled')).toBe('deployment.apps/rolled paused\n');
    expect(await k.fails('rollout', 'pause', 'deploy/rolled')).toContain('is already paused');
    expect(await k.fails('rollout', 'restart', 'deploy/rolled')).toContain("can't restart paused deployment");
    expect(await k.ok('rollout', 'resume', 'deploy/rolled')).toBe('deployment.apps/rolled resumed\n');
    expect(await k.ok('rollout', 'restart', 'deploy/rolled')).toBe('deployment.apps/rolled restarted\n');
    await status();
    expect(await k.ok('get', 'pods', '-l', 'app=rolled', '--field-selector=status.phase=Running', '-o', 'jsonpath={.items[*].metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}')).toMatch(/^\S+[Z0-9]/);
  });
  command('rollout status of one that does not get on', async () => {
    await k.apply(`apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: stuck }\nspec: { progressDeadlineSeconds: 2, selector: { matchLabels: { a: stuck } }, template: { metadata: { labels: { a: stuck } }, spec: { nodeSelector: { there: is-none }, containers: [{ name: c, image: x }] } } }\n`);
    expect(await k.fails('rollout', 'status', 'deploy/stuck', '--timeout=120s')).toBe('error: deployment "stuck" exceeded its progress deadline\n');
    expect(await k.fails('rollout', 'status', 'deploy/nobody')).toContain('deployments.apps "nobody" not found');
    expect(await k.ok('rollout', 'status', 'deploy/stuck', '--watch=false').catch(String)).toMatch(/exceeded its progress deadline|Waiting for deployment/);
  });
  since('rollout restart by label', async () => {
    await k.ok('create', 'deployment', 'by-label', `--image=${nginx}`, '--replicas=0');
    expect(await k.ok('rollout', 'restart', 'deploy', '-l', 'app=by-label')).toBe('deployment.apps/by-label restarted\n');
  });
});
