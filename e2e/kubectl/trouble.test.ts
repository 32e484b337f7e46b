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
spec: { containers: [{ name: c, image: "${nginx}", readinessProbe: { tcpSocket: { port: 9 }, periodSeconds: 1, timeoutSeconds: 60 } }] }
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
    await k.shows(
      ['get', 'pods'],
      /\nends +0\/1 +CrashLoopBackOff +[1-9]\d* \(\S+ ago\) /,
      /\nno-image +0\/1 +(ErrImagePull|ImagePullBackOff) +0 /,
      /\nno-program +0\/1 +CrashLoopBackOff +[1-9]\d* \(\S+ ago\) /,
      /\nno-name +0\/1 +InvalidImageName +0 /,
      /\nno-room +0\/1 +Pending +0 /,
      /\nno-settings +0\/1 +CreateContainerConfigError +0 /,
      /\ninit-ends +0\/1 +Init:CrashLoopBackOff +[1-9]\d* \(\S+ ago\) /,
    );
    const tells = (pod: string, pattern: RegExp): Promise<string> => k.shows(['describe', 'pod', pod], pattern);
    await tells('ends', new RegExp(String.raw`Warning +BackOff +\S+.* kubelet +${field}Back-off restarting failed container c in pod ends_${k.namespace}\(`));
    await tells('no-image', new RegExp(String.raw`Warning +Failed +.* kubelet +${field}Failed to pull image "\S+": .*not found\n`));
    await tells('no-answer', new RegExp(String.raw`Warning +Unhealthy +.* kubelet +${field}Readiness probe failed: dial tcp 10\.\S+:9: connect: connection refused\n`));
    await tells('no-room', /Warning +FailedScheduling +\S+.* default-scheduler +0\/1 nodes are available: 1 Insufficient cpu\./);
  });
});
