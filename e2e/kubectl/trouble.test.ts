import { expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { busybox, commands, nginx } from './commands.ts';

/** What one is told about pods that do not run. */
commands('trouble', ({ k, command }) => {
  /** Which container an event is about, as 1.35 puts it before the message. */
  const field = k.says(String.raw`spec\.containers\{c\}: `, '');

  command('get pods: what is wrong with them', async () => {
    await k.apply(`
apiVersion: v1
kind: Pod
metadata: { name: ends }
spec: { containers: [{ name: c, image: "${busybox}", command: [sh, -c, "exit 3"] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-image }
spec: { containers: [{ name: c, image: "${nginx}-nowhere" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-program }
spec: { containers: [{ name: c, image: "${busybox}", command: [/nowhere] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-name }
spec: { containers: [{ name: c, image: "Not/A:good:name" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-answer }
spec: { containers: [{ name: c, image: "${nginx}", readinessProbe: { tcpSocket: { port: 9 }, periodSeconds: 1 } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-room }
spec: { containers: [{ name: c, image: "${busybox}", resources: { requests: { cpu: "1000" } } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: no-settings }
spec: { containers: [{ name: c, image: "${busybox}", command: [sleep, "1"], envFrom: [{ configMapRef: { name: nowhere } }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: init-ends }
spec:
  initContainers: [{ name: i, image: "${busybox}", command: ["false"] }]
  containers: [{ name: c, image: "${busybox}", command: [sleep, "1"] }]
`);
    const reason = (name: string, text: string, list = 'containerStatuses'): Promise<boolean> => eventually(async () => (await k.ok('get', 'pod', name, '-o', `jsonpath={.status.${list}[0].state.waiting.reason}`)) === text, `${name} is ${text}`);
    await Promise.all([reason('ends', 'CrashLoopBackOff'), reason('no-image', 'ImagePullBackOff'), reason('no-program', 'CrashLoopBackOff'), reason('no-settings', 'CreateContainerConfigError'), reason('init-ends', 'CrashLoopBackOff', 'initContainerStatuses')]);
    // One that waits is started again now and then: all are seen as they are at one moment.
    const rows = [/\nends +0\/1 +CrashLoopBackOff /, /\nno-program +0\/1 +CrashLoopBackOff /, /\nno-name +0\/1 +InvalidImageName /, /\nno-settings +0\/1 +CreateContainerConfigError /, /\ninit-ends +0\/1 +Init:CrashLoopBackOff /];
    const shown = await eventually(async () => {
      const text = await k.ok('get', 'pods');
      return rows.every((row) => row.test(text)) && text;
    }, 'all that is wrong');
    expect(shown).toMatch(/\nends +0\/1 +CrashLoopBackOff +[1-9]\d* \(\S+ ago\) /);
    expect(shown).toMatch(/\nno-image +0\/1 +(ErrImagePull|ImagePullBackOff) +0 /);
    expect(shown).toMatch(/\nno-program +0\/1 +CrashLoopBackOff +[1-9]\d* \(\S+ ago\) /);
    expect(shown).toMatch(/\nno-name +0\/1 +InvalidImageName +0 /);
    expect(shown).toMatch(/\nno-room +0\/1 +Pending +0 /);
    expect(shown).toMatch(/\nno-settings +0\/1 +CreateContainerConfigError +0 /);
    expect(shown).toMatch(/\ninit-ends +0\/1 +Init:CrashLoopBackOff +[1-9]\d* \(\S+ ago\) /);
    const tells = (pod: string, pattern: RegExp): Promise<true> => eventually(async () => pattern.test(await k.ok('describe', 'pod', pod)) || undefined, `${pattern} of ${pod}`);
    await tells('ends', new RegExp(String.raw`Warning +BackOff +\S+.* kubelet +${field}Back-off restarting failed container c in pod ends_${k.namespace}\(`));
    await tells('no-image', new RegExp(String.raw`Warning +Failed +.* kubelet +${field}Failed to pull image "\S+": .*not found\n`));
    await eventually(async () => new RegExp(String.raw`Warning +Unhealthy +.* kubelet +${field}Readiness probe failed: dial tcp 10\.\S+:9: connect: connection refused\n`).test(await k.ok('describe', 'pod', 'no-answer')), 'a failed probe');
    await tells('no-room', /Warning +FailedScheduling +\S+.* default-scheduler +0\/1 nodes are available: 1 Insufficient cpu\./);
  });
});
