import { existsSync, readFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resources } from '@rhythm/api';
import type { ConfigMap, Secret, Service } from '@rhythm/api/types/core-v1';
import { helloImage } from '@rhythm/cli';
import { eventually, isReady, shell, startNodeRig, type NodeRig } from './node-rig.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

let rig: NodeRig;
beforeAll(async () => {
  rig = await startNodeRig();
  rig.client.seed<ConfigMap>(resources.configMaps, { metadata: { name: 'settings', namespace: 'default' }, data: { color: 'blue', 'a.conf': 'line\n', __proto__x: 'kept' } });
  rig.client.seed<Secret>(resources.secrets, { metadata: { name: 'key', namespace: 'default' }, data: { password: base64('s3cret') } });
  rig.client.seed<Service>(resources.services, { metadata: { name: 'my-db', namespace: 'default' }, spec: { clusterIP: '10.96.0.77', ports: [{ port: 5432, name: 'sql', protocol: 'TCP' }] }, status: { loadBalancer: {} } });
  await eventually(() => expect(rig.kubelet.node.services().length).toBe(1));
});
afterAll(() => rig.stop());

describe('what a container is given', () => {
  test('environment from values, references and Services', async () => {
    rig.pod(
      'env',
      {
        restartPolicy: 'Never',
        serviceAccountName: 'default',
        containers: [
          {
            name: 'app',
            command: ['/bin/sh', '-c', 'env | sort; echo args "$@"', 'sh'],
            args: ['$(COLOR)', '$$(COLOR)', '$(NOPE)'],
            envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'settings' } }],
            env: [
              { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
              { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'key', key: 'password' } } },
              { name: 'GREETING', value: 'hello $(COLOR) $(MY_DB_SERVICE_HOST)' },
              { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name', apiVersion: 'v1' } } },
              { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP', apiVersion: 'v1' } } },
              { name: 'TIER', valueFrom: { fieldRef: { fieldPath: "metadata.labels['tier']", apiVersion: 'v1' } } },
              { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
            ],
            resources: { limits: { memory: '64Mi' } },
          },
        ],
      },
      { labels: { tier: 'web' } },
    );
    const pod = await rig.until('env', (p) => p.status.phase === 'Succeeded');
    await eventually(() => expect(rig.log(pod, 'app')).toContain('args'));
    const lines = rig.log(pod, 'app').split('\n');
    for (const line of ['CFG_color=blue', 'CFG___proto__x=kept', 'COLOR=blue', 'PASSWORD=s3cret', 'GREETING=hello blue 10.96.0.77', 'POD=env', 'TIER=web', 'MEM=64', `IP=${pod.status.podIP}`]) expect(lines).toContain(line);
    for (const line of ['MY_DB_SERVICE_PORT_SQL=5432', 'MY_DB_PORT=tcp://10.96.0.77:5432', 'MY_DB_PORT_5432_TCP_ADDR=10.96.0.77']) expect(lines).toContain(line);
    expect(lines).toContain('args blue $(COLOR) $(NOPE)');
  });

  test('volumes from ConfigMaps, Secrets, the pod and tokens, renewed while it runs', async () => {
    rig.pod(
      'volumes',
      {
        serviceAccountName: 'default',
        terminationGracePeriodSeconds: 1,
        securityContext: { fsGroup: 4321 },
        containers: [
          {
            name: 'app',
            command: shell('exec sleep 1000'),
            volumeMounts: [
              { name: 'config', mountPath: '/config' },
              { name: 'secret', mountPath: '/secret', readOnly: true },
              { name: 'all', mountPath: '/all' },
              { name: 'scratch', mountPath: '/scratch' },
              { name: 'mem', mountPath: '/mem' },
              { name: 'config', mountPath: '/one.conf', subPath: 'a.conf' },
              { name: 'scratch', mountPath: '/deep', subPath: 'x/y' },
            ],
            resources: {},
          },
        ],
        volumes: [
          { name: 'config', configMap: { name: 'settings', defaultMode: 0o644 } },
          { name: 'secret', secret: { secretName: 'key', items: [{ key: 'password', path: 'deep/pw', mode: 0o400 }] } },
          {
            name: 'all',
            projected: {
              sources: [
                { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
                { configMap: { name: 'settings', items: [{ key: 'color', path: 'color' }] } },
                { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
              ],
            },
          },
          { name: 'scratch', emptyDir: {} },
          { name: 'mem', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } },
        ],
      },
      { labels: { tier: 'web' } },
    );
    const pod = await rig.until('volumes', isReady);
    const id = pod.status.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
    const run = async (script: string): Promise<string> => {
      const result = await rig.runtime.execSync(id, shell(script), 60_000);
      return Buffer.from(result.stdout).toString() + Buffer.from(result.stderr).toString();
    };
    expect(await run('cat /config/color /config/a.conf /secret/deep/pw /all/token /all/color /all/labels /one.conf')).toBe(
      'blueline\ns3cretfake-token-of-defaultbluetier="web"line\n',
    );
    expect(await run('stat -L -c "%a %g" /secret/deep/pw /all/token /scratch')).toBe('440 4321\n640 4321\n2777 4321\n');
    expect(await run('grep " /mem " /proc/mounts')).toMatch(/^tmpfs \/mem tmpfs .*size=4096k/);
    expect(await run('grep " /secret " /proc/mounts')).toMatch(/^tmpfs .* ro[, ]/);
    expect(await run('echo x > /config/new')).toContain('Read-only');
    expect(await run('echo deep > /deep/f; cat /scratch/x/y/f')).toBe('deep\n');
    const map = rig.client.peek<ConfigMap>(resources.configMaps, 'default', 'settings');
    if (map !== undefined) await rig.client.update(resources.configMaps, { ...map, data: { color: 'green', more: 'yes' } });
    await eventually(async () => expect(await run('cat /config/color /config/more /all/color; ls /config')).toBe('greenyesgreencolor\nmore\n'));
    // An adopted pod is kept up to date as well.
    await rig.kubelet.stop();
    await rig.startKubelet();
    const changed = rig.client.peek<ConfigMap>(resources.configMaps, 'default', 'settings');
    if (changed !== undefined) await rig.client.update(resources.configMaps, { ...changed, data: { color: 'red', more: 'yes' } });
    await eventually(async () => expect(await run('cat /config/color /all/color')).toBe('redred'));
    if (map !== undefined) await rig.client.update(resources.configMaps, { ...map, metadata: { name: 'settings', namespace: 'default' } });
    await rig.delete('volumes');
    await rig.untilGone('volumes');
    expect(existsSync(`${rig.rootDir}/pods/${pod.metadata.uid}`)).toBe(false);
    expect(existsSync(`${rig.rootDir}/memory/${pod.metadata.uid}`)).toBe(false);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(pod.metadata.uid);
  });

  test('a subPath never leads out of its volume', async () => {
    const volume = `${rig.scratch}/evil`;
    mkdirSync(volume);
    symlinkSync('/etc', `${volume}/link`);
    writeFileSync(`${volume}/fine`, 'fine');
    rig.pod('escape', {
      restartPolicy: 'Never',
      containers: [{ name: 'app', command: shell('cat /stolen/passwd'), volumeMounts: [{ name: 'v', mountPath: '/stolen', subPath: 'link' }], resources: {} }],
      volumes: [{ name: 'v', hostPath: { path: volume } }],
    });
    const pod = await rig.until('escape', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError');
    expect(pod.status.containerStatuses?.[0]?.state.waiting?.message).toContain('leads out of the volume');
  });

  test('waits for what is missing, and starts when it comes', async () => {
    rig.pod('later', {
      containers: [{ name: 'app', command: shell('cat /config/late; exec sleep 1000'), env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'late', key: 'x' } } }], volumeMounts: [{ name: 'c', mountPath: '/config' }], resources: {} }],
      volumes: [{ name: 'c', configMap: { name: 'late' } }],
      terminationGracePeriodSeconds: 1,
    });
    await eventually(() => expect(rig.events('later').join()).toContain('FailedMount: MountVolume.SetUp failed for volume "c" : configmap "late" not found'));
    rig.client.seed<ConfigMap>(resources.configMaps, { metadata: { name: 'late', namespace: 'default' }, data: { late: 'better\n' } });
    const waiting = await rig.until('later', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError');
    expect(waiting.status.containerStatuses?.[0]?.state.waiting?.message).toBe('secret "late" not found');
    rig.client.seed<Secret>(resources.secrets, { metadata: { name: 'late', namespace: 'default' }, data: { x: base64('y') } });
    const pod = await rig.until('later', isReady);
    await eventually(() => expect(rig.log(pod, 'app')).toBe('better\n'));
  });

  test('names: hostname, hosts file and resolver', async () => {
    rig.pod('names', {
      restartPolicy: 'Never',
      subdomain: 'sub',
      hostAliases: [{ ip: '1.2.3.4', hostnames: ['alias'] }],
      dnsConfig: { searches: ['extra.test'], options: [{ name: 'ndots', value: '2' }] },
      containers: [{ name: 'app', command: shell('hostname; cat /etc/hosts /etc/resolv.conf'), resources: {} }],
    });
    const pod = await rig.until('names', (p) => p.status.phase === 'Succeeded');
    await eventually(() => expect(rig.log(pod, 'app')).toContain('ndots'));
    const text = rig.log(pod, 'app');
    expect(text).toMatch(/^names\n/);
    expect(text).toContain(`${pod.status.podIP}\tnames.sub.default.svc.cluster.local\tnames`);
    expect(text).toContain('1.2.3.4\talias');
    expect(text).toContain('nameserver 10.96.0.10');
    expect(text).toMatch(/search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local .*extra\.test/);
    expect(text).toContain('options ndots:2');
  });

  test('confinement: user, groups, capabilities, read-only root', async () => {
    rig.pod('confined', {
      restartPolicy: 'Never',
      securityContext: { runAsUser: 1000, runAsGroup: 2000, supplementalGroups: [3000], runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'app',
          // On one stream: of two, nobody says which is read first.
          command: shell('exec 2>&1; id -u; id -G; grep -E "CapEff|NoNewPrivs|Seccomp:" /proc/self/status; echo x > /f'),
          securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          resources: {},
        },
      ],
    });
    const pod = await rig.until('confined', (p) => p.status.phase === 'Failed');
    await eventually(() => expect(rig.log(pod, 'app')).toContain('Read-only'));
    const text = rig.log(pod, 'app');
    expect(text).toMatch(/^1000\n2000 3000\n/);
    expect(text).toContain('CapEff:\t0000000000000000');
    expect(text).toContain('NoNewPrivs:\t1');
    expect(text).toContain('Seccomp:\t2');
    rig.pod('root', { restartPolicy: 'Never', securityContext: { runAsNonRoot: true }, containers: [{ name: 'app', command: shell('id'), resources: {} }] });
    const refused = await rig.until('root', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError');
    expect(refused.status.containerStatuses?.[0]?.state.waiting?.message).toContain('image will run as root');
  });

  test("the machine's network, with its own name and addresses", async () => {
    rig.pod('onhost', { restartPolicy: 'Never', hostNetwork: true, dnsPolicy: 'Default', containers: [{ name: 'app', image: helloImage, command: shell('ls /sys/class/net'), resources: {} }] });
    const pod = await rig.until('onhost', (p) => p.status.phase === 'Succeeded');
    expect(pod.status.podIP).toBe(pod.status.hostIP);
    await eventually(() => expect(rig.log(pod, 'app')).toContain(`rhyt${rig.id}`));
  });
});
