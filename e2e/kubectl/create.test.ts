import { expect } from 'vitest';
import { createAuthority } from '@rhythm/pki';
import { systemClock, systemRandom } from '@rhythm/base';
import { commands, nginx, Scratch } from './commands.ts';

/** Every kind that `create` has a command for. */
commands('create', ({ k, command, since }) => {
  const folder = new Scratch();
  const jsonpath = (what: string, path: string): Promise<string> => k.ok('get', ...what.split(' '), '-o', `jsonpath=${path}`);
  const create = (...args: string[]): Promise<string> => k.ok('create', ...args);

  command('create configmap', async () => {
    const file = folder.file('app.properties', 'color=blue\n');
    const env = folder.file('app.env', '# a comment\nA=1\nB=two words\n');
    expect(await create('configmap', 'c', '--from-literal=a=b', `--from-file=${file}`, `--from-file=other=${file}`)).toBe('configmap/c created\n');
    expect(JSON.parse(await jsonpath('cm c', '{.data}'))).toEqual({ a: 'b', 'app.properties': 'color=blue\n', other: 'color=blue\n' });
    expect(await create('configmap', 'e', `--from-env-file=${env}`)).toBe('configmap/e created\n');
    expect(JSON.parse(await jsonpath('cm e', '{.data}'))).toEqual({ A: '1', B: 'two words' });
    expect(await create('configmap', 'b', `--from-file=${folder.file('bytes', Uint8Array.of(255, 0, 1))}`)).toBe('configmap/b created\n');
    expect(await jsonpath('cm b', '{.binaryData.bytes}')).toBe('/wAB');
  });
  command('create secret (generic, docker-registry, tls)', async () => {
    expect(await create('secret', 'generic', 's', '--from-literal=a=b', '--type=example.com/kind')).toBe('secret/s created\n');
    expect(await k.ok('get', 'secret', 's')).toMatch(/\ns +example.com\/kind +1 /);
    expect(await create('secret', 'docker-registry', 'd', '--docker-server=x', '--docker-username=u', '--docker-password=p')).toBe('secret/d created\n');
    const login = Buffer.from(await jsonpath('secret d', '{.data.\\.dockerconfigjson}'), 'base64').toString();
    expect(JSON.parse(login)).toMatchObject({ auths: { x: { username: 'u', password: 'p' } } });
    const pair = await createAuthority('example.com', { clock: systemClock, random: systemRandom });
    expect(await create('secret', 'tls', 't', `--cert=${folder.file('cert.pem', pair.certPem)}`, `--key=${folder.file('key.pem', pair.keyPem)}`)).toBe('secret/t created\n');
    expect(await k.ok('get', 'secret', 't')).toMatch(/\nt +kubernetes.io\/tls +2 /);
  });
  command('create serviceaccount', async () => {
    expect(await create('serviceaccount', 'sa')).toBe('serviceaccount/sa created\n');
  });
  since('create token', async () => {
    await create('serviceaccount', 'holder');
    await create('secret', 'generic', 'bound');
    const token = (await create('token', 'holder', '--duration=20m', '--audience=example', '--bound-object-kind=Secret', '--bound-object-name=bound')).trim();
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number; iat: number };
    expect(claims).toMatchObject({ aud: ['example'], sub: `system:serviceaccount:${k.namespace}:holder`, 'kubernetes.io': { namespace: k.namespace, secret: { name: 'bound' }, serviceaccount: { name: 'holder' } } });
    expect(claims.exp - claims.iat).toBe(1200);
    expect(await k.fails('create', 'token', 'nobody')).toBe('error: failed to create token: serviceaccounts "nobody" not found\n');
    const own = (await create('token', 'holder')).trim();
    expect(await k.ok('auth', 'whoami', `--token=${own}`, '--kubeconfig=/dev/null', ...(await server()), '-o', 'jsonpath={.status.userInfo.username}')).toBe(`system:serviceaccount:${k.namespace}:holder`);
  });
  const server = async (): Promise<string[]> => [`--server=${await k.ok('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}')}`, '--insecure-skip-tls-verify'];

  command('create role, rolebinding', async () => {
    expect(await create('role', 'r', '--verb=get,list', '--resource=pods,deployments.apps/scale', '--resource-name=one')).toBe('role.rbac.authorization.k8s.io/r created\n');
    expect(JSON.parse(await jsonpath('role r', '{.rules[1]}'))).toEqual({ apiGroups: ['apps'], resourceNames: ['one'], resources: ['deployments/scale'], verbs: ['get', 'list'] });
    expect(await create('rolebinding', 'rb', '--role=r', `--serviceaccount=${k.namespace}:sa`, '--user=ann', '--group=team')).toBe('rolebinding.rbac.authorization.k8s.io/rb created\n');
    expect(await k.ok('get', 'rolebinding', 'rb', '-o', 'wide')).toMatch(new RegExp(`^NAME +ROLE +AGE +USERS +GROUPS +SERVICEACCOUNTS\\nrb +Role/r +\\S+ +ann +team +${k.namespace}/sa\\n$`));
  });
  command('create clusterrole, clusterrolebinding', async () => {
    const name = k.namespace;
    expect(await create('clusterrole', name, '--verb=get', '--resource=nodes')).toBe(`clusterrole.rbac.authorization.k8s.io/${name} created\n`);
    expect(await create('clusterrole', `${name}-url`, '--verb=get', '--non-resource-url=/logs/*')).toBe(`clusterrole.rbac.authorization.k8s.io/${name}-url created\n`);
    expect(await create('clusterrole', `${name}-sum`, '--aggregation-rule=part-of=kubectl')).toBe(`clusterrole.rbac.authorization.k8s.io/${name}-sum created\n`);
    expect(await create('clusterrolebinding', name, `--clusterrole=${name}`, '--user=ann')).toBe(`clusterrolebinding.rbac.authorization.k8s.io/${name} created\n`);
    expect(await k.ok('get', 'clusterrolebinding', name)).toMatch(/\n\S+ +ClusterRole\/\S+ +\S+\n$/);
    await k.ok('delete', 'clusterrolebinding', name);
    await k.ok('delete', 'clusterrole', name, `${name}-url`, `${name}-sum`);
  });
  command('create deployment', async () => {
    expect(await create('deployment', 'd', `--image=${nginx}`, '--replicas=0', '--port=80')).toBe('deployment.apps/d created\n');
    expect(await jsonpath('deploy d', '{.spec.template.spec.containers[0].ports[0].containerPort} {.spec.selector.matchLabels.app}')).toBe('80 d');
    expect(await create('deployment', 'two', `--image=${nginx}`, '--image=other/box:v2', '--replicas=0')).toBe('deployment.apps/two created\n');
    expect(await jsonpath('deploy two', '{.spec.template.spec.containers[*].name}')).toMatch(/^nginx(-\w+)? box(-\w+)?$/);
  });
  command('create job', async () => {
    expect(await create('job', 'j', `--image=${nginx}`, '--', 'true')).toBe('job.batch/j created\n');
    expect(await k.ok('get', 'job', 'j')).toMatch(/^NAME +STATUS +COMPLETIONS +DURATION +AGE\nj +\S+ +\S+ /);
    expect(await jsonpath('job j', '{.spec.template.spec.containers[0].command[0]} {.spec.template.spec.restartPolicy}')).toBe('true Never');
  });
  command('create cronjob, job --from', async () => {
    const made = await k.try(['create', 'cronjob', 'cj', `--image=${nginx}`, '--schedule=0 0 1 1 *', '--restart=OnFailure']);
    // 1.20 asks for batch/v1beta1, which no server has had since 1.25.
    if (k.old) return expect(made.stderr).toBe('error: failed to create cronjob: the server could not find the requested resource\n');
    expect(made.stdout).toBe('cronjob.batch/cj created\n');
    expect(await k.ok('get', 'cronjob', 'cj')).toMatch(/^NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE\ncj +0 0 1 1 \* +<none> +False +0 +<none> +\S+\n$/);
    expect(await create('job', 'by-hand', '--from=cronjob/cj')).toBe('job.batch/by-hand created\n');
    expect(await jsonpath('job by-hand', '{.metadata.ownerReferences[0].kind} {.metadata.annotations.cronjob\\.kubernetes\\.io/instantiate}')).toBe('CronJob manual');
  });
  command('create ingress', async () => {
    expect(await create('ingress', 'i', '--class=web', '--rule=example.com/a*=web:80,tls=cert', '--rule=/b=other:http', '--default-backend=web:8080', '--annotation=x=y')).toBe('ingress.networking.k8s.io/i created\n');
    expect(await k.ok('get', 'ingress', 'i')).toMatch(/^NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE\ni +web +example.com +80, 443 +\S+\n$/);
  });
  command('create poddisruptionbudget', async () => {
    const made = await k.try(['create', 'pdb', 'p', '--selector=app=none', '--min-available=1']);
    if (k.old) return expect(made.stderr).toBe('error: no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"\n');
    expect(made.stdout).toBe('poddisruptionbudget.policy/p created\n');
    expect(await create('pdb', 'most', '--selector=app=none', '--max-unavailable=30%')).toBe('poddisruptionbudget.policy/most created\n');
    expect(await k.ok('get', 'pdb', 'p', 'most')).toMatch(/^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\np +1 +N\/A +0 +\S+\nmost +N\/A +30% +0 /);
  });
  command('create quota', async () => {
    expect(await create('quota', 'q', '--hard=pods=1000,requests.cpu=100', '--scopes=NotTerminating')).toBe('resourcequota/q created\n');
    expect(JSON.parse(await jsonpath('quota q', '{.spec}'))).toEqual({ hard: { pods: '1k', 'requests.cpu': '100' }, scopes: ['NotTerminating'] });
  });
  command('create priorityclass', async () => {
    const name = k.namespace;
    expect(await create('priorityclass', name, '--value=7', '--description=low', '--preemption-policy=Never')).toBe(`priorityclass.scheduling.k8s.io/${name} created\n`);
    expect(await k.ok('get', 'priorityclass', name)).toMatch(/\n\S+ +7 +false +\S+ +Never\n$/);
    await k.ok('delete', 'priorityclass', name);
  });
  command('create service (clusterip, nodeport, loadbalancer, externalname)', async () => {
    expect(await create('service', 'clusterip', 'ci', '--tcp=80:8080')).toBe('service/ci created\n');
    expect(await create('service', 'clusterip', 'none', '--clusterip=None')).toBe('service/none created\n');
    expect(await create('service', 'nodeport', 'np', '--tcp=80:80')).toBe('service/np created\n');
    expect(await create('service', 'loadbalancer', 'lb', '--tcp=80:80')).toBe('service/lb created\n');
    expect(await create('service', 'externalname', 'en', '--external-name=example.com')).toBe('service/en created\n');
    expect(await jsonpath('svc ci', '{.spec.ports[0]}')).toBe('{"name":"80-8080","port":80,"protocol":"TCP","targetPort":8080}');
    expect(await k.ok('get', 'svc', 'none', 'np', 'lb', 'en')).toMatch(
      /\nnone +ClusterIP +None +<none> +<none> .*\nnp +NodePort +10\.\S+ +<none> +80:3\d+\/TCP +\S+\nlb +LoadBalancer +10\.\S+ +<pending> +80:3\d+\/TCP +\S+\nen +ExternalName +<none> +example.com +<none> /,
    );
  });
  command('create namespace', async () => {
    const name = `${k.namespace}-more`;
    expect(await create('namespace', name)).toBe(`namespace/${name} created\n`);
    expect(await k.ok('get', 'ns', name)).toMatch(/\n\S+ +Active +\S+\n$/);
    expect(await k.ok('delete', 'namespace', name, '--timeout=120s')).toBe(`namespace "${name}" deleted\n`);
  });
  command('create --dry-run, -o, --raw, --save-config', async () => {
    expect(await create('deployment', 'dry', `--image=${nginx}`, '--dry-run=client', '-o', 'yaml')).toMatch(/^apiVersion: apps\/v1\nkind: Deployment\nmetadata:\n/);
    expect(await create('deployment', 'dry', `--image=${nginx}`, '--dry-run=client')).toBe('deployment.apps/dry created (dry run)\n');
    expect(await create('deployment', 'dry', `--image=${nginx}`, '--dry-run=server')).toBe('deployment.apps/dry created (server dry run)\n');
    expect(await create('deployment', 'dry', `--image=${nginx}`, '--dry-run=server', '-o', 'jsonpath={.spec.strategy.type}')).toBe('RollingUpdate');
    expect(await k.ok('get', 'deploy', 'dry', '--ignore-not-found')).toBe('');
    const object = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'raw' } });
    expect(JSON.parse(await k.piped(object, 'create', '--raw', `/api/v1/namespaces/${k.namespace}/configmaps`, '-f', '-'))).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'raw' } });
    expect(await create('configmap', 'saved', '--save-config')).toBe('configmap/saved created\n');
    expect(await k.ok('apply', 'view-last-applied', 'cm', 'saved')).toMatch(/kind: ConfigMap\n/);
  });
  command('create: what it refuses', async () => {
    await create('configmap', 'twice');
    const prefix = k.says('error: failed to create configmap: ', 'Error from server (AlreadyExists): ');
    expect(await k.fails('create', 'configmap', 'twice')).toBe(`${prefix}configmaps "twice" already exists\n`);
    expect(await k.fails('create', 'configmap', 'Bad_Name')).toContain('ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of');
    expect(await k.fails('-n', 'not-there', 'create', 'configmap', 'c')).toContain('namespaces "not-there" not found');
    const typo = await k.try(['create', '-f', '-'], 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: typo }\ndatta: {}\n');
    expect(typo.stderr).toContain(k.says('strict decoding error: unknown field "datta"', 'unknown field "datta" in io.k8s.api.core.v1.ConfigMap'));
    const kept = await k.try(['create', '--validate=false', '-f', '-'], 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: typo }\ndatta: {}\n');
    expect(kept.stdout).toBe('configmap/typo created\n');
    const warned = await k.try(['create', `--validate=${k.says('warn', 'false')}`, '-f', '-'], 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: warned }\ndatta: {}\n');
    expect(warned.stderr).toBe('Warning: unknown field "datta"\n');
  });
});
