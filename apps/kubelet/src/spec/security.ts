import type { Container, Pod, SeccompProfile as SeccompSpec } from '@rhythm/api/types/core-v1';
import type { ContainerSecurity, Image, NamespaceScopes, SeccompProfile } from '@rhythm/cri';
import { UnresolvedError } from './downward.ts';

/** Which namespaces a container shares, by the pod's `host…` fields; a debugging container may join another's processes. */
export function namespaceScopes(pod: Pod): NamespaceScopes {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  return {
    network: hostNetwork === true ? 'node' : 'pod',
    pid: hostPID === true ? 'node' : shareProcessNamespace === true ? 'pod' : 'container',
    ipc: hostIPC === true ? 'node' : 'pod',
  };
}

/** A profile that names no file is refused: an empty name would mean unconfined (CVE-2023-2431). */
export function seccompProfile(spec: SeccompSpec | undefined, seccompRoot: string): SeccompProfile {
  switch (spec?.type) {
    case undefined:
    case 'Unconfined':
      return { type: 'unconfined' };
    case 'RuntimeDefault':
      return { type: 'runtime-default' };
    case 'Localhost': {
      const file = spec.localhostProfile ?? '';
      if (file === '' || file.startsWith('/') || file.split('/').includes('..')) throw new UnresolvedError(`localhostProfile "${file}" is not a path below the seccomp folder`);
      return { type: 'localhost', path: `${seccompRoot}/${file}` };
    }
    default:
      throw new UnresolvedError(`seccompProfile type ${spec?.type} is not supported`);
  }
}

/** How a container is confined; the container's own settings win over the pod's. @throws UnresolvedError when it may not run so. */
export function containerSecurity(pod: Pod, container: Container, image: Image, seccompRoot: string): ContainerSecurity {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  const chosen = own.runAsUser ?? shared.runAsUser;
  const runAsUser = chosen ?? (runAsGroup === undefined ? undefined : (image.uid ?? (image.username === undefined ? 0 : undefined)));
  if (own.runAsNonRoot ?? shared.runAsNonRoot) refuseRoot(pod, container, image, chosen);
  const privileged = own.privileged === true;
  return {
    privileged,
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsUser === undefined && image.username !== undefined && runAsGroup !== undefined ? { runAsUsername: image.username } : {}),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    supplementalGroups: supplementalGroups(pod),
    seccomp: privileged ? { type: 'unconfined' } : seccompProfile(own.seccompProfile ?? shared.seccompProfile, seccompRoot),
    unmaskedProc: privileged || own.procMount === 'Unmasked',
  };
}

export function supplementalGroups(pod: Pod): number[] {
  const { fsGroup, supplementalGroups: groups = [] } = pod.spec.securityContext ?? {};
  return [...new Set([...(fsGroup === undefined ? [] : [fsGroup]), ...groups])];
}

/** Holds on every start, also with an image that was there before (CVE-2019-11245). */
function refuseRoot(pod: Pod, container: Container, image: Image, chosen: number | undefined): void {
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  if (chosen !== undefined) {
    if (chosen === 0) throw new UnresolvedError(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  if (image.username !== undefined) {
    throw new UnresolvedError(`container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`);
  }
  if ((image.uid ?? 0) === 0) throw new UnresolvedError(`container has runAsNonRoot and image will run as root ${where}`);
}
