import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { commands, nginx } from './commands.ts';
import { everyKind } from './every-kind.ts';

/** What `describe` shows of each kind. */
commands('describe', ({ k, command }) => {
  const name = k.namespace;
  let pod = '';
  const describe = (kind: string, of: string): Promise<string> => k.ok('describe', kind, of);
  /** 1.35 says before each message of a pod's event which container it is about. */
  const field = k.says(String.raw`spec\.containers\{nginx\}: `, '');

  beforeAll(async () => {
    // The limits among them count for pods that come after them.
    await k.deployment('web', 2);
    await k.apply(everyKind(name, nginx));
    await k.ok('expose', 'deployment', 'web', '--port=80');
    pod = (await k.ok('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    await eventually(async () => (await k.ok('get', 'endpointslices', '-l', 'kubernetes.io/service-name=web', '-o', 'jsonpath={.items[0].endpoints[*].conditions.ready}')) === 'true true', 'two endpoints');
    // Endpoints are made from the pods, apart from the slices; 1.20 looks at them only.
    await k.shows(['describe', 'ep', 'web'], /Subsets:\n +Addresses: +10\.\S+,10\./);
    return async () => {
      await k.try(['delete', 'clusterrole,clusterrolebinding,priorityclass,ingressclass,storageclass,pv,runtimeclass', name]);
    };
  });

  command('describe pod', async () => {
    // Those of the scheduler and of the kubelet are written apart.
    const text = await k.shows(
      ['describe', 'pod', pod],
      new RegExp(`Normal +Scheduled +\\S+ +default-scheduler +Successfully assigned ${name}/web-\\S+ to `),
      new RegExp(String.raw`Normal +Pulled +\S+ +kubelet +${field}(Successfully pulled image "\S+" in \S+ \(\S+ including waiting\)\. Image size: \d+ bytes\.|Container image "\S+" already present on machine and can be accessed by the pod)\n`),
      new RegExp(String.raw`Normal +Created +\S+ +kubelet +${field}Container created\n`),
      new RegExp(String.raw`Normal +Started +\S+ +kubelet +${field}Container started\n`),
    );
    expect(text).toMatch(new RegExp(`^Name: +${pod}\nNamespace: +${name}\nPriority: +0\n${k.says('Service Account: +default\n', '')}Node: +\\S+/[\\d.]+\nStart Time: +\\S+`));
    expect(text).toMatch(/\nLabels: +app=web\n +pod-template-hash=\S+\nAnnotations: +<none>\nStatus: +Running\nIP: +10\.\S+\nIPs:\n +IP: +10\.\S+\nControlled By: +ReplicaSet\/web-\S+\n/);
    expect(text).toMatch(/Container ID: +containerd:\/\/\w{64}\n +Image: +\S+nginx:v1\n +Image ID: +\S+sha256:\w{64}\n/);
    expect(text).toMatch(/State: +Running\n +Started: +[A-Z].*\n +Ready: +True\n +Restart Count: +0\n +Environment: +<none>\n +Mounts:\n +\/var\/run\/secrets\/kubernetes.io\/serviceaccount from kube-api-access-\w+ \(ro\)\n/);
    expect(text).toMatch(/\nConditions:\n +Type +Status\n( +\w+ +True *\n){5}/);
    expect(text).toMatch(/kube-api-access-\w+:\n +Type: +Projected/);
    expect(text).toMatch(/\nQoS Class: +BestEffort\nNode-Selectors: +<none>\nTolerations: +node\.kubernetes\.io\/not-ready:NoExecute op=Exists for 300s\n +node\.kubernetes\.io\/unreachable:NoExecute op=Exists for 300s\n/);
  });
  command('describe pod, with all that one can say', async () => {
    // A taint that a test of nodes has left for a moment is another reason, until the next attempt.
    const text = await k.shows(['describe', 'pod', 'full'], /Warning +FailedScheduling +\S+.* default-scheduler +0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector\./);
    expect(text).toMatch(new RegExp(`Priority: +7\nPriority Class Name: +${name}\n`));
    expect(text).toMatch(/\nStatus: +Pending\n/);
    expect(text).toMatch(/\nInit Containers:\n +first:\n/);
    expect(text).toMatch(/ +Limits:\n +cpu: +100m\n +memory: +64Mi\n +Requests:\n +cpu: +100m\n +memory: +64Mi\n +Liveness: +http-get http:\/\/:80\/live delay=5s timeout=1s period=10s #success=1 #failure=3\n +Readiness: +tcp-socket :80 delay=0s timeout=1s period=10s #success=1 #failure=3\n +Startup: +exec \[true\] delay=0s timeout=1s period=10s #success=1 #failure=3\n/);
    expect(text).toMatch(/ +Environment Variables from:\n +settings +ConfigMap +Optional: false\n +Environment:\n +PASS: +<set to the key 'pass' in secret 'secrets'> +Optional: false\n +NAME: +full \(v1:metadata\.name\)\n/);
    expect(text).toMatch(/ settings:\n +Type: +ConfigMap \(a volume populated by a ConfigMap\)\n +Name: +settings\n +Optional: +false\n/);
    expect(text).toMatch(/ scratch:\n +Type: +EmptyDir \(a temporary directory that shares a pod's lifetime\)\n/);
    expect(text).toMatch(/\nQoS Class: +Guaranteed\nNode-Selectors: +there=is-none\nTolerations: +dedicated=kubectl:NoSchedule\n/);
  });
  command('describe deployment, replicaset', async () => {
    const sets = await k.shows(['describe', 'rs'], /SuccessfulCreate[^]*SuccessfulCreate/);
    const deployment = await k.shows(['describe', 'deploy', 'web'], /ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set web-\S+ from 0 to 2\n/);
    expect(deployment).toMatch(/Selector: +app=web\nReplicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable\nStrategyType: +RollingUpdate\nMinReadySeconds: +0\nRollingUpdateStrategy: +25% max unavailable, 25% max surge\n/);
    expect(deployment).toMatch(/Available +True +MinimumReplicasAvailable\n +Progressing +True +NewReplicaSetAvailable\n/);
    expect(deployment).toMatch(/NewReplicaSet: +web-\S+ \(2\/2 replicas created\)\n/);
    expect(sets).toMatch(/Controlled By: +Deployment\/web\nReplicas: +2 current \/ 2 desired\nPods Status: +2 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed[^]*SuccessfulCreate +\S+ +replicaset-controller +Created pod: web-/);
  });
  command('describe service, endpoints, endpointslice', async () => {
    expect(await describe('svc', 'web')).toMatch(/Selector: +app=web\nType: +ClusterIP\n(IP Family Policy: +SingleStack\n)?(IP Families: +IPv4\n)?IP: +10\.\S+\n(IPs: +10\.\S+\n)?Port: +<unset> +80\/TCP\nTargetPort: +80\/TCP\nEndpoints: +10\.\S+:80,10\.\S+:80\nSession Affinity: +None\n/);
    expect(await describe('ep', 'web')).toMatch(/Subsets:\n +Addresses: +10\.\S+,10\.\S+\n +NotReadyAddresses: +<none>\n/);
    // 1.20 asks for discovery.k8s.io/v1beta1, which is gone.
    if (!k.old) expect(await k.ok('describe', 'endpointslice', '-l', 'kubernetes.io/service-name=web')).toMatch(/AddressType: +IPv4\nPorts:\n +Name +Port +Protocol\n +---- +---- +--------\n +<unset> +80 +TCP\nEndpoints:\n +- Addresses: +10\.\S+\n +Conditions:\n +Ready: +true\n +Hostname: +<unset>\n +TargetRef: +Pod\/web-/);
  });
  command('describe node', async () => {
    const reasons = ['Starting', 'NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID', 'NodeReady'];
    const text = await k.shows(['describe', 'nodes'], ...[...reasons, 'Starting +\\S+.* kube-proxy', ...(k.old ? [] : ['RegisteredNode'])].map((reason) => new RegExp(`Normal +${reason}`)));
    expect(text).toMatch(/^Name: +\S+\nRoles: +control-plane\nLabels: +beta\.kubernetes\.io\/arch=/);
    expect(text).toMatch(/\n +node-role\.kubernetes\.io\/control-plane=\n/);
    expect(text).toMatch(/Lease:\n +HolderIdentity: +\S+\n/);
    expect(text).toMatch(/Ready +True +.* +KubeletReady +kubelet is posting ready status\n/);
    expect(text).toMatch(/\nCapacity:\n +cpu: +\d+\n +ephemeral-storage: +\d+\w*\n[^]*\nAllocatable:\n +cpu: +\d+\n/);
    expect(text).toMatch(/Container Runtime Version: +containerd:\/\/\S+\n +Kubelet Version: +v1\.35\./);
    expect(text).toMatch(/Non-terminated Pods: +\(\d+ in total\)\n[^]*\n +default +hello-\S+ +10m \(\d+%\)/);
    expect(text).toMatch(/\nAllocated resources:\n[^]*\n +cpu +\d+m \(\d+%\)/);
    for (const reason of reasons) expect(text).toMatch(new RegExp(`Normal +${reason} +\\S+.* kubelet +`));
    expect(text).toMatch(/Normal +Starting +\S+.* kube-proxy/);
    if (!k.old) expect(text).toMatch(/Normal +RegisteredNode +\S+ +node-controller +Node \S+ event: Registered Node \S+ in Controller\n/);
  });
  command('describe namespace, quota, limitrange', async () => {
    const text = await describe('ns', name);
    expect(text).toMatch(new RegExp(`^Name: +${name}\nLabels: +kubernetes.io/metadata.name=${name}\nAnnotations: +<none>\nStatus: +Active\n`));
    expect(text).toMatch(/\nResource Quotas\n +Name: +quota\n +Resource +Used +Hard\n/);
    expect(text).toMatch(/\nResource Limits\n +Type +Resource +Min +Max +Default Request +Default Limit +Max Limit\/Request Ratio\n[^]*Container +cpu +- +2 +2 +2 +-\n/);
    expect(await describe('quota', 'quota')).toMatch(/^Name: +quota\nNamespace: +\S+\nResource +Used +Hard\n/);
    expect(await describe('limits', 'limits')).toMatch(/Container +cpu +- +2 +2 +2 +-\n/);
  });
  command('describe configmap, secret, serviceaccount', async () => {
    expect(await describe('cm', 'settings')).toMatch(/Data\n====\nword:\n----\nfirst\n/);
    expect(await describe('secret', 'secrets')).toMatch(/Type: +Opaque\n\nData\n====\npass: +4 bytes\n$/);
    expect(await describe('sa', 'account')).toMatch(/^Name: +account\nNamespace: +\S+\nLabels: +<none>\nAnnotations: +<none>\nImage pull secrets: +<none>\n/);
  });
  command('describe role, rolebinding, clusterrole, clusterrolebinding', async () => {
    const rule = /PolicyRule:\n +Resources +Non-Resource URLs +Resource Names +Verbs\n +--------- +-+ +-+ +-----\n +pods +\[\] +\[one\] +\[get\]\n/;
    const subject = (kind: string): RegExp => new RegExp(`Role:\n +Kind: +${kind}\n +Name: +\\S+\nSubjects:\n +Kind +Name +Namespace\n.*\n +User +ann +\n`);
    expect(await describe('role', name)).toMatch(rule);
    expect(await describe('clusterrole', name)).toMatch(rule);
    expect(await describe('rolebinding', name)).toMatch(subject('Role'));
    expect(await describe('clusterrolebinding', name)).toMatch(subject('ClusterRole'));
  });
  command('describe ingress, ingressclass, networkpolicy', async () => {
    const ingress = await describe('ingress', name);
    expect(ingress).toMatch(/Rules:\n +Host +Path +Backends\n +---- +---- +--------\n +example.com +\n +\/ +web:80 \(10\.\S+:80,10\.\S+:80\)\n/);
    expect(await describe('ingressclass', name)).toMatch(/\nController: +example\.com\/ingress\n/);
    expect(await describe('netpol', name)).toMatch(/Spec:\n +PodSelector: +app=web\n +Allowing ingress traffic:\n +To Port: 80\/TCP\n +From:\n +PodSelector: app=client\n/);
  });
  command('describe statefulset, daemonset, replicationcontroller', async () => {
    expect(await describe('sts', name)).toMatch(/Replicas: +0 desired \| 0 total\nUpdate Strategy: +RollingUpdate\n/);
    expect(await describe('ds', name)).toMatch(/Selector: +app=none\nNode-Selector: +there=is-none\n[^]*Desired Number of Nodes Scheduled: 0\n/);
    expect(await describe('rc', name)).toMatch(/Replicas: +0 current \/ 0 desired\nPods Status: +0 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed\n/);
  });
  command('describe job, cronjob', async () => {
    expect(await describe('job', name)).toMatch(/Parallelism: +1\nCompletions: +1\n(Completion Mode: +NonIndexed\n)?[^]*Pods Statuses: +0 (Active|Running)/);
    // 1.20 reads CronJobs, budgets and EndpointSlices in versions that are gone: what no server can help.
    if (k.old) expect(await k.fails('describe', 'cronjob', name)).toContain('the server could not find the requested resource');
    else expect(await describe('cronjob', name)).toMatch(/Schedule: +0 0 1 1 \*\nConcurrency Policy: +Allow\nSuspend: +False\n[^]*Last Schedule Time: +<unset>\nActive Jobs: +<none>\n/);
  });
  command('describe horizontalpodautoscaler, poddisruptionbudget', async () => {
    expect(await describe('hpa', name)).toMatch(/Reference: +Deployment\/web\n[^]*Min replicas: +1\nMax replicas: +5\n/);
    if (k.old) expect(await k.fails('describe', 'pdb', name)).toContain('the server could not find the requested resource');
    else expect(await describe('pdb', name)).toMatch(/Min available: +1\nSelector: +app=none\nStatus:\n +Allowed disruptions: +0\n/);
  });
  command('describe persistentvolume, persistentvolumeclaim, storageclass', async () => {
    expect(await describe('pv', name)).toMatch(/StorageClass: +none\nStatus: +\S*\nClaim: +\nReclaim Policy: +Retain\nAccess Modes: +RWO\nVolumeMode: +Filesystem\nCapacity: +1Gi\n[^]*Type: +HostPath/);
    expect(await describe('pvc', name)).toMatch(/StorageClass: +none\nStatus: +Pending\nVolume: +\n/);
    expect(await describe('sc', name)).toMatch(/IsDefaultClass: +No\n[^]*Provisioner: +example\.com\/disk\n/);
  });
  command('describe priorityclass, runtimeclass, lease, events and what is empty', async () => {
    expect(await describe('priorityclass', name)).toMatch(/Value: +7\nGlobalDefault: +false\n/);
    expect(await describe('runtimeclass', name)).toMatch(/Handler: +runc\n/);
    expect(await k.ok('-n', 'kube-node-lease', 'describe', 'lease')).toMatch(/Holder Identity: /);
    await k.shows(['describe', 'events'], /Reason: +Scheduled\n/);
    // It lists them, then reads each: one that goes between the two is its error.
    for (const kind of ['csr', 'crd', 'csidrivers', 'apiservices', 'podtemplates', 'controllerrevisions', 'volumeattachments']) await eventually(async () => (await k.try(['describe', kind])).code === 0, `describe ${kind}`);
    expect(await k.fails('describe', 'pod', 'nobody')).toBe('Error from server (NotFound): pods "nobody" not found\n');
  });
  command('describe flowschema, prioritylevelconfiguration, apiservice', async () => {
    expect(await k.ok('get', 'flowschemas')).toMatch(/^NAME +PRIORITYLEVEL +MATCHINGPRECEDENCE +DISTINGUISHERMETHOD +AGE +MISSINGPL\n(?:.*\n)*catch-all +catch-all +10000 +ByUser +\S+ +False\n/);
    if (!k.old) expect(await describe('flowschema', 'catch-all')).toMatch(/^Name: +catch-all\n[^]*Kind: +FlowSchema\n[^]*Matching Precedence: +10000\n/);
    if (!k.old) expect(await describe('prioritylevelconfiguration', 'catch-all')).toMatch(/Nominal Concurrency Shares: +5\n/);
    expect(await describe('apiservice', 'v1.apps')).toMatch(/Group: +apps\n[^]*Reason: +Local\n/);
  });
  command('describe by prefix, label, file and type/name', async () => {
    expect((await k.ok('describe', 'pod', 'web-')).match(/^Name: /gm)).toHaveLength(2);
    expect((await k.ok('describe', 'pods', '-l', 'app=web')).match(/^Name: /gm)).toHaveLength(2);
    expect(await k.ok('describe', 'deploy/web', '--show-events=false')).not.toContain('Events:');
    expect(await k.piped('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n', 'describe', '-f', '-')).toMatch(/^Name: +settings\n/);
  });
});
