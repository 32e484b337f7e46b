import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, isReady, shell, startNodeRig, type NodeRig } from './node-rig.ts';

let rig: NodeRig;
beforeAll(async () => {
  rig = await startNodeRig();
});
afterAll(() => rig.stop());

/** Often; but a command that takes its time on a busy machine has not failed. */
const fast = { periodSeconds: 1, timeoutSeconds: 30, failureThreshold: 1, successThreshold: 1 };
const web = 'mkdir -p /www; echo ok > /www/index.html; exec httpd -f -p 8080 -h /www';

describe('probes on real containers', () => {
  test('readiness by exec turns with the file it looks for', async () => {
    rig.pod('ready', {
      containers: [{ name: 'app', command: shell('exec sleep 1000'), readinessProbe: { ...fast, exec: { command: ['cat', '/tmp/ready'] } }, resources: {} }],
      terminationGracePeriodSeconds: 1,
    });
    const pod = await rig.until('ready', (p) => p.status.phase === 'Running');
    expect(isReady(pod)).toBe(false);
    const id = pod.status.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
    await eventually(() => expect(rig.events('ready').join('\n')).toContain("Unhealthy: Readiness probe failed: cat: can't open '/tmp/ready'"));
    await rig.runtime.execSync(id, ['touch', '/tmp/ready'], 60_000);
    await rig.until('ready', isReady);
    await rig.runtime.execSync(id, ['rm', '/tmp/ready'], 60_000);
    await rig.until('ready', (p) => !isReady(p));
  });

  test('HTTP, TCP and startup probes find a server; a failing liveness probe restarts its container', async () => {
    rig.pod('web', {
      containers: [
        {
          name: 'app',
          command: shell(`sleep 1; ${web}`),
          ports: [{ name: 'http', containerPort: 8080 }],
          startupProbe: { ...fast, failureThreshold: 100, tcpSocket: { port: 8080 } },
          readinessProbe: { ...fast, httpGet: { port: 'http', path: '/index.html', scheme: 'HTTP' } },
          livenessProbe: { ...fast, exec: { command: shell('! test -e /tmp/sick') } },
          resources: {},
        },
      ],
      terminationGracePeriodSeconds: 1,
    });
    const pod = await rig.until('web', isReady);
    const id = pod.status.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
    await rig.runtime.execSync(id, ['touch', '/tmp/sick'], 60_000);
    const again = await rig.until('web', (p) => p.status.containerStatuses?.[0]?.restartCount === 1 && isReady(p));
    expect(again.status.containerStatuses?.[0]?.lastState.terminated?.containerID).toBe(`containerd://${id}`);
    await eventually(() => expect(rig.events('web')).toContain('Killing: Container app failed liveness probe, will be restarted'));
  });

  test('a startup probe that gives up restarts its container', async () => {
    rig.pod('slow', {
      containers: [{ name: 'app', command: shell('exec sleep 1000'), startupProbe: { ...fast, failureThreshold: 2, httpGet: { port: 1, scheme: 'HTTP' } }, resources: {} }],
      terminationGracePeriodSeconds: 1,
    });
    const pod = await rig.until('slow', (p) => p.status.containerStatuses?.[0]?.restartCount === 1);
    expect(pod.status.containerStatuses?.[0]?.started).toBe(false);
    await eventually(() => expect(rig.events('slow')).toContain('Killing: Container app failed startup probe, will be restarted'));
  });

  test('postStart runs; one that fails ends its container', async () => {
    rig.pod('hooks', {
      containers: [{ name: 'app', command: shell('until [ -s /tmp/hook ]; do sleep 0.1; done; cat /tmp/hook; exec sleep 1000'), lifecycle: { postStart: { exec: { command: shell('echo hooked > /tmp/hook') } } }, resources: {} }],
      terminationGracePeriodSeconds: 1,
    });
    const pod = await rig.until('hooks', isReady);
    await eventually(() => expect(rig.log(pod, 'app')).toBe('hooked\n'));
    rig.pod('badhook', {
      containers: [{ name: 'app', command: shell('exec sleep 1000'), lifecycle: { postStart: { exec: { command: shell('exit 4') } } }, resources: {} }],
      terminationGracePeriodSeconds: 1,
    });
    await rig.until('badhook', (p) => (p.status.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    await eventually(() => expect(rig.events('badhook').join('\n')).toContain('FailedPostStartHook: PostStartHook failed: command'));
  });
});
