import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { busybox, commands, nginx } from './commands.ts';

const loop = "trap 'exit 0' TERM; while true; do sleep 0.2; done";

/** What programs find inside their pods: nothing of it depends on the kubectl that asks. */
commands(
  'pods',
  ({ k, command }) => {
    const inside = (pod: string, script: string, ...args: string[]): Promise<string> => k.ok('exec', pod, ...args, '--', 'sh', '-c', script);
    const ready = (pod: string): Promise<string> => k.ok('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=120s');

    beforeAll(async () => {
      await Promise.all([k.ok('create', 'configmap', 'settings', '--from-literal=word=first'), k.ok('create', 'secret', 'generic', 'secrets', '--from-literal=pass=word')]);
    });

    command('the API server, with the service account of a pod', async () => {
      await k.ok('create', 'rolebinding', 'reader', '--clusterrole=view', '--serviceaccount=kubectl-pods:default');
      await k.apply(`
apiVersion: v1
kind: Pod
metadata: { name: caller }
spec:
    containers:
      - { name: c, image: "${busybox}", command: [sh, -c, "${loop}"], volumeMounts: [{ name: host, mountPath: /host }] }
    volumes: [{ name: host, hostPath: { path: / } }]
`);
      await ready('caller');
      const program = `
      const { get } = require('node:https');
      const host = process.env.KUBERNETES_SERVICE_HOST, port = process.env.KUBERNETES_SERVICE_PORT;
      const servername = 'kubernetes.default.svc';
      get({ host, port, servername, ca: process.env.CA, path: process.argv[1], headers: { authorization: 'Bearer ' + process.env.TOKEN } }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += chunk)).on('end', () => console.log(answer.statusCode, JSON.parse(text).kind, JSON.parse(text).metadata?.name ?? ''));
      });`;
      const ask = (path: string): Promise<string> =>
        k.ok('exec', 'caller', '--', 'sh', '-c', 'cd /var/run/secrets/kubernetes.io/serviceaccount; CA="$(cat ca.crt)" TOKEN="$(cat token)" exec chroot /host "$@"', 'sh', process.execPath, '-e', program, path);
      expect(await ask('/api/v1/namespaces/kubectl-pods/pods/caller')).toBe('200 Pod caller\n');
      expect(await ask('/api/v1/namespaces/kubectl-pods/secrets')).toBe('403 Status \n');
    });

    command('environment, projected volumes, init containers, sidecars, emptyDir', async () => {
      await k.apply(`
apiVersion: v1
kind: Pod
metadata: { name: full, labels: { app: full } }
spec:
    hostname: chosen
    subdomain: headless
    initContainers:
      - { name: side, image: "${busybox}", restartPolicy: Always, command: [sh, -c, "${loop}"] }
      - { name: first, image: "${busybox}", command: [sh, -c, "echo prepared > /shared/x"], volumeMounts: [{ name: shared, mountPath: /shared }] }
    containers:
      - name: c
        image: "${busybox}"
        command: [sh, -c, "${loop}"]
        envFrom: [{ configMapRef: { name: settings } }, { secretRef: { name: secrets }, prefix: S_ }]
        env:
          - { name: A, value: x }
          - { name: B, value: "$(A)-$(KUBERNETES_SERVICE_PORT)" }
          - { name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }
          - { name: IP, valueFrom: { fieldRef: { fieldPath: status.podIP } } }
          - { name: LIMIT, valueFrom: { resourceFieldRef: { resource: limits.memory } } }
        resources: { limits: { memory: 64Mi, cpu: 100m } }
        startupProbe: { exec: { command: ["true"] }, periodSeconds: 1, timeoutSeconds: 60 }
        livenessProbe: { exec: { command: ["true"] }, periodSeconds: 1, timeoutSeconds: 60 }
        volumeMounts:
          - { name: shared, mountPath: /shared }
          - { name: settings, mountPath: /settings }
          - { name: all, mountPath: /all }
          - { name: settings, mountPath: /sub/word, subPath: word }
    volumes:
      - { name: shared, emptyDir: {} }
      - { name: settings, configMap: { name: settings } }
      - { name: all, projected: { sources: [{ secret: { name: secrets } }, { downwardAPI: { items: [{ path: labels, fieldRef: { fieldPath: metadata.labels } }] } }] } }
---
apiVersion: v1
kind: Service
metadata: { name: headless }
spec: { clusterIP: None, selector: { app: full }, ports: [{ port: 80 }] }
`);
      await ready('full');
      expect(await k.ok('get', 'pod', 'full')).toMatch(/\nfull +2\/2 +Running +0 /);
      const env = (await inside('full', 'env', '-c', 'c')).split('\n');
      expect(env).toEqual(expect.arrayContaining(['word=first', 'S_pass=word', 'A=x', 'B=x-443', 'LIMIT=67108864', 'HOSTNAME=chosen']));
      expect(env.find((line) => line.startsWith('IP='))).toMatch(/^IP=10\./);
      expect(await inside('full', 'cat /shared/x /settings/word; echo; cat /all/labels /all/pass /sub/word', '-c', 'c')).toBe('prepared\nfirst\napp="full"wordfirst');
      expect(await inside('full', 'hostname -f', '-c', 'c')).toBe('chosen.headless.kubectl-pods.svc.cluster.local\n');
      await eventually(async () => (await inside('full', 'nslookup chosen.headless.kubectl-pods.svc.cluster.local', '-c', 'c')).includes('Name:\tchosen.headless.'), 'the name of a pod behind a headless Service');
      await k.ok('patch', 'cm', 'settings', '-p', '{"data":{"word":"second"}}');
      await eventually(async () => (await inside('full', 'cat /settings/word', '-c', 'c')) === 'second', 'the new value in the volume');
      expect(await inside('full', 'cat /sub/word', '-c', 'c')).toBe('first');
    });

    command('Services: names, NodePort, hostPort, session affinity', async () => {
      await k.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
    replicas: 3
    selector: { matchLabels: { app: web } }
    template:
      metadata: { labels: { app: web } }
      spec: { containers: [{ name: c, image: "${nginx}", ports: [{ name: http, containerPort: 80 }], readinessProbe: { httpGet: { path: /hostname, port: http }, periodSeconds: 1, timeoutSeconds: 60 } }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: sticky }
spec: { type: NodePort, sessionAffinity: ClientIP, selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
`);
      await k.sleeper('client');
      await k.ok('rollout', 'status', 'deploy/web', '--timeout=120s');
      /** How many pods have given the sixteen answers. */
      const ask = async (name: string): Promise<number> => new Set((await inside('client', `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do wget -qO- http://${name}/hostname || exit; done`)).trim().split('\n')).size;
      await eventually(async () => (await ask('web')) === 3, 'three pods answer');
      // Each Service has rules of its own.
      await eventually(async () => (await ask('sticky')) > 0, 'the other Service answers');
      expect(await ask('web.kubectl-pods')).toBeGreaterThan(1);
      expect(await ask('sticky')).toBe(1);
      const port = await k.ok('get', 'svc', 'sticky', '-o', 'jsonpath={.spec.ports[0].nodePort}');
      const address = await k.ok('get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[0].address}');
      expect(await (await fetch(`http://${address}:${port}/hostname`)).text()).toMatch(/^web-/);
    });

    command('restart policies, OOMKilled, messages, graceful deletion', async () => {
      const pod = (name: string, script: string, spec = 'restartPolicy: Never', more = ''): string =>
        `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec:\n  ${spec}\n  containers: [{ name: c, image: "${busybox}", command: [sh, -c, ${JSON.stringify(script)}] ${more} }]\n---\n`;
      await k.apply(
        // Not at once: what is killed before containerd watches its cgroup has ended with an Error, here as in Kubernetes.
        pod('oom', 'until [ -e /tmp/watched ]; do sleep 0.1; done; tail /dev/zero', 'restartPolicy: Never', ', resources: { limits: { memory: 32Mi } }, lifecycle: { postStart: { exec: { command: [touch, /tmp/watched] } } }') +
          pod('says', 'echo the reason > /dev/termination-log; exit 3') +
          pod('retried', '[ -e /dev/termination-log ]; exit 1', 'restartPolicy: OnFailure') +
          pod('graceful', "trap 'sleep 1; exit 0' TERM; while true; do sleep 0.1; done", 'terminationGracePeriodSeconds: 200') +
          pod('live', 'sleep 1000', 'terminationGracePeriodSeconds: 1', ', livenessProbe: { exec: { command: [sh, -c, "echo bad; false"] }, periodSeconds: 1, timeoutSeconds: 60, failureThreshold: 1 }') +
          pod('on-host', 'hostname; sleep 1000', 'hostNetwork: true'),
      );
      const is = (name: string, path: string, value: string): Promise<string> => k.ok('wait', `--for=jsonpath={.status.${path}}=${value}`, `pod/${name}`, '--timeout=120s');
      /** What starts again and again is seen at any of its starts. */
      const restarted = (name: string): Promise<true> => eventually(async () => Number(await k.ok('get', 'pod', name, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}')) > 0 || undefined, `${name} is started again`);
      await Promise.all([is('oom', 'containerStatuses[0].state.terminated.reason', 'OOMKilled'), is('says', 'phase', 'Failed'), restarted('retried'), restarted('live'), ready('graceful'), ready('on-host')]);
      expect(await k.ok('get', 'pods', 'oom', 'says')).toMatch(/\noom +0\/1 +OOMKilled +0 .*\nsays +0\/1 +Error +0 /);
      expect(await k.ok('get', 'pod', 'says', '-o', 'jsonpath={.status.containerStatuses[0].state.terminated.message}')).toBe('the reason\n');
      await k.shows(['describe', 'pod', 'live'], /Warning +Unhealthy +.*spec\.containers\{c\}: Liveness probe failed: bad/, /Killing +.*Container c failed liveness probe, will be restarted/);
      expect(await k.ok('get', 'pod', 'on-host', '-o', 'jsonpath={.status.podIP}')).toBe(await k.ok('get', 'pod', 'on-host', '-o', 'jsonpath={.status.hostIP}'));
      await using ending = k.start('get', 'pod', 'graceful', '-w');
      await ending.until(/graceful +1\/1 +Running /);
      await k.ok('delete', 'pod', 'graceful');
      await ending.until(/graceful +\S+ +Terminating /);
      // It was not killed at the end of its grace: it has ended by itself, with 0.
      await ending.until(/graceful +0\/1 +Completed /);
    });
  },
  ['1.35'],
);
