import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { commands, configMap, Scratch } from './commands.ts';

/** What `get` prints, in each of its forms, and the commands that ask the server what it serves. */
commands('get', ({ k, command, since }) => {
  const folder = new Scratch();
  let pod = '';
  const lines = async (...args: string[]): Promise<string[]> => (await k.ok(...args)).trim().split('\n');

  beforeAll(async () => {
    await Promise.all([k.deployment('web', 2), k.ok('create', 'configmap', 'settings', '--from-literal=key=value', '--from-literal=other=two')]);
    await k.ok('expose', 'deployment', 'web', '--port=80');
    pod = (await k.ok('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  });

  command('get', async () => {
    expect(await k.ok('get', 'deploy', 'web')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\S+\n$/);
    expect(await k.ok('get', 'svc', 'web')).toMatch(/^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +ClusterIP +10\.\S+ +<none> +80\/TCP +\S+\n$/);
    expect(await k.ok('get', 'deploy,svc', '-l', 'app=web')).toMatch(/^NAME +READY[^]*\ndeployment.apps\/web [^]*\n\nNAME +TYPE[^]*\nservice\/web /);
    expect(await k.ok('get', 'deploy/web', 'svc/web', '-o', 'name')).toBe('deployment.apps/web\nservice/web\n');
    expect(await k.ok('get', 'all')).toMatch(/^NAME +READY +STATUS[^]*pod\/web-[^]*service\/web[^]*deployment.apps\/web[^]*replicaset.apps\/web-/);
    expect(await k.fails('get', 'pods', 'nobody')).toBe('Error from server (NotFound): pods "nobody" not found\n');
    expect(await k.fails('get', 'nothings')).toBe('error: the server doesn\'t have a resource type "nothings"\n');
    expect((await k.try(['get', 'pods', '-n', 'not-there'])).stderr).toBe('No resources found in not-there namespace.\n');
  });
  command('get nodes', async () => {
    expect(await k.ok('get', 'nodes')).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready(,SchedulingDisabled)? +control-plane +\S+ +v1\.35\.\d+\n$/);
    expect(await k.ok('get', 'nodes', '-o', 'wide')).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME\n\S+ +Ready +control-plane .* containerd:\/\//);
    expect(await k.ok('get', 'nodes', '-l', 'node-role.kubernetes.io/control-plane', '--no-headers')).toMatch(/^\S+ +Ready/);
  });
  command('get componentstatuses', async () => {
    const { stdout, stderr } = await k.try(['get', 'componentstatuses']);
    expect(stdout).toMatch(/^NAME +STATUS +MESSAGE +ERROR\ncontroller-manager +Healthy +ok +\netcd-0 +Healthy +ok +\nscheduler +Healthy +ok +\n$/);
    expect(stderr).toBe('Warning: v1 ComponentStatus is deprecated in v1.19+\n');
  });
  command('get -o wide', async () => {
    expect(await k.ok('get', 'deploy', 'web', '-o', 'wide')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nweb +2\/2 +2 +2 +\S+ +nginx +\S+nginx:v1 +app=web\n$/);
    expect(await k.ok('get', 'pod', pod, '-o', 'wide')).toMatch(/NOMINATED NODE +READINESS GATES\n\S+ +1\/1 +Running +0 +\S+ +10\.\S+ +\S+ +<none> +<none>\n$/);
    expect(await k.ok('get', 'rs', '-o', 'wide')).toMatch(/^NAME +DESIRED +CURRENT +READY +AGE +CONTAINERS +IMAGES +SELECTOR\nweb-\S+ +2 +2 +2 +\S+ +nginx +\S+ +app=web,pod-template-hash=\S+\n$/);
    expect(await k.ok('get', 'svc', 'web', '-o', 'wide')).toMatch(/ AGE +SELECTOR\nweb .* app=web\n$/);
  });
  command('get -o yaml', async () => {
    expect(await k.ok('get', 'cm', 'settings', '-o', 'yaml')).toMatch(/^apiVersion: v1\ndata:\n {2}key: value\n {2}other: two\nkind: ConfigMap\nmetadata:\n/);
    expect(await k.ok('get', 'cm', 'settings', 'kube-root-ca.crt', '-o', 'yaml')).toMatch(/^apiVersion: v1\nitems:\n- apiVersion: v1\n[^]*\nkind: List\nmetadata:\n/);
  });
  command('get -o json', async () => {
    expect(JSON.parse(await k.ok('get', 'cm', 'settings', '-o', 'json'))).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { key: 'value' } });
    expect(JSON.parse(await k.ok('get', 'deploy', '-o', 'json'))).toMatchObject({ kind: 'List', items: [{ kind: 'Deployment', metadata: { name: 'web' } }] });
  });
  command('get -o name', async () => {
    expect(await k.ok('get', 'cm', 'settings', '-o', 'name')).toBe('configmap/settings\n');
    expect(await k.ok('get', 'deploy', '-o', 'name')).toBe('deployment.apps/web\n');
  });
  since('get -o kyaml, --show-managed-fields', async () => {
    expect(await k.ok('get', 'cm', 'settings', '-o', 'kyaml')).toContain('kind: "ConfigMap",');
    expect(await k.ok('get', 'cm', 'settings', '-o', 'yaml')).not.toContain('managedFields');
    expect(await k.ok('get', 'cm', 'settings', '-o', 'yaml', '--show-managed-fields')).toMatch(/ {2}managedFields:\n {2}- apiVersion: v1\n {4}fieldsType: FieldsV1\n[^]* manager: kubectl-create\n {4}operation: Update\n/);
  });
  command('get -o jsonpath, jsonpath-as-json, jsonpath-file', async () => {
    expect(await k.ok('get', 'cm', 'settings', '-o', 'jsonpath={.data.key}')).toBe('value');
    expect(await k.ok('get', 'pods', '-o', 'jsonpath={range .items[*]}{.status.phase}{"\\n"}{end}')).toBe('Running\nRunning\n');
    expect(await k.ok('get', 'nodes', '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}')).toBe('True');
    expect(await k.ok('get', 'cm', 'settings', '-o', 'jsonpath-as-json={.data.key}')).toBe('[\n    "value"\n]\n');
    expect(await k.ok('get', 'cm', 'settings', '-o', `jsonpath-file=${folder.file('path', '{.data.other}')}`)).toBe('two');
  });
  command('get -o go-template, go-template-file, --template', async () => {
    expect(await k.ok('get', 'cm', 'settings', '-o', 'go-template={{range $k, $v := .data}}{{$k}}={{$v}};{{end}}')).toBe('key=value;other=two;');
    expect(await k.ok('get', 'cm', 'settings', '-o', `go-template-file=${folder.file('template', '{{.metadata.name | printf "%s!"}}')}`)).toBe('settings!');
    expect(await k.ok('get', 'pods', '--template={{len .items}}')).toBe('2');
  });
  command('get -o custom-columns, custom-columns-file', async () => {
    expect(await k.ok('get', 'cm', 'settings', '-o', 'custom-columns=NAME:.metadata.name,KEY:.data.key')).toBe('NAME       KEY\nsettings   value\n');
    expect(await k.ok('get', 'cm', 'settings', '-o', `custom-columns-file=${folder.file('columns', 'NAME KEY\n.metadata.name .data.nothing\n')}`)).toBe('NAME       KEY\nsettings   <none>\n');
  });
  command('get --no-headers, --show-kind, --server-print=false, -A', async () => {
    expect(await k.ok('get', 'deploy', '--no-headers', '--show-kind')).toMatch(/^deployment.apps\/web +2\/2 +2 +2 +\S+\n$/);
    expect(await k.ok('get', 'deploy', '--server-print=false')).toMatch(/^NAME +AGE\nweb +\S+\n$/);
    expect(await k.ok('get', 'deploy', '-A')).toMatch(new RegExp(`^NAMESPACE +NAME +READY[^]*\\ndefault +hello +\\d/3 [^]*\\n${k.namespace} +web +2/2 `));
  });
  command('get -f, -k', async () => {
    await k.apply(configMap('listed', 'x'));
    folder.file('kustomization.yaml', 'resources: [listed.yaml]\n');
    const file = folder.file('listed.yaml', configMap('listed', 'x'));
    expect(await k.ok('get', '-f', file)).toMatch(/^NAME +DATA +AGE\nlisted +1 +\S+\n$/);
    expect(await k.ok('get', '-k', folder.path, '-o', 'name')).toBe('configmap/listed\n');
  });
  command('get -l, --show-labels, -L', async () => {
    expect(await lines('get', 'pods', '-l', 'app in (web)', '-o', 'name')).toHaveLength(2);
    expect(await k.ok('get', 'pods', '-l', 'app notin (web),!app', '-o', 'name')).toBe('');
    expect(await k.fails('get', 'pods', '-l', 'app in (web')).toContain("unable to parse requirement: found '', expected: ',' or ')'");
    expect(await k.ok('get', 'deploy', 'web', '--show-labels')).toMatch(/LABELS\n.* app=web\n$/);
    expect(await k.ok('get', 'deploy', 'web', '-L', 'app,none')).toMatch(/APP +NONE\n.* web +\n$/);
  });
  command('get --field-selector', async () => {
    expect(await k.ok('get', 'pods', '--field-selector', `metadata.name=${pod}`, '-o', 'name')).toBe(`pod/${pod}\n`);
    expect(await lines('get', 'pods', '--field-selector', 'status.phase=Running,spec.nodeName!=nowhere', '-o', 'name')).toHaveLength(2);
    expect(await k.ok('get', 'secrets', '--field-selector', 'type=kubernetes.io/tls', '-o', 'name')).toBe('');
    expect(await k.ok('get', 'ns', '--field-selector', `status.phase=Active,metadata.name=${k.namespace}`, '-o', 'name')).toBe(`namespace/${k.namespace}\n`);
    expect(await k.ok('get', 'rs', '--field-selector', 'status.replicas=2', '-o', 'name')).toMatch(/^replicaset.apps\/web-\S+\n$/);
    expect(await k.fails('get', 'pods', '--field-selector', 'foo=bar')).toContain('field label not supported: foo');
  });
  command('get --sort-by', async () => {
    const sorted = await lines('get', 'cm', '--sort-by=.metadata.name', '-o', 'name');
    expect(sorted).toEqual([...sorted].sort());
    const ages = await lines('get', 'ns', '--sort-by=.metadata.creationTimestamp', '-o', 'jsonpath={range .items[*]}{.metadata.creationTimestamp}{"\\n"}{end}');
    expect(ages).toEqual([...ages].sort());
    // Those of other files may be there, and on their way out.
    const [head, ...rows] = await lines('get', 'ns', '--sort-by={.metadata.name}');
    expect(head).toMatch(/^NAME +STATUS +AGE$/);
    const names = rows.map((row) => row.split(' ')[0] ?? '');
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['default', 'kube-node-lease', 'kube-public', 'kube-system', k.namespace]));
  });
  command('get --chunk-size', async () => {
    // The server's own: nobody makes or deletes one meanwhile.
    const own = ['get', 'clusterroles', '-l', 'kubernetes.io/bootstrapping=rbac-defaults', '-o', 'name'];
    const roles = await lines(...own, '--chunk-size=0');
    expect(roles.length).toBeGreaterThan(40);
    expect(await lines(...own, '--chunk-size=7')).toEqual(roles);
  });
  since('get --subresource', async () => {
    expect(await k.ok('get', 'deploy', 'web', '--subresource=scale')).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\nweb +2 +2 +\S+\n$/);
    expect(await k.ok('get', 'deploy', 'web', '--subresource=status', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
    expect(await k.ok('get', 'pod', pod, '--subresource=status')).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\n\S+ +1\/1 +Running +0 /);
  });
  command('get --raw, --ignore-not-found, deprecated kinds', async () => {
    expect(JSON.parse(await k.ok('get', '--raw', '/version'))).toMatchObject({ major: '1', minor: '35' });
    expect(await k.ok('get', '--raw', '/readyz?verbose')).toMatch(/\[\+\]etcd ok[^]*readyz check passed/);
    expect(JSON.parse(await k.ok('get', '--raw', `/api/v1/namespaces/${k.namespace}/configmaps/settings`))).toMatchObject({ data: { key: 'value' } });
    expect(await k.ok('get', 'pod', 'nobody', '--ignore-not-found')).toBe('');
    // The controller makes them.
    const endpoints = await eventually(async () => {
      const said = await k.try(['get', 'endpoints', 'web']);
      return said.code === 0 && said;
    }, 'the endpoints');
    expect(endpoints.stderr).toBe('Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n');
  });
  command('get -w, --watch-only', async () => {
    await using watch = k.start('get', 'secrets', '-w', '--output-watch-events');
    await k.ok('create', 'secret', 'generic', 'first', '--from-literal=a=b');
    await watch.until(/ADDED +first +Opaque +1 +\S+\n/);
    await k.ok('delete', 'secret', 'first');
    await watch.until(/DELETED +first /);
    await using names = k.start('get', 'secrets', '--watch-only', '-o', 'name');
    await k.ok('create', 'secret', 'generic', 'later');
    // A change that changes nothing is no event, and the first ones may come before the watch.
    let changes = 0;
    await eventually(async () => {
      await k.ok('annotate', 'secret', 'later', `seen=${changes++}`, '--overwrite');
      return names.text.startsWith('secret/later\n');
    }, 'an event');
  });

  command('explain', async () => {
    expect(await k.ok('explain', 'pod.spec.containers.image')).toMatch(/^KIND: +Pod\nVERSION: +v1\n\nFIELD: +image <string>\n/);
    expect(await k.ok('explain', 'deploy.spec', '--recursive')).toMatch(k.says(/^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n[^]*progressDeadlineSeconds\t<integer>\n/, /^KIND: +Deployment\nVERSION: +apps\/v1\n[^]*progressDeadlineSeconds\t<integer>\n/));
    expect(await k.ok('explain', 'hpa', '--api-version=autoscaling/v1')).toMatch(/VERSION: +(autoscaling\/)?v1\n/);
    expect(await k.fails('explain', 'pod.nothing')).toContain('field "nothing" does not exist');
  });
  command('api-resources', async () => {
    expect(await k.ok('api-resources')).toMatch(/^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND\n[^]*\npods +po +v1 +true +Pod\n/);
    expect(await lines('api-resources', '--namespaced=false', '-o', 'name')).toContain('nodes');
    expect(await lines('api-resources', '--api-group=apps', '--verbs=list,get', '-o', 'name')).toEqual(['controllerrevisions.apps', 'daemonsets.apps', 'deployments.apps', 'replicasets.apps', 'statefulsets.apps']);
    expect(await k.ok('api-resources', '--api-group=batch', '-o', 'wide')).toMatch(k.says(/ VERBS +CATEGORIES\ncronjobs +cj +batch\/v1 +true +CronJob +create,delete,deletecollection,get,list,patch,update,watch +all\n/, / VERBS\ncronjobs +cj +batch\/v1 +true +CronJob +\[.*create.*\]\n/));
  });
  command('api-versions', async () => {
    expect(await lines('api-versions')).toEqual(expect.arrayContaining(['apps/v1', 'autoscaling/v1', 'autoscaling/v2', 'batch/v1', 'rbac.authorization.k8s.io/v1', 'v1']));
  });
  command('version', async () => {
    expect(await k.ok('version', ...(k.old ? ['--short'] : []))).toMatch(k.says(/^Client Version: v1\.35\.\d+\nKustomize Version: \S+\nServer Version: v1\.35\.\d+\S*\n$/, /^Client Version: v1\.20\S*\nServer Version: v1\.35\.\d+\S*\n$/));
    expect(JSON.parse(await k.ok('version', '-o', 'json'))).toMatchObject({ clientVersion: { minor: k.says('35', '20') }, serverVersion: { major: '1', minor: '35', platform: expect.stringMatching(/^linux\//) as string } });
  });
});
