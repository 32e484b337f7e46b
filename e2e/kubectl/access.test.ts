import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { commands, Scratch } from './commands.ts';

/** PKCS#10, of CN=ann. */
const signingRequest = 'MIHIMHACAQAwDjEMMAoGA1UEAwwDYW5uMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEa8xIeF5mNIeBBs+7vAS3yZSojlONODumFe2UtDYxOSuz4QweZAMCyiURJ1c8QcD4M0kjidlyc8Oa38fv6kIv7aAAMAoGCCqGSM49BAMCA0gAMEUCID5jGmV2T1KoSupZQxrXNRrb98e+haEStskSSLN5wTQ1AiEA9hNQ6H/QKQZA7itWa7I0orDbsiZJ1+vrKsJSVbr8O8o=';

/** Who one is and may be, which cluster it is, and commands that ask no server at all. */
commands('access', ({ k, command, since }) => {
  const folder = new Scratch();

  command('auth can-i', async () => {
    expect(await k.ok('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
    const other = await k.try(['auth', 'can-i', 'delete', 'secrets', '--as=system:serviceaccount:default:default']);
    expect([other.code, other.stdout]).toEqual([1, 'no\n']);
    expect(await k.ok('auth', 'can-i', 'get', '/healthz', '--as=ann')).toBe('yes\n');
    expect(await k.ok('auth', 'can-i', 'get', 'pods/log', '-A')).toBe('yes\n');
    expect((await k.try(['auth', 'can-i', 'get', 'pods', '--as=ann', '--as-group=system:masters', '-q'])).code).toBe(0);
    expect((await k.try(['auth', 'can-i', 'frob', 'nothings'])).stderr).toContain("Warning: the server doesn't have a resource type 'nothings'");
  });
  command('auth can-i --list', async () => {
    expect(await k.ok('auth', 'can-i', '--list')).toMatch(/^Resources +Non-Resource URLs +Resource Names +Verbs\n\*\.\* +\[\] +\[\] +\[\*\]\n/);
    expect(await k.ok('auth', 'can-i', '--list', '--as=ann')).toMatch(/\nselfsubjectaccessreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]\n/);
  });
  since('auth whoami', async () => {
    expect(await k.ok('auth', 'whoami')).toMatch(/^ATTRIBUTE +VALUE\nUsername +kubernetes-admin\nGroups +\[system:masters system:authenticated\]\n/);
    expect(JSON.parse(await k.ok('auth', 'whoami', '-o', 'json', '--as=ann', '--as-group=team'))).toMatchObject({ kind: 'SelfSubjectReview', status: { userInfo: { username: 'ann', groups: ['team', 'system:authenticated'] } } });
  });
  command('auth reconcile', async () => {
    const role = (verbs: string): string => `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: reconciled, namespace: ${k.namespace} }\nrules: [{ apiGroups: [""], resources: [pods], verbs: [${verbs}] }]\n`;
    expect(await k.piped(role('get'), 'auth', 'reconcile', '-f', '-')).toMatch(/^role.rbac.authorization.k8s.io\/reconciled reconciled\n/);
    expect((await k.try(['auth', 'reconcile', '-f', '-'], role('list'))).stderr).toMatch(/\treconciliation required update\n\tmissing rules added:\n\t\t\{Verbs:\[list\] APIGroups:\[\] Resources:\[pods\]/);
    expect(await k.ok('get', 'role', 'reconciled', '-o', 'jsonpath={.rules[*].verbs}')).toMatch(/get.*list/);
    expect((await k.try(['auth', 'reconcile', '--remove-extra-permissions', '-f', '-'], role('list'))).stderr).toMatch(/\textra rules removed:\n\t\t\{Verbs:\[get\]/);
  });
  command('--as, --token, and nobody', async () => {
    expect(await k.fails('get', 'secrets', '--as=ann')).toBe(`Error from server (Forbidden): secrets is forbidden: User "ann" cannot list resource "secrets" in API group "" in the namespace "${k.namespace}"\n`);
    const server = await k.ok('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}');
    expect(await k.fails('--kubeconfig=/dev/null', `--server=${server}`, '--insecure-skip-tls-verify', '--token=wrong', 'get', 'pods')).toMatch(/^error: You must be logged in to the server \((the server has asked for the client to provide credentials|Unauthorized)\)\n$/);
  });
  command('certificate (approve, deny)', async () => {
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${signingRequest}\n-----END CERTIFICATE REQUEST-----\n`;
    const [good, bad] = [`${k.namespace}-good`, `${k.namespace}-bad`];
    for (const name of [good, bad]) {
      await k.apply(`apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: { name: ${name} }\nspec: { request: ${Buffer.from(pem).toString('base64')}, signerName: example.com/nobody, usages: [client auth] }\n`);
    }
    expect(await k.ok('get', 'csr', good)).toMatch(/^NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION\n\S+ +\S+ +example.com\/nobody +kubernetes-admin +<none> +Pending\n$/);
    expect(await k.ok('describe', 'csr', good)).toMatch(/Requesting User: +kubernetes-admin\nSigner: +example.com\/nobody\nStatus: +Pending\nSubject:\n\s+Common Name: +ann\n/);
    expect(await k.ok('certificate', 'approve', good)).toBe(`certificatesigningrequest.certificates.k8s.io/${good} approved\n`);
    expect(await k.ok('certificate', 'deny', bad)).toBe(`certificatesigningrequest.certificates.k8s.io/${bad} denied\n`);
    expect((await k.ok('get', 'csr', good, bad, '--no-headers')).trim().split('\n').map((line) => line.split(/ +/).at(-1))).toEqual(['Approved', 'Denied']);
    expect(await k.ok('get', 'csr', good, '-o', 'jsonpath={.status.conditions[0].reason} {.status.conditions[0].message}')).toBe('KubectlApprove This CSR was approved by kubectl certificate approve.');
    await k.ok('delete', 'csr', good, bad);
  });

  command('certificate approve: the certificate is issued, and is somebody', async () => {
    const name = `${k.namespace}-ann`;
    const [key, csr] = ['key', 'csr'].map((file) => join(folder.path, file)) as [string, string];
    execFileSync('openssl', ['req', '-new', '-nodes', '-newkey', 'rsa:2048', '-keyout', key, '-subj', '/O=devs/CN=ann', '-out', csr], { stdio: 'ignore' });
    await k.apply(`apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: { name: ${name} }\nspec: { request: ${readFileSync(csr).toString('base64')}, signerName: kubernetes.io/kube-apiserver-client, expirationSeconds: 3600, usages: [client auth] }\n`);
    await k.ok('certificate', 'approve', name);
    const issued = await eventually(() => k.ok('get', 'csr', name, '-o', 'jsonpath={.status.certificate}').then((text) => text !== '' && text), 'the certificate');
    expect(await k.ok('get', 'csr', name, '--no-headers')).toMatch(/^\S+ +\S+ +kubernetes.io\/kube-apiserver-client +kubernetes-admin +60m +Approved,Issued\n$/);
    const cert = folder.file('crt', Buffer.from(issued, 'base64'));
    const server = await k.ok('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}');
    const as = ['--kubeconfig=/dev/null', `--server=${server}`, '--insecure-skip-tls-verify', `--client-certificate=${cert}`, `--client-key=${key}`];
    expect(await k.fails(...as, 'get', 'secrets')).toContain('User "ann" cannot list resource "secrets"');
    if (!k.old) expect(await k.ok(...as, 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}')).toBe('ann ["devs","system:authenticated"]');
    await k.ok('delete', 'csr', name);
  });

  command('cluster-info', async () => {
    expect(await k.ok('cluster-info')).toMatch(/^\S*(Kubernetes control plane|Kubernetes master)\S* is running at \S*https:\/\/127\.0\.0\.1:\d+/);
    // Every address that it prints leads somewhere: none of the cluster's own Services speaks HTTP.
    expect(await k.ok('cluster-info', '-n', 'kube-system')).not.toContain('/proxy');
  });
  command('cluster-info dump', async () => {
    const dump = mkdtempSync(join(tmpdir(), 'rhythm-dump-'));
    try {
      expect(await k.ok('cluster-info', 'dump', '--namespaces=default', `--output-directory=${dump}`)).toBe(`Cluster info dumped to ${dump}\n`);
      expect(readdirSync(dump)).toEqual(['default', 'nodes.json']);
      const files = readdirSync(join(dump, 'default'));
      expect(files).toEqual(expect.arrayContaining(['pods.json', 'events.json', 'deployments.json', 'services.json', 'replicasets.json', 'daemonsets.json']));
      expect(JSON.parse(readFileSync(join(dump, 'default/deployments.json'), 'utf8'))).toMatchObject({ items: [{ metadata: { name: 'hello' } }] });
      expect(readdirSync(join(dump, 'default', files.find((name) => name.startsWith('hello-')) ?? ''))).toEqual(['logs.txt']);
      expect(await k.ok('cluster-info', 'dump', '--namespaces=default')).toMatch(/"kind": "NodeList"[^]*==== START logs for container hello of pod default\/hello-/);
    } finally {
      rmSync(dump, { recursive: true, force: true });
    }
  });
  command('config (view, get-contexts, current-context, get-clusters)', async () => {
    expect(await k.ok('config', 'view', '-o', 'jsonpath={.contexts[0].context.user}')).toBe('kubernetes-admin');
    expect(await k.ok('config', 'view')).toMatch(/client-key-data: (REDACTED|DATA\+OMITTED)\n/);
    expect(await k.ok('config', 'view', '--minify', '--raw', '-o', 'jsonpath={.users[0].user.client-certificate-data}')).toMatch(/^LS0t/);
    expect(await k.ok('config', 'get-contexts')).toMatch(/^CURRENT +NAME +CLUSTER +AUTHINFO +NAMESPACE\n\* /);
    expect(await k.ok('config', 'current-context')).toBe(await k.ok('config', 'get-contexts', '-o', 'name'));
    expect(await k.ok('config', 'get-clusters')).toMatch(/^NAME\n\S+\n$/);
  });
  command('config (set-cluster, set-credentials, set-context, use-context, rename-context, set, unset, delete-*)', async () => {
    const file = folder.file('kubeconfig', await k.ok('config', 'view', '--raw'));
    const config = (...args: string[]): Promise<string> => k.okAs({ KUBECONFIG: file }, 'config', ...args);
    const before = (await config('current-context')).trim();
    expect(await config('set-cluster', 'c', '--server=https://example.com')).toBe('Cluster "c" set.\n');
    // Debian's build of 1.20 panics in set-credentials, before it has asked anybody.
    if (!k.old) expect(await config('set-credentials', 'u', '--token=t')).toBe('User "u" set.\n');
    expect(await config('set-context', 'x', '--cluster=c', k.says('--user=u', '--user=kubernetes-admin'), '--namespace=n')).toBe('Context "x" created.\n');
    expect(await config('use-context', 'x')).toBe('Switched to context "x".\n');
    expect(await config('rename-context', 'x', 'y')).toBe('Context "x" renamed to "y".\n');
    expect(await config('set-context', '--current', '--namespace=m')).toBe('Context "y" modified.\n');
    expect(await config('set', 'clusters.c.server', 'https://example.org')).toBe('Property "clusters.c.server" set.\n');
    expect(await config('view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server} {.contexts[0].context.namespace}')).toBe('https://example.org m');
    expect(await config('unset', 'contexts.y.namespace')).toBe('Property "contexts.y.namespace" unset.\n');
    expect(await config('delete-context', 'y')).toMatch(/deleted context y from \S+\n/);
    expect(await config('delete-cluster', 'c')).toMatch(/^deleted cluster c from /);
    expect(await config('use-context', before)).toBe(`Switched to context "${before}".\n`);
    expect(await k.okAs({ KUBECONFIG: file }, 'get', 'ns', 'default', '-o', 'name')).toBe('namespace/default\n');
  });
  command('proxy', async () => {
    await k.ok('create', 'configmap', 'shown', '--from-literal=a=b');
    await using proxy = k.start('proxy', '--port=0');
    const [, port = ''] = await proxy.until(/Starting to serve on 127\.0\.0\.1:(\d+)\n/);
    expect(await (await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/${k.namespace}/configmaps/shown`)).json()).toMatchObject({ kind: 'ConfigMap', data: { a: 'b' } });
    expect((await fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/default/pods/x/exec`)).status).toBe(403);
    await using files = k.start('proxy', '--port=0', '--api-prefix=/k8s/', `--www=${folder.path}`, '--www-prefix=/files/');
    folder.file('page', 'text');
    const [, other = ''] = await files.until(/Starting to serve on 127\.0\.0\.1:(\d+)\n/);
    expect(await (await fetch(`http://127.0.0.1:${other}/files/page`)).text()).toBe('text');
    expect(await (await fetch(`http://127.0.0.1:${other}/k8s/version`)).json()).toMatchObject({ minor: '35' });
  });
  command('options, plugin, completion, top', async () => {
    expect(await k.ok('options')).toContain('The following options can be passed to any command');
    // The machine may have some.
    expect((await k.try(['plugin', 'list'], '', { PATH: folder.path })).stderr).toContain('unable to find any kubectl plugins');
    expect(await k.ok('completion', 'bash')).toContain('__start_kubectl');
    expect(await k.fails('top', 'pods')).toBe('error: Metrics API not available\n');
  });
});
