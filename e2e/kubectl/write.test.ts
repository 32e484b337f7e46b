import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { command, inNamespace, nginx } from './commands.ts';

const k = inNamespace('kubectl-write');
const folder = mkdtempSync(join(tmpdir(), 'rhythm-kubectl-'));
const configMap = (name: string, value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { key: ${value} }\n`;
const value = (name: string): Promise<string> => k.ok('get', 'cm', name, '-o', 'jsonpath={.data.key}');

/** PKCS#10, of CN=ann. */
const signingRequest = 'MIHIMHACAQAwDjEMMAoGA1UEAwwDYW5uMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEa8xIeF5mNIeBBs+7vAS3yZSojlONODumFe2UtDYxOSuz4QweZAMCyiURJ1c8QcD4M0kjidlyc8Oa38fv6kIv7aAAMAoGCCqGSM49BAMCA0gAMEUCID5jGmV2T1KoSupZQxrXNRrb98e+haEStskSSLN5wTQ1AiEA9hNQ6H/QKQZA7itWa7I0orDbsiZJ1+vrKsJSVbr8O8o=';

beforeAll(async () => {
  await Promise.all([k.deployment('web'), k.deployment('rolled', 2)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

command('create (all kinds)', async () => {
  const made: readonly (readonly [what: string, says: string])[] = [
    ['configmap c --from-literal=a=b', 'configmap/c'],
    ['secret generic s --from-literal=a=b', 'secret/s'],
    ['secret docker-registry d --docker-server=x --docker-username=u --docker-password=p', 'secret/d'],
    ['serviceaccount sa', 'serviceaccount/sa'],
    ['role r --verb=get,list --resource=pods', 'role.rbac.authorization.k8s.io/r'],
    ['rolebinding rb --role=r --serviceaccount=kubectl-write:sa', 'rolebinding.rbac.authorization.k8s.io/rb'],
    ['clusterrole kubectl-write --verb=get --resource=nodes', 'clusterrole.rbac.authorization.k8s.io/kubectl-write'],
    ['clusterrolebinding kubectl-write --clusterrole=kubectl-write --user=ann', 'clusterrolebinding.rbac.authorization.k8s.io/kubectl-write'],
    ['quota q --hard=configmaps=1000', 'resourcequota/q'],
    ['priorityclass kubectl-write --value=7', 'priorityclass.scheduling.k8s.io/kubectl-write'],
    ['pdb p --selector=app=none --min-available=1', 'poddisruptionbudget.policy/p'],
    ['ingress i --rule=example.com/*=web:80', 'ingress.networking.k8s.io/i'],
    [`job j --image=${nginx}`, 'job.batch/j'],
    [`cronjob cj --image=${nginx} --schedule=0_0_1_1_*`, 'cronjob.batch/cj'],
    ['service clusterip ci --tcp=80:80', 'service/ci'],
    ['service nodeport np --tcp=80:80', 'service/np'],
    ['service loadbalancer lb --tcp=80:80', 'service/lb'],
    ['service externalname en --external-name=example.com', 'service/en'],
    ['namespace kubectl-write-more', 'namespace/kubectl-write-more'],
  ];
  for (const [what, says] of made) expect(await k.ok('create', ...what.split(' ').map((word) => word.replaceAll('_', ' ')))).toBe(`${says} created\n`);
  expect(await k.ok('create', 'token', 'sa')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n?$/);
  expect(await k.ok('get', 'svc', 'np', 'lb', 'en')).toMatch(/\nnp +NodePort +10\.\S+ +<none> +80:3\d+\/TCP +\S+\nlb +LoadBalancer +10\.\S+ +<pending> +80:3\d+\/TCP +\S+\nen +ExternalName +<none> +example.com +<none> /);
  await k.ok('delete', 'namespace/kubectl-write-more', 'clusterrole/kubectl-write', 'clusterrolebinding/kubectl-write', 'priorityclass/kubectl-write');
});
command('create: what it refuses', async () => {
  await k.ok('create', 'configmap', 'twice');
  expect(await k.fails('create', 'configmap', 'twice')).toBe('error: failed to create configmap: configmaps "twice" already exists\n');
  expect(await k.fails('create', 'configmap', 'Bad_Name')).toContain('ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of');
  expect(await k.fails('-n', 'not-there', 'create', 'configmap', 'c')).toContain('namespaces "not-there" not found');
  const typo = await k.try(['create', '-f', '-'], 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: typo }\ndatta: {}\n');
  expect(typo.stderr).toContain('strict decoding error: unknown field "datta"');
});
command('apply', async () => {
  expect(await k.apply(configMap('applied', 'a'))).toBe('configmap/applied created\n');
  expect(await k.apply(configMap('applied', 'a'))).toBe('configmap/applied unchanged\n');
  expect(await k.apply(configMap('applied', 'b'))).toBe('configmap/applied configured\n');
  expect(await k.ok('apply', 'view-last-applied', 'cm', 'applied')).toMatch(/data:\n {2}key: b\n/);
  expect(await k.piped(configMap('applied', 'c'), 'apply', '--dry-run=server', '-f', '-')).toBe('configmap/applied configured (server dry run)\n');
  expect(await value('applied')).toBe('b');
});
command('apply --server-side', async () => {
  expect(await k.piped(configMap('owned', 'a'), 'apply', '--server-side', '-f', '-')).toBe('configmap/owned serverside-applied\n');
  const conflict = await k.try(['apply', '--server-side', '--field-manager=other', '-f', '-'], configMap('owned', 'b'));
  expect([conflict.code, conflict.stderr]).toEqual([1, expect.stringMatching(/^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.key\n/)]);
  await k.piped(configMap('owned', 'b'), 'apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', '-');
  expect(await value('owned')).toBe('b');
});
command('apply --prune', async () => {
  const labelled = (name: string): string => configMap(name, 'x').replace(' }', ', labels: { set: pruned } }');
  const prune = ['apply', '--prune', '-l', 'set=pruned', '--prune-allowlist=core/v1/ConfigMap', '-f', '-'];
  await k.piped(`${labelled('kept')}---\n${labelled('gone')}`, ...prune);
  expect(await k.piped(labelled('kept'), ...prune)).toBe('configmap/kept unchanged\nconfigmap/gone pruned\n');
});
command('apply -k, kustomize', async () => {
  writeFileSync(join(folder, 'kustomization.yaml'), 'resources: [made.yaml]\nnamePrefix: my-\nconfigMapGenerator: [{ name: generated, literals: [a=b] }]\n');
  writeFileSync(join(folder, 'made.yaml'), configMap('made', 'k'));
  expect(await k.ok('kustomize', folder)).toMatch(/name: my-generated-[a-z0-9]{10}\n/);
  expect(await k.ok('apply', '-k', folder)).toMatch(/^configmap\/my-generated-\w+ created\nconfigmap\/my-made created\n$/);
  expect(await k.ok('delete', '-k', folder)).toMatch(/configmap "my-made" deleted/);
});
command('replace', async () => {
  await k.apply(configMap('replaced', 'a'));
  expect(await k.piped(configMap('replaced', 'b'), 'replace', '-f', '-')).toBe('configmap/replaced replaced\n');
  expect(await value('replaced')).toBe('b');
  const before = await k.ok('get', 'cm', 'replaced', '-o', 'jsonpath={.metadata.uid}');
  expect(await k.piped(configMap('replaced', 'c'), 'replace', '--force', '-f', '-')).toBe('configmap "replaced" deleted from kubectl-write namespace\nconfigmap/replaced replaced\n');
  expect(await k.ok('get', 'cm', 'replaced', '-o', 'jsonpath={.metadata.uid}')).not.toBe(before);
  expect((await k.try(['replace', '-f', '-'], configMap('nobody', 'x'))).stderr).toContain('configmaps "nobody" not found');
});
command('patch (all types, --subresource)', async () => {
  await k.apply(configMap('patched', 'a'));
  const patch = (...args: string[]): Promise<string> => k.ok('patch', 'cm', 'patched', ...args);
  expect(await patch('-p', '{"data":{"key":"b"}}')).toBe('configmap/patched patched\n');
  expect(await patch('--type=merge', '-p', '{"data":{"key":"c"}}')).toBe('configmap/patched patched\n');
  expect(await patch('--type=merge', '-p', '{"data":{"key":"c"}}')).toBe('configmap/patched patched (no change)\n');
  expect(await patch('--type=json', '-p', '[{"op":"replace","path":"/data/key","value":"d"}]')).toBe('configmap/patched patched\n');
  expect(await value('patched')).toBe('d');
  expect(await k.ok('patch', 'deploy', 'web', '--subresource=scale', '--type=merge', '-p', '{"spec":{"replicas":1}}')).toMatch(/^scale.autoscaling\/web patched/);
  expect(await k.ok('patch', 'deploy', 'web', '--subresource=status', '--type=merge', '-p', '{"status":{"collisionCount":1}}')).toBe('deployment.apps/web patched\n');
  expect(await k.fails('patch', 'deploy', 'web', '-p', '{"spec":{"replicas":-1}}')).toBe('The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n');
  expect(await k.fails('patch', 'deploy', 'web', '-p', '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}')).toContain('field is immutable');
  const unknown = await k.try(['patch', 'deploy', 'web', '-p', '{"spec":{"foo":1}}']);
  expect(unknown.stderr).toBe('Warning: unknown field "spec.foo"\n');
});
command('edit', async () => {
  const editor = join(folder, 'editor');
  writeFileSync(editor, '#!/bin/sh\nsed -i "s/key: a/key: edited/" "$1"\n');
  chmodSync(editor, 0o755);
  await k.apply(configMap('changed', 'a'));
  expect((await k.try(['edit', 'cm', 'changed'], '', { KUBE_EDITOR: editor })).stdout).toBe('configmap/changed edited\n');
  expect(await value('changed')).toBe('edited');
  expect((await k.try(['edit', 'cm', 'changed'], '', { KUBE_EDITOR: 'true' })).stderr + '').toContain('Edit cancelled, no changes made.');
});
command('label, annotate', async () => {
  await k.ok('create', 'configmap', 'marked');
  expect(await k.ok('label', 'cm', 'marked', 'tier=a')).toBe('configmap/marked labeled\n');
  expect(await k.fails('label', 'cm', 'marked', 'tier=b')).toBe("error: 'tier' already has a value (a), and --overwrite is false\n");
  expect(await k.ok('label', 'cm', 'marked', 'tier=b', '--overwrite')).toBe('configmap/marked labeled\n');
  expect(await k.ok('label', 'cm', 'marked', 'tier-')).toBe('configmap/marked unlabeled\n');
  expect(await k.ok('annotate', 'cm', 'marked', 'note=hello')).toBe('configmap/marked annotated\n');
  expect(await k.ok('annotate', 'cm', 'marked', '--list')).toBe('note=hello\n');
  expect(await k.fails('label', 'cm', 'marked', 'a=not valid')).toContain('a valid label must be an empty string or consist of alphanumeric characters');
});
command('delete', async () => {
  for (const name of ['d1', 'd2', 'd3']) await k.ok('create', 'configmap', name);
  await k.ok('label', 'cm', 'd2', 'd3', 'going=yes');
  expect(await k.ok('delete', 'cm', 'd1', '--dry-run=server')).toBe('configmap "d1" deleted from kubectl-write namespace (server dry run)\n');
  expect(await k.ok('delete', 'cm', 'd1', '--now')).toBe('configmap "d1" deleted from kubectl-write namespace\n');
  expect(await k.ok('delete', 'cm', '-l', 'going=yes')).toBe('configmap "d2" deleted from kubectl-write namespace\nconfigmap "d3" deleted from kubectl-write namespace\n');
  expect(await k.fails('delete', 'cm', 'd1')).toBe('Error from server (NotFound): configmaps "d1" not found\n');
  expect(await k.ok('delete', 'cm', 'd1', '--ignore-not-found')).toBe('');
  await k.sleeper('forced');
  expect(await k.ok('delete', 'pod', 'forced', '--force')).toBe('pod "forced" force deleted from kubectl-write namespace\n');
  await k.deployment('owner');
  await k.ok('delete', 'deploy', 'owner', '--cascade=foreground', '--timeout=30s');
  expect(await k.ok('get', 'rs,pods', '-l', 'app=owner', '-o', 'name')).toBe('');
});
command('set (image, env, resources, selector, serviceaccount, subject)', async () => {
  await k.ok('create', 'deployment', 'set', `--image=${nginx}`, '--replicas=0');
  await k.ok('expose', 'deployment', 'set', '--port=80');
  expect(await k.ok('set', 'image', 'deploy/set', `nginx=${nginx}`)).toBe('');
  expect(await k.ok('set', 'image', 'deploy/set', 'nginx=other:v1')).toBe('deployment.apps/set image updated\n');
  expect(await k.fails('set', 'image', 'deploy/set', 'nothing=other:v1')).toBe('error: unable to find container named "nothing"\n');
  expect(await k.ok('set', 'env', 'deploy/set', 'A=b')).toBe('deployment.apps/set env updated\n');
  expect(await k.ok('set', 'env', 'deploy/set', '--list')).toBe('# Deployment set, container nginx\nA=b\n');
  expect(await k.ok('set', 'resources', 'deploy/set', '--limits=cpu=200m,memory=64Mi')).toBe('deployment.apps/set resource requirements updated\n');
  expect(await k.ok('set', 'serviceaccount', 'deploy/set', 'default')).toBe('deployment.apps/set serviceaccount updated\n');
  expect(await k.ok('set', 'selector', 'svc', 'set', 'app=other')).toBe('service/set selector updated\n');
  await k.ok('create', 'rolebinding', 'subjects', '--clusterrole=view', '--user=ann');
  expect(await k.ok('set', 'subject', 'rolebinding', 'subjects', '--user=bob')).toBe('rolebinding.rbac.authorization.k8s.io/subjects subjects updated\n');
});
command('scale, autoscale, expose', async () => {
  await k.ok('create', 'deployment', 'scaled', `--image=${nginx}`);
  expect(await k.ok('scale', 'deploy/scaled', '--replicas=2', '--current-replicas=1')).toBe('deployment.apps/scaled scaled\n');
  expect(await k.fails('scale', 'deploy/scaled', '--current-replicas=7', '--replicas=3')).toBe('error: Expected replicas to be 7, was 2\n');
  expect(await k.fails('scale', 'deploy/nobody', '--replicas=3')).toContain('deployments.apps "nobody" not found');
  await k.ok('wait', '--for=jsonpath={.status.readyReplicas}=2', 'deploy/scaled', '--timeout=30s');
  await k.ok('scale', 'deploy/scaled', '--replicas=0');
  expect(await k.ok('autoscale', 'deploy', 'scaled', '--min=1', '--max=5', '--cpu=50%')).toBe('horizontalpodautoscaler.autoscaling/scaled autoscaled\n');
  expect(await k.ok('get', 'hpa', 'scaled')).toMatch(/\nscaled +Deployment\/scaled +cpu: <unknown>\/50% +1 +5 +0 +\S+\n$/);
  expect(await k.ok('expose', 'deploy', 'scaled', '--port=80', '--target-port=8080', '--type=NodePort')).toBe('service/scaled exposed\n');
  expect(await k.fails('expose', 'deploy', 'scaled', '--port=99999', '--name=wrong')).toContain('spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive');
});
command('rollout (history, status, restart, pause, resume, undo)', async () => {
  const status = (): Promise<string> => k.ok('rollout', 'status', 'deploy/rolled', '--timeout=40s');
  await k.ok('annotate', 'deploy', 'rolled', 'kubernetes.io/change-cause=begun');
  await k.ok('set', 'image', 'deploy/rolled', `nginx=${nginx.replace('v1', 'v2')}`);
  expect(await status()).toMatch(/(Waiting for deployment "rolled" rollout to finish: .*\n)*deployment "rolled" successfully rolled out\n$/);
  expect(await k.ok('rollout', 'history', 'deploy/rolled')).toBe('deployment.apps/rolled \nREVISION  CHANGE-CAUSE\n1         <none>\n2         begun\n\n'.replace('<none>', 'begun'));
  expect(await k.ok('rollout', 'history', 'deploy/rolled', '--revision=1')).toMatch(/^deployment.apps\/rolled with revision #1\nPod Template:\n[^]*Image:\t\S+nginx:v1\n/);
  expect(await k.ok('rollout', 'undo', 'deploy/rolled')).toBe('deployment.apps/rolled rolled back\n');
  await status();
  expect(await k.ok('get', 'deploy', 'rolled', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe(nginx);
  expect(await k.ok('rollout', 'undo', 'deploy/rolled', '--to-revision=2')).toBe('deployment.apps/rolled rolled back\n');
  expect(await k.ok('rollout', 'pause', 'deploy/rolled')).toBe('deployment.apps/rolled paused\n');
  expect(await k.fails('rollout', 'restart', 'deploy/rolled')).toContain("can't restart paused deployment");
  expect(await k.ok('rollout', 'resume', 'deploy/rolled')).toBe('deployment.apps/rolled resumed\n');
  expect(await k.ok('rollout', 'restart', 'deploy/rolled')).toBe('deployment.apps/rolled restarted\n');
  await status();
  expect(await k.ok('get', 'pods', '-l', 'app=rolled', '--field-selector=status.phase=Running', '-o', 'jsonpath={.items[*].metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}')).toMatch(/^\S+Z/);
});
command('auth (can-i, whoami, reconcile)', async () => {
  expect(await k.ok('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
  const other = await k.try(['auth', 'can-i', 'delete', 'secrets', '--as=system:serviceaccount:default:default']);
  expect([other.code, other.stdout]).toEqual([1, 'no\n']);
  expect(await k.ok('auth', 'can-i', '--list')).toMatch(/^Resources +Non-Resource URLs +Resource Names +Verbs\n\*\.\* +\[\] +\[\] +\[\*\]\n/);
  expect(await k.ok('auth', 'whoami')).toMatch(/^ATTRIBUTE +VALUE\nUsername +kubernetes-admin\nGroups +\[system:masters system:authenticated\]\n/);
  const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: reconciled, namespace: kubectl-write }\nrules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]\n';
  expect(await k.piped(role, 'auth', 'reconcile', '-f', '-')).toMatch(/^role.rbac.authorization.k8s.io\/reconciled reconciled\n/);
  expect(await k.fails('get', 'secrets', '--as=ann')).toBe('Error from server (Forbidden): secrets is forbidden: User "ann" cannot list resource "secrets" in API group "" in the namespace "kubectl-write"\n');
});
command('certificate (approve: the certificate is issued, and is somebody)', async () => {
  const [key, csr, cert] = ['key', 'csr', 'crt'].map((name) => join(folder, name)) as [string, string, string];
  execFileSync('openssl', ['req', '-new', '-nodes', '-newkey', 'rsa:2048', '-keyout', key, '-subj', '/O=devs/CN=ann', '-out', csr], { stdio: 'ignore' });
  await k.apply(`apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: { name: kubectl-ann }\nspec: { request: ${readFileSync(csr).toString('base64')}, signerName: kubernetes.io/kube-apiserver-client, expirationSeconds: 3600, usages: [client auth] }\n`);
  await k.ok('certificate', 'approve', 'kubectl-ann');
  await k.ok('wait', '--for=jsonpath={.status.certificate}', 'csr/kubectl-ann', '--timeout=20s');
  expect(await k.ok('get', 'csr', 'kubectl-ann', '--no-headers')).toMatch(/^kubectl-ann +\S+ +kubernetes.io\/kube-apiserver-client +kubernetes-admin +60m +Approved,Issued\n$/);
  writeFileSync(cert, Buffer.from(await k.ok('get', 'csr', 'kubectl-ann', '-o', 'jsonpath={.status.certificate}'), 'base64'));
  const as = [`--client-certificate=${cert}`, `--client-key=${key}`];
  expect(await k.ok('auth', 'whoami', ...as, '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}')).toBe('ann ["devs","system:authenticated"]');
  await k.ok('delete', 'csr', 'kubectl-ann');
});
command('certificate (approve, deny)', async () => {
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${signingRequest}\n-----END CERTIFICATE REQUEST-----\n`;
  for (const name of ['good', 'bad']) {
    await k.apply(`apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: { name: kubectl-${name} }\nspec: { request: ${Buffer.from(pem).toString('base64')}, signerName: example.com/nobody, usages: [client auth] }\n`);
  }
  expect(await k.ok('get', 'csr', 'kubectl-good')).toMatch(/^NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION\nkubectl-good +\S+ +example.com\/nobody +kubernetes-admin +<none> +Pending\n$/);
  expect(await k.ok('certificate', 'approve', 'kubectl-good')).toBe('certificatesigningrequest.certificates.k8s.io/kubectl-good approved\n');
  expect(await k.ok('certificate', 'deny', 'kubectl-bad')).toBe('certificatesigningrequest.certificates.k8s.io/kubectl-bad denied\n');
  expect(await k.ok('get', 'csr', 'kubectl-good', 'kubectl-bad', '--no-headers')).toMatch(/kubectl-good .* Approved\nkubectl-bad .* Denied\n/);
  await k.ok('delete', 'csr', 'kubectl-good', 'kubectl-bad');
});
