import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { busybox, commands } from './commands.ts';

/** What containers wrote. */
commands('logs', ({ k, command, since }) => {
  beforeAll(async () => {
    await k.apply(`
apiVersion: v1
kind: Pod
metadata: { name: talks, labels: { app: talks } }
spec:
  initContainers: [{ name: first, image: "${busybox}", command: [sh, -c, "echo from first"] }]
  containers:
    - { name: one, image: "${busybox}", command: [sh, -c, "trap 'exit 0' TERM; i=0; while true; do echo one $i; i=$((i+1)); sleep 0.5; done"] }
    - { name: two, image: "${busybox}", command: [sh, -c, "echo two a; echo two b >&2; sleep 3; [ -e /tmp/again ] || exit 3"] }
`);
    await Promise.all([k.deployment('web', 2), k.sleeper('box'), k.ok('create', 'job', 'counts', `--image=${busybox}`, '--', 'true'), eventually(async () => (await k.ok('get', 'pod', 'talks', '-o', 'jsonpath={.status.containerStatuses[*].containerID}')).split(' ').length === 2 && (await k.ok('logs', 'talks', '-c', 'one')) !== '', 'both of talks have begun')]);
  });

  command('logs', async () => {
    const unnamed = await k.try(['logs', 'talks']);
    expect(unnamed.stderr).toBe(k.says('Defaulted container "one" out of: one, two, first (init)\n', 'error: a container name must be specified for pod talks, choose one of: [one two] or one of the init containers: [first]\n'));
    expect(await k.ok('logs', 'talks', '-c', 'first')).toBe('from first\n');
    expect(await k.ok('logs', 'box')).toBe('begun\n');
    expect(await k.ok('logs', 'pod/box', 'box')).toBe('begun\n');
    expect(await k.fails('logs', 'talks', '-c', 'nobody')).toBe('error: container nobody is not valid for pod talks\n');
    expect(await k.fails('logs', 'nobody')).toContain('pods "nobody" not found');
  });
  command('logs --tail, --timestamps, --since-time, --limit-bytes', async () => {
    expect(await k.ok('logs', 'talks', '-c', 'one', '--tail=1')).toMatch(/^one \d+\n$/);
    expect(await k.ok('logs', 'talks', '-c', 'one', '--tail=0')).toBe('');
    expect(await k.ok('logs', 'talks', '-c', 'one', '--timestamps', '--since-time=2020-01-01T00:00:00Z')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z one 0\n/);
    expect(await k.ok('logs', 'talks', '-c', 'one', '--since-time=2099-01-01T00:00:00Z')).toBe('');
    expect(await k.ok('logs', 'talks', '-c', 'one', '--limit-bytes=3')).toBe('one');
    expect(await k.fails('logs', 'talks', '-c', 'one', '--since=1s', '--since-time=2020-01-01T00:00:00Z')).toContain('at most one of');
  });
  command('logs --since', async () => {
    await eventually(async () => !(await k.ok('logs', 'talks', '-c', 'one', '--since=1s')).includes('one 0\n'), 'the first line is older than a second');
    expect(await k.ok('logs', 'talks', '-c', 'one', '--since=1h')).toMatch(/^one 0\n/);
  });
  command('logs of a workload', async () => {
    expect(await k.ok('logs', 'deploy/web')).toBe('');
    expect((await k.try(['logs', 'deploy/web'])).stderr).toMatch(/^Found 2 pods, using pod\/web-\S+\n$/);
    expect((await k.try(['logs', 'service/nobody'])).stderr).toContain('services "nobody" not found');
  });
  since('logs --all-pods', async () => {
    expect(await k.ok('logs', 'deploy/web', '--all-pods=true')).toBe('');
  });
  command('logs --all-containers, -l, --prefix, --max-log-requests', async () => {
    // The second one ends and begins again all the time: at moments it has said nothing yet.
    const said = (pattern: RegExp, ...args: string[]): Promise<true> => eventually(async () => pattern.test((await k.try(['logs', ...args])).stdout) || undefined, String(pattern));
    for (const pattern of [/\[pod\/talks\/one\] one 0\n/, /\[pod\/talks\/two\] two a\n/, /\[pod\/talks\/first\] from first\n/]) await said(pattern, 'talks', '--all-containers', '--prefix');
    await said(/from first\n/, '-l', 'app=talks', '--all-containers', '--tail=1');
    expect(await k.fails('logs', '-f', '-l', 'app=talks', '--all-containers', '--max-log-requests=2')).toContain('you are attempting to follow 3 log streams, but maximum allowed concurrency is 2');
    expect(await k.try(['logs', '-l', 'app=nobody'])).toEqual({ code: 0, stdout: '', stderr: k.says(`No resources found in ${k.namespace} namespace.\n`, '') });
  });
  command('logs --previous', async () => {
    await eventually(async () => (await k.try(['logs', 'talks', '-c', 'two', '--previous'])).stdout.split('\n').sort().join() === ',two a,two b', 'what it said before its restart');
    expect(await k.fails('logs', 'box', '--previous')).toContain('previous terminated container "box" in pod "box" not found');
  });
  command('logs -f', async () => {
    await using follow = k.start('logs', '-f', 'talks', '-c', 'one', '--tail=1');
    await follow.until(/one \d+\none \d+\none \d+\n/);
  });
  command('logs -f until the end', async () => {
    await k.ok('run', 'ends', `--image=${busybox}`, '--restart=Never', '--', 'sh', '-c', 'for i in 1 2 3; do echo line $i; sleep 0.5; done');
    await eventually(async () => (await k.ok('get', 'pod', 'ends', '-o', 'jsonpath={.status.phase}')) !== 'Pending', 'it runs');
    expect(await k.ok('logs', '-f', 'ends')).toBe('line 1\nline 2\nline 3\n');
  });
  command('logs of a container that has not begun', async () => {
    await k.ok('run', 'waits', `--image=${busybox}-nowhere`);
    await eventually(async () => /ErrImagePull|ImagePullBackOff/.test(await k.ok('get', 'pod', 'waits')), 'no image');
    expect(await k.fails('logs', 'waits')).toMatch(/^Error from server \(BadRequest\): container "waits" in pod "waits" is waiting to start: (trying and failing to pull image|image can't be pulled)\n$/);
  });
});
