import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterFolder, eventually, exec, ok, rhythm } from '../support/cluster.ts';
import { rmSync } from 'node:fs';

/** What dockerd does to a host's firewall, in a network namespace of its own, so that nobody else is cut off. */
const namespace = `rhythm-e2e-${process.pid}`;
const dir = clusterFolder();
/** nsenter and not `ip netns exec`, which would hide the cgroups. */
const inside = (command: string, ...args: string[]): Promise<string> => ok('nsenter', [`--net=/run/netns/${namespace}`, command, ...args], { timeoutMs: 300_000 });
const rules = (): Promise<string> => inside('iptables', '-S');

beforeAll(async () => {
  await ok('ip', ['netns', 'add', namespace]);
  await inside('ip', 'link', 'set', 'lo', 'up');
  await inside('ip', 'link', 'add', 'docker0', 'type', 'bridge');
  await inside('iptables', '-N', 'DOCKER-USER');
  await inside('iptables', '-A', 'FORWARD', '-j', 'DOCKER-USER');
  await inside('iptables', '-P', 'FORWARD', 'DROP');
});
afterAll(async () => {
  await exec('nsenter', [`--net=/run/netns/${namespace}`, rhythm, 'down', '--dir', dir, '--purge']);
  await exec('ip', ['netns', 'delete', namespace]);
  rmSync(dir, { recursive: true, force: true });
});

test('pods reach Services through the firewall of Docker, and down takes our rules away', async () => {
  const before = await rules();
  const output = await inside(rhythm, 'up', '--dir', dir, '--detach', '--port', '0');
  expect(output).toContain('opened the firewall for pods');
  expect(output).toMatch(/hello: from a pod .* hello-\S+ x\d/);
  expect(await rules()).toMatch(/-A DOCKER-USER -i rhy[0-9a-f]{8} .*--comment "?rhythm-[0-9a-f]{8}"? -j ACCEPT/);
  await inside(rhythm, 'down', '--dir', dir);
  expect(await rules()).toBe(before);
});

test('host ports leave nothing in the nat table', async () => {
  const ruleset = (): Promise<string> => inside('nft', '-s', 'list', 'ruleset');
  const before = await ruleset();
  await inside(rhythm, 'up', '--dir', dir, '--detach', '--port', '0');
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'open', namespace: 'default' }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'open', image: 'rhythm.local/hello:v1', command: ['/bin/httpd', '-f', '-p', '80', '-h', '/etc'], ports: [{ containerPort: 80, hostPort: 28_081 }] }] } };
  await inside('sh', '-c', `echo '${JSON.stringify(pod)}' | ${rhythm} kubectl --dir ${dir} apply -f - && ${rhythm} kubectl --dir ${dir} wait --for=condition=Ready pod/open --timeout=120s`);
  // Ready is a container that was started: its server listens a moment later.
  await eventually(async () => (await inside('busybox', 'wget', '-qO-', 'http://127.0.0.1:28081/passwd')).includes('root:x:0:0'), 'the host port leads to the pod');
  expect(await ruleset()).toContain('CNI-HOSTPORT-DNAT');
  await inside(rhythm, 'down', '--dir', dir);
  expect(await ruleset()).toBe(before);
});

test('a Docker that starts later is noticed', async () => {
  await inside('iptables', '-F');
  await inside('iptables', '-X');
  await inside('iptables', '-P', 'FORWARD', 'ACCEPT');
  await inside('ip', 'link', 'delete', 'docker0');
  await inside(rhythm, 'up', '--dir', dir, '--detach', '--bare', '--port', '0');
  expect(await rules()).not.toContain('rhythm');
  await inside('ip', 'link', 'add', 'docker0', 'type', 'bridge');
  await inside('iptables', '-N', 'DOCKER-USER');
  await inside('iptables', '-A', 'FORWARD', '-j', 'DOCKER-USER');
  await inside('iptables', '-P', 'FORWARD', 'DROP');
  await eventually(async () => (await rules()).includes('-A DOCKER-USER -i rhy'), 'our rules are there');
});
