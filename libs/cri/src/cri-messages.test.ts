import { describe, expect, test } from 'vitest';
import { ContainerState, NamespaceMode, PodSandboxState, SecurityProfile_ProfileType } from '@rhythm/proto/cri';
import { containerMessage, containerStatusOf, sandboxMessage, sandboxStatusOf } from './cri-messages.ts';
import type { ContainerConfig, SandboxConfig } from './runtime.ts';

const namespaces = { network: 'node', pid: 'container', ipc: 'pod' } as const;
const container: ContainerConfig = {
  name: 'a', attempt: 2, image: 'sha256:x', command: ['c'], args: ['d'], workingDir: '/w', env: [{ name: 'A', value: 'ä' }], mounts: [{ containerPath: '/c', hostPath: '/h', readonly: true, propagation: 'host-to-container' }],
  labels: {}, annotations: {}, logPath: 'a/2.log', stdin: false, stdinOnce: false, tty: false, resources: { cpuShares: 2, cpuQuota: 0, cpuPeriod: 100_000, memoryLimitBytes: 5e9, oomScoreAdj: 1000 },
  security: { privileged: false, readonlyRootfs: true, noNewPrivileges: true, addCapabilities: [], dropCapabilities: ['ALL'], supplementalGroups: [7], seccomp: { type: 'runtime-default' }, unmaskedProc: false },
  namespaces,
};
const sandbox: SandboxConfig = {
  name: 'p', namespace: 'ns', uid: 'u', attempt: 1, hostname: '', logDirectory: '/l', portMappings: [{ protocol: 'UDP', containerPort: 53, hostPort: 5353, hostIp: '' }], labels: {}, annotations: {},
  cgroupParent: '/c/p', namespaces, privileged: false, supplementalGroups: [], seccomp: { type: 'localhost', path: '/s/x.json' }, sysctls: {},
};

describe('a container on the wire', () => {
  test('keeps what it is confined by', () => {
    const message = containerMessage(container);
    expect(message.linux?.securityContext).toMatchObject({
      readonlyRootfs: true,
      noNewPrivs: true,
      runAsUser: undefined,
      supplementalGroups: [7n],
      seccomp: { profileType: SecurityProfile_ProfileType.RuntimeDefault },
      namespaceOptions: { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER },
    });
    expect(message.linux?.securityContext?.maskedPaths).toContain('/proc/kcore');
    expect(message.linux?.resources?.memoryLimitInBytes).toBe(5_000_000_000n);
    expect(Buffer.from(message.envs[0]?.value ?? []).toString()).toBe('ä');
  });

  test('user 0 is said, not left out', () => {
    const message = containerMessage({ ...container, security: { ...container.security, runAsUser: 0 } });
    expect(message.linux?.securityContext?.runAsUser).toEqual({ value: 0n });
  });

  test('an unmasked one masks nothing', () => {
    expect(containerMessage({ ...container, security: { ...container.security, unmaskedProc: true } }).linux?.securityContext?.maskedPaths).toEqual([]);
  });
});

test('a sandbox on the wire names its profile and ports', () => {
  const message = sandboxMessage(sandbox);
  expect(message.linux?.securityContext?.seccomp).toEqual({ profileType: SecurityProfile_ProfileType.Localhost, localhostRef: '/s/x.json' });
  expect(message.portMappings).toEqual([{ protocol: 1, containerPort: 53, hostPort: 5353, hostIp: '' }]);
  expect(message.dnsConfig).toBeUndefined();
});

test('statuses in milliseconds, with all addresses', () => {
  const status = sandboxStatusOf({ id: 's', metadata: undefined, state: PodSandboxState.SANDBOX_READY, createdAt: 1_700_000_000_123_456_789n, network: { ip: '10.0.0.1', additionalIps: [{ ip: 'fd00::1' }] }, linux: undefined, labels: {}, annotations: {}, runtimeHandler: '' });
  expect(status).toMatchObject({ ready: true, createdAt: 1_700_000_000_123, ips: ['10.0.0.1', 'fd00::1'] });
  const ended = containerStatusOf(
    { id: 'c', metadata: { name: 'a', attempt: 3 }, state: ContainerState.CONTAINER_EXITED, createdAt: 0n, startedAt: 0n, finishedAt: 5_000_000n, exitCode: 137, image: undefined, imageRef: 'r', reason: 'OOMKilled', message: '', labels: { l: 'sandbox' }, annotations: {}, mounts: [], logPath: '', resources: undefined, imageId: '', user: undefined, stopSignal: 0 },
    'l',
  );
  expect(ended).toMatchObject({ sandboxId: 'sandbox', name: 'a', attempt: 3, state: 'exited', startedAt: 0, finishedAt: 5, exitCode: 137, reason: 'OOMKilled' });
});
