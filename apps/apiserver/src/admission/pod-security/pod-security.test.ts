import type { ApiError, KubeObject } from '@rhythm/api';
import { afterEach, describe, expect, test } from 'vitest';
import { MemoryObjects } from '../../auth/memory-objects.ts';
import { testApi, type TestApi } from '../../testing.ts';
import { podSecurity } from './pod-security.ts';

let api: TestApi;
afterEach(() => api.stop());

const label = (mode: string): string => `pod-security.kubernetes.io/${mode}`;

function within(labels: Record<string, string>, pods: readonly KubeObject[] = []): void {
  const objects = new MemoryObjects();
  objects.put('', 'namespaces', { metadata: { name: 'a', labels } });
  for (const pod of pods) objects.put('', 'pods', pod);
  api = testApi({ admission: [podSecurity(objects)] });
}

const safe = { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } };
const pod = (container: object = {}, spec: object = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'a' }, spec: { containers: [{ name: 'c', image: 'x', ...container }], ...spec } }) as KubeObject;
const create = (made: object): Promise<{ warnings: readonly string[] }> => api.respond('create', 'v1/ns/a/pods', made, { dryRun: ['All'] });
const refusal = (made: object): Promise<string> => create(made).then(() => 'accepted', (error: unknown) => (error as ApiError).message);

describe('baseline', () => {
  test.each<[string, object, object, string]>([
    ['namespaces of the host', {}, { hostNetwork: true, hostPID: true }, 'host namespaces (hostNetwork=true, hostPID=true)'],
    ['privileged', { securityContext: { privileged: true } }, {}, 'privileged (container "c" must not set securityContext.privileged=true)'],
    ['privileged beginnings', {}, { initContainers: [{ name: 'i', image: 'x', securityContext: { privileged: true } }] }, 'privileged (container "i" must not set securityContext.privileged=true)'],
    ['capabilities', { securityContext: { capabilities: { add: ['NET_ADMIN', 'CHOWN'] } } }, {}, 'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)'],
    ['paths of the host', {}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    ['ports of the host', { ports: [{ containerPort: 1, hostPort: 80 }] }, {}, 'hostPort (container "c" uses hostPort 80)'],
    ['seccomp', {}, { securityContext: { seccompProfile: { type: 'Unconfined' } } }, 'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")'],
    ['sysctls', {}, { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }, { name: 'net.ipv4.tcp_rmem', value: '1' }] } }, 'forbidden sysctls (kernel.msgmax)'],
    ['SELinux', {}, { securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } } }, 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)'],
    ['probes elsewhere', { livenessProbe: { httpGet: { port: 1, host: 'h' } } }, {}, 'probe or lifecycle host (container "c" uses probe or lifecycle host "h")'],
  ])('refuses %s', async (_name, container, spec, why) => {
    within({ [label('enforce')]: 'baseline' });
    expect(await refusal(pod(container, spec))).toBe(`pods "p" is forbidden: violates PodSecurity "baseline:latest": ${why}`);
  });

  test('lets a plain pod in', async () => {
    within({ [label('enforce')]: 'baseline' });
    expect(await refusal(pod())).toBe('accepted');
  });
});

describe('restricted', () => {
  test('says all that is missing', async () => {
    within({ [label('enforce')]: 'restricted' });
    expect(await refusal(pod())).toBe(
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    expect(await refusal(pod({ securityContext: safe }))).toBe('accepted');
    expect(await refusal(pod({ securityContext: safe }, { volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }], securityContext: { runAsUser: 0 } }))).toContain('restricted volume types (volume "v" uses restricted volume type "nfs"), runAsUser=0 (pod must not set runAsUser=0)');
  });

  test('is what it was in the release that is asked for', async () => {
    within({ [label('enforce')]: 'restricted', [label('enforce-version')]: 'v1.18' });
    expect(await refusal(pod({ securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false } }))).toBe('accepted');
  });
});

test('others are warned of, workloads included', async () => {
  within({ [label('warn')]: 'baseline' });
  const text = 'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)';
  expect((await create(pod({}, { hostNetwork: true }))).warnings).toContain(text);
  await api.stop();
  within({ [label('enforce')]: 'baseline', [label('warn')]: 'baseline' });
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { hostNetwork: true, containers: [{ name: 'c', image: 'x' }] } } } };
  expect((await api.respond('create', 'apps/v1/ns/a/deployments', deployment)).warnings).toContain(text);
});

test('a namespace has levels that exist, and is told of pods that would not be let in again', async () => {
  within({}, [pod({}, { hostPID: true })]);
  const named = (labels: object): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', labels } });
  await expect(api.call('create', 'v1/namespaces', named({ [label('enforce')]: 'strict' }))).rejects.toThrow('metadata.labels[pod-security.kubernetes.io/enforce]: Unsupported value: "strict"');
  await expect(api.call('create', 'v1/namespaces', named({ [label('warn-version')]: '1.2' }))).rejects.toThrow('must be "latest" or "v1.x"');
  await api.call('create', 'v1/namespaces', named({}));
  const { warnings } = await api.respond('update', 'v1/namespaces/a', named({ [label('enforce')]: 'baseline' }));
  expect(warnings).toEqual(['existing pods in namespace "a" violate the new PodSecurity enforce level "baseline:latest"', 'p: host namespaces']);
});

test('a level that cannot be read is taken strictly', async () => {
  within({ [label('enforce')]: 'strict' });
  expect(await refusal(pod())).toContain('violates PodSecurity "restricted:latest"');
});
