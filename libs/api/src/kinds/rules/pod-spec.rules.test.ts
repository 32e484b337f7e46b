import { createRules, defaultRules, statusRules, updateRules, withChange } from './testing.ts';
import type { RuleCase } from './testing.ts';

const c = 'spec.containers[0]';
const pod = { spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const rules = (of: string, cases: readonly RuleCase[], good: object = pod): void => createRules('v1 Pod', good, cases, of);
const long = 'a'.repeat(64);

rules('PodSpec', [
  ['hostnameOverride', { 'spec.hostnameOverride': 'A' }, 'spec.hostnameOverride: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['hostnameOverride', { 'spec.hostnameOverride': `${long}a` }, 'spec.hostnameOverride: Too long: may not be more than 64 bytes'],
  ['hostnameOverride', { 'spec.hostnameOverride': 'a.b', 'spec.setHostnameAsFQDN': true }, 'spec.hostnameOverride: Forbidden: '],
  ['hostnameOverride', { 'spec.hostnameOverride': 'a.b', 'spec.hostNetwork': true }, 'spec.hostnameOverride: Forbidden: '],
  ['hostnameOverride', { 'spec.hostnameOverride': 'a.b' }],
  ['imagePullSecrets[*]', { 'spec.imagePullSecrets': [{ name: 's' }, {}] }],
  ['dnsConfig.searches', { 'spec.dnsConfig': { searches: ['.', 'a.b.', '_tcp.x'] } }],
  ['dnsConfig.searches', { 'spec.dnsConfig': { searches: ['A'] } }, 'spec.dnsConfig.searches[0]: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['dnsConfig.searches', { 'spec.dnsConfig': { searches: Array(33).fill('a') } }, 'spec.dnsConfig.searches: Invalid value: '],
  ['dnsConfig.searches', { 'spec.dnsConfig': { searches: Array(32).fill('a'.repeat(64)) } }, 'spec.dnsConfig.searches: Invalid value: '],
  ['resourceClaims[*].name', { 'spec.resourceClaims': [{ name: 'a', resourceClaimName: 'x' }, { name: 'a', resourceClaimName: 'x' }, { name: 'A', resourceClaimName: 'x' }, { name: '', resourceClaimName: 'x' }] }, 'spec.resourceClaims[1].name: Duplicate value: "a"', 'spec.resourceClaims[2].name: Invalid value: "A"', 'spec.resourceClaims[3].name: Required value'],
  ['resourceClaims[*]', { 'spec.resourceClaims': [{ name: 'a' }, { name: 'b', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }] }, 'spec.resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`', 'spec.resourceClaims[1]: Invalid value: {"Name":"b","ResourceClaimName":"x","ResourceClaimTemplateName":"y"}: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'],
  ['resourceClaims[*]', { 'spec.resourceClaims': [{ name: 'a', resourceClaimName: 'X' }] }, 'spec.resourceClaims[0].resourceClaimName: Invalid value: "X"'],
  ['overhead', { 'spec.overhead': { cpu: '-1' } }, 'spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  ['hostUsers', { 'spec.hostUsers': false, 'spec.hostPID': true, 'spec.hostIPC': true, 'spec.hostNetwork': true }, 'spec.hostNetwork: Forbidden: when `hostUsers` is false', 'spec.HostPID: Forbidden', 'spec.HostIPC: Forbidden'],
  ['containers[*].ports[*].hostPort', { 'spec.hostNetwork': true, [`${c}.ports`]: [{ containerPort: 1, hostPort: 2 }] }, `${c}.ports[0].hostPort: Invalid value: 2: must match \`containerPort\` when \`hostNetwork\` is true`],
  ['containers[*].ports[*]', { [`${c}.ports`]: [{ containerPort: 1, hostPort: 2 }, { containerPort: 3, hostPort: 2 }, { containerPort: 1, hostPort: 2, protocol: 'UDP' }] }, `${c}.ports[1].hostPort: Duplicate value: "TCP//2"`],
  ['resources', { 'spec.resources': { limits: { 'a.b/c': '1' } } }, 'spec.resources.limits[a.b/c]: Unsupported value: "a.b/c": supported values: "cpu", "memory"'],
  ['resources', { 'spec.resources': { limits: { cpu: '1' }, claims: [{ name: 'x' }] } }, 'spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level', 'spec.resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty'],
  ['resources', { 'spec.resources': { requests: { cpu: '1' }, limits: { cpu: '2' } }, [`${c}.resources`]: { requests: { cpu: '2' }, limits: { cpu: '3' } } }, 'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2', 'spec.resources.containers[0][cpu].limits: Invalid value: "3": must be less than or equal to pod limits of 2'],
  ['resources', { 'spec.resources': { requests: { cpu: '1' } }, 'spec.os': { name: 'windows' } }, 'spec.resources: Forbidden: may not be set for a windows pod'],
  ['volumes projected serviceAccountToken', { 'spec.volumes': [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] }, 'spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set'],
  ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]', { 'metadata.annotations': { 'controller.kubernetes.io/pod-deletion-cost': '+1' } }, 'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer'],
  ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]', { 'metadata.annotations': { 'controller.kubernetes.io/pod-deletion-cost': '2147483648' } }, 'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "2147483648"'],
]);

const volumes = { 'spec.volumes': [{ name: 'v', emptyDir: {} }, { name: 'b', persistentVolumeClaim: { claimName: 'x' } }] };
const mounted = withChange(pod, { ...volumes, [`${c}.volumeMounts`]: [{ name: 'v', mountPath: '/a' }] });
const list = `${c}.volumeMounts`;
const mount = `${list}[0]`;
const env = (valueFrom: object): Record<string, unknown> => ({ [`${c}.env`]: [{ name: 'E', valueFrom }] });
const from = `${c}.env[0].valueFrom`;
rules('Container', [
  ['env[*].valueFrom.fieldRef.fieldPath', env({ fieldRef: { fieldPath: 'spec.x' } }), `${from}.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x`],
  ['env[*].valueFrom.fieldRef.fieldPath', env({ fieldRef: { fieldPath: 'status.phase' } }), `${from}.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`],
  ['env[*].valueFrom.fieldRef.fieldPath', env({ fieldRef: { fieldPath: "spec.x['a']" } }), `${from}.fieldRef.fieldPath: Invalid value: "spec.x['a']": error converting fieldPath: field label does not support subscript: spec.x['a']`],
  ['env[*].valueFrom.fieldRef.fieldPath', env({ fieldRef: { apiVersion: 'v2', fieldPath: 'metadata.name' } }), `${from}.fieldRef.fieldPath: Invalid value: "metadata.name": error converting fieldPath: unsupported pod version: v2`],
  ['env[*].valueFrom.fieldRef.fieldPath', env({ fieldRef: { fieldPath: "metadata.labels['a b']" } }), `${from}.fieldRef: Invalid value: "a b"`],
  ['env[*].valueFrom.resourceFieldRef.resource', env({ resourceFieldRef: { resource: 'limits.x' } }), `${from}.resourceFieldRef.resource: Unsupported value: "limits.x"`],
  ['env[*].valueFrom.resourceFieldRef.divisor', env({ resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } }), `${from}.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`],
  ['env[*].valueFrom.configMapKeyRef, secretKeyRef', env({ secretKeyRef: { name: '', key: 'a b' } }), `${from}.secretKeyRef.name: Invalid value: "": a lowercase RFC 1123 subdomain`, `${from}.secretKeyRef.key: Invalid value: "a b"`],
  ['env[*].valueFrom.fileKeyRef', env({ fileKeyRef: { key: 'K', path: 'a/../b', volumeName: 'v' } }), `${from}.fileKeyRef.path: Invalid value: "a/../b": must not contain '..'`],
  ['env[*].valueFrom.fileKeyRef', env({ fileKeyRef: { key: 'K', path: 'a', volumeName: 'b' } }), `${from}.fileKeyRef.volumeName: Invalid value: "b": referenced volume must be of type emptyDir`],
  ['env[*].valueFrom.fileKeyRef', env({ fileKeyRef: { key: 'K', path: 'a', volumeName: 'x' } }), `${from}.fileKeyRef.volumeName: Not found: "x"`],
  ['envFrom[*].prefix', { [`${c}.envFrom`]: [{ prefix: 'a=b', secretRef: { name: 's' } }] }, `${c}.envFrom[0].prefix: Invalid value: "a=b"`],
  ['volumeMounts[*].mountPath', { [`${c}.volumeMounts[1]`]: { name: 'v', mountPath: '/a' } }, `${c}.volumeMounts[1].mountPath: Invalid value: "/a": must be unique`],
  ['volumeMounts[*].mountPath', { [`${mount}.mountPath`]: '' }, `${mount}.mountPath: Required value`],
  ['volumeMounts[*].subPath', { [`${mount}.subPath`]: '/a' }, `${list}.subPath: Invalid value: "/a": must be a relative path`],
  ['volumeMounts[*].subPath', { [`${mount}.subPath`]: 'a', [`${mount}.subPathExpr`]: 'b' }, `${mount}.subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive`],
  ['volumeMounts[*].subPathExpr', { [`${mount}.subPathExpr`]: '../b' }, `${list}.subPathExpr: Invalid value: "../b": must not contain '..'`],
  ['volumeMounts[*].mountPropagation', { [`${mount}.mountPropagation`]: 'X' }, `${list}.mountPropagation: Unsupported value: "X": supported values: "Bidirectional", "HostToContainer", "None"`],
  ['volumeMounts[*].mountPropagation', { [`${mount}.mountPropagation`]: 'Bidirectional' }, `${list}.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`],
  ['volumeMounts[*].recursiveReadOnly', { [`${mount}.recursiveReadOnly`]: 'X' }, `${list}.recursiveReadOnly: Unsupported value: "X"`],
  ['volumeMounts[*].recursiveReadOnly', { [`${mount}.recursiveReadOnly`]: 'Enabled', [`${mount}.mountPropagation`]: 'HostToContainer' }, `${list}.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`, `${list}.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified`],
  ['volumeMounts[*].recursiveReadOnly', { [`${mount}.recursiveReadOnly`]: 'IfPossible', [`${mount}.readOnly`]: true }],
  ['volumeDevices[*].name', { [`${c}.volumeDevices`]: [{ name: 'v', devicePath: '/d' }] }, `${c}.volumeMounts[0].name: Invalid value: "v": must not already exist in volumeDevices`, `${c}.volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`, `${c}.volumeDevices[0].name: Invalid value: "v": must not already exist in volumeMounts`],
  ['volumeDevices[*].name', { [`${c}.volumeDevices`]: [{ name: 'x', devicePath: '/d' }] }, `${c}.volumeDevices[0].name: Not found: "x"`],
  ['volumeDevices[*].devicePath', { [`${c}.volumeDevices`]: [{ name: 'b', devicePath: '/a' }] }, `${mount}.mountPath: Invalid value: "/a": must not already exist as a path in volumeDevices`, `${c}.volumeDevices[0].devicePath: Invalid value: "/a": must not already exist as a path in volumeMounts`],
  ['volumeDevices[*].devicePath', { [`${c}.volumeDevices`]: [{ name: 'b', devicePath: '/../d' }] }, `${c}.volumeDevices[0].devicePath: Invalid value: "/../d": can not contain backsteps ('..')`],
  ['volumeDevices[*].devicePath', { [`${c}.volumeDevices`]: [{ name: 'b', devicePath: '/d' }], 'spec.hostUsers': false }, `${c}.volumeDevices: Forbidden: when \`hostUsers\` is false`],
  ['resizePolicy[*].resourceName', { [`${c}.resizePolicy`]: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }, { resourceName: 'cpu', restartPolicy: 'NotRequired' }, { resourceName: 'x', restartPolicy: 'NotRequired' }] }, `${c}.resizePolicy[1]: Duplicate value: "cpu"`, `${c}.resizePolicy: Unsupported value: "x": supported values: "cpu", "memory"`],
  ['resizePolicy[*].restartPolicy', { 'spec.restartPolicy': 'Never', [`${c}.resizePolicy`]: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }, `${c}.resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when \`restartPolicy\` is 'Never'`],
  ['restartPolicyRules', { [`${c}.restartPolicyRules`]: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] }, `${c}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`],
  ['restartPolicyRules', { [`${c}.restartPolicy`]: 'Never', [`${c}.restartPolicyRules`]: [{ action: 'X', exitCodes: { operator: 'X' } }, { action: 'Restart' }] }, `${c}.restartPolicyRules[0].action: Unsupported value: "X"`, `${c}.restartPolicyRules[0].exitCodes.operator: Unsupported value: "X": supported values: "In", "NotIn"`, `${c}.restartPolicyRules[1].exitCodes: Required value`],
  ['restartPolicyRules', { [`${c}.restartPolicy`]: 'Never', [`${c}.restartPolicyRules`]: Array(21).fill({ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }) }, `${c}.restartPolicyRules: Too long`],
  ['lifecycle, livenessProbe, readinessProbe, startupProbe', { 'spec.initContainers': [{ name: 'i', image: 'i', livenessProbe: { exec: { command: ['a'] } }, lifecycle: { preStop: { exec: { command: ['a'] } } } }] }, 'spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always', 'spec.initContainers[0].livenessProbe: Forbidden'],
], mounted);
const e = 'spec.ephemeralContainers[0]';
const onCreate = 'spec.ephemeralContainers: Forbidden: cannot be set on create';
rules('EphemeralContainer', [
  ['targetContainerName', { [e]: { name: 'e', image: 'i', targetContainerName: 'x' } }, `${e}.targetContainerName: Not found: "x"`, onCreate],
  ['name', { [e]: { name: 'c', image: 'i' } }, `${e}.name: Duplicate value: "c"`, onCreate],
  ['ports, livenessProbe, readinessProbe, startupProbe, lifecycle, resources, resizePolicy', { [e]: { name: 'e', image: 'i', ports: [{ containerPort: 1 }], resources: { limits: { cpu: '1' } }, livenessProbe: { exec: { command: ['a'] } } } }, `${e}.ports: Forbidden: cannot be set for an Ephemeral Container`, `${e}.resources: Forbidden`, `${e}.livenessProbe: Forbidden`, onCreate],
  ['volumeMounts[*].subPath, subPathExpr', { [e]: { name: 'e', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/a', subPath: 's' }] } }, `${e}.volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container`, onCreate],
], mounted);

const httpGet = { path: '/', port: 80 };
rules('Probe', [
  ['initialDelaySeconds, timeoutSeconds, periodSeconds, successThreshold, failureThreshold', { [`${c}.readinessProbe`]: { httpGet, initialDelaySeconds: -1, timeoutSeconds: -1 } }, `${c}.readinessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0`, `${c}.readinessProbe.timeoutSeconds: Invalid value: -1`],
  ['httpGet.path', { [`${c}.readinessProbe`]: { httpGet: { port: 80 } } }],
  ['httpGet.port, tcpSocket.port', { [`${c}.readinessProbe`]: { tcpSocket: { port: 'a_' } } }, `${c}.readinessProbe.tcpSocket.port: Invalid value: "a_"`],
  ['httpGet.scheme', { [`${c}.readinessProbe`]: { httpGet: { ...httpGet, scheme: 'X' } } }, `${c}.readinessProbe.httpGet.scheme: Unsupported value: "X": supported values: "HTTP", "HTTPS"`],
  ['httpGet.httpHeaders[*].name', { [`${c}.readinessProbe`]: { httpGet: { ...httpGet, httpHeaders: [{ name: 'a b', value: '' }] } } }, `${c}.readinessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of`],
]);
const r = `${c}.resources`;
rules('ResourceRequirements', [
  ['limits[R], requests[R]', { [r]: { limits: { x: '1' } } }, `${r}.limits[x]: Invalid value: "x": must be a standard resource type or fully qualified`, `${r}.limits[x]: Invalid value: "x": must be a standard resource for containers`, `${r}.requests[x]: Invalid value: "x": must be a standard resource type`, `${r}.requests[x]: Invalid value: "x": must be a standard resource for containers`],
  ['limits[R], requests[R]', { [r]: { limits: { 'a.b/c': '1.5' } } }, `${r}.limits[a.b/c]: Invalid value: "1500m": must be an integer`, `${r}.requests[a.b/c]: Invalid value: "1500m"`],
  ['limits[R], requests[R]', { [r]: { limits: { 'hugepages-2Mi': '3Mi', cpu: '1' } } }, `${r}.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`, `${r}.requests[hugepages-2Mi]: Invalid value`],
  ['requests[R]', { [r]: { limits: { cpu: '1' }, requests: { cpu: '2' } } }, `${r}.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
  ['requests[R]', { [r]: { limits: { 'a.b/c': '2' }, requests: { 'a.b/c': '1' } } }, `${r}.requests: Invalid value: "1": must be equal to a.b/c limit of 2`],
  ['limits[R]', { [r]: { requests: { 'a.b/c': '1' } } }, `${r}.limits: Required value: Limit must be set for non overcommitable resources`],
  ['limits, requests', { [r]: { limits: { 'hugepages-2Mi': '2Mi' } } }, `${r}: Forbidden: HugePages require cpu or memory`],
  ['claims[*].name', { [r]: { claims: [{ name: 'a' }, { name: 'b' }, { name: 'b' }] }, 'spec.resourceClaims': [{ name: 'b', resourceClaimName: 'x' }] }, `${r}.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims: b`, `${r}.claims[2]: Duplicate value: "b"`],
  ['claims[*].name', { [r]: { claims: [{ name: 'b', request: 'R' }, { name: 'b', request: 'r' }, { name: 'b', request: 'r' }, { name: 'b' }, { name: '' }] }, 'spec.resourceClaims': [{ name: 'b', resourceClaimName: 'x' }] }, `${r}.claims[0].request: Invalid value: "R": a lowercase RFC 1123 label`, `${r}.claims[2]: Duplicate value: "b/r"`, `${r}.claims[3]: Duplicate value: "b"`, `${r}.claims[3]: Duplicate value: "b"`, `${r}.claims[4]: Required value`],
  ['limits[R], requests[R]', { [r]: { requests: { 'requests.a.b/c': '1' } } }, `${r}.requests[requests.a.b/c]: Invalid value: "requests.a.b/c": doesn't follow extended resource name standard`, `${r}.limits: Required value`],
]);
const s = 'spec.securityContext';
rules('PodSecurityContext', [
  ['runAsUser, runAsGroup, fsGroup, supplementalGroups[*]', { [s]: { runAsUser: -1, supplementalGroups: [2147483648] } }, `${s}.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`, `${s}.supplementalGroups[0]: Invalid value: 2147483648`],
  ['fsGroupChangePolicy', { [s]: { fsGroupChangePolicy: 'X' } }, `${s}.fsGroupChangePolicy: Unsupported value: "X": supported values: "Always", "OnRootMismatch"`],
  ['supplementalGroupsPolicy', { [s]: { supplementalGroupsPolicy: 'X' } }, `${s}.supplementalGroupsPolicy: Unsupported value: "X": supported values: "Merge", "Strict"`],
  ['seLinuxChangePolicy', { [s]: { seLinuxChangePolicy: 'MountOption' } }, `${s}.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"`],
  ['sysctls[*].name', { [s]: { sysctls: [{ name: '', value: '' }, { name: 'A.b', value: '' }, { name: 'a.b', value: '' }, { name: 'a.b', value: '' }] } }, `${s}.sysctls[0].name: Required value`, `${s}.sysctls[1].name: Invalid value: "A.b": must have at most 253 characters and match regex`, `${s}.sysctls[3].name: Duplicate value: "a.b"`],
  ['sysctls[*].name', { [s]: { sysctls: [{ name: 'net/ipv4.x', value: '' }, { name: 'kernel.shmmax', value: '' }] }, 'spec.hostNetwork': true, 'spec.hostIPC': true }, `${s}.sysctls[0].name: Invalid value: "net/ipv4.x": may not be specified when 'hostNetwork' is true`, `${s}.sysctls[1].name: Invalid value: "kernel.shmmax"`],
  ['seccompProfile.type', { [s]: { seccompProfile: { type: 'X' } } }, `${s}.seccompProfile.type: Unsupported value: "X": supported values: "Localhost", "RuntimeDefault", "Unconfined"`],
  ['seccompProfile.localhostProfile', { [s]: { seccompProfile: { type: 'Localhost' } } }, `${s}.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost`],
  ['seccompProfile.localhostProfile', { [s]: { seccompProfile: { type: 'Unconfined', localhostProfile: 'a' } } }, `${s}.seccompProfile.localhostProfile: Invalid value: {"Type":"Unconfined","LocalhostProfile":"a"}: can only be set when seccomp type is Localhost`],
  ['appArmorProfile.type', { [s]: { appArmorProfile: { type: '' } } }, `${s}.appArmorProfile.type: Required value: type is required when appArmorProfile is set`],
  ['appArmorProfile.localhostProfile', { [s]: { appArmorProfile: { type: 'Localhost', localhostProfile: ' a' } } }, `${s}.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace`],
  ['appArmorProfile.localhostProfile', { [s]: { appArmorProfile: { type: 'Localhost', localhostProfile: 'a'.repeat(4096) } } }, `${s}.appArmorProfile.localhostProfile: Too long: may not be more than 4095 bytes`],
  ['windowsOptions.gmsaCredentialSpecName', { [s]: { windowsOptions: { gmsaCredentialSpecName: 'A' } } }, `${s}.windowsOptions.gmsaCredentialSpecName: Invalid value: "A"`],
  ['windowsOptions.gmsaCredentialSpec', { [s]: { windowsOptions: { gmsaCredentialSpec: '' } } }, `${s}.windowsOptions.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty string`],
  ['windowsOptions.runAsUserName', { [s]: { windowsOptions: { runAsUserName: 'a\\b\\c' } } }, `${s}.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash`],
  ['windowsOptions.runAsUserName', { [s]: { windowsOptions: { runAsUserName: '.\\a@' } } }, `${s}.windowsOptions.runAsUserName: Invalid value: ".\\\\a@": runAsUserName's Domain`, `${s}.windowsOptions.runAsUserName: Invalid value: ".\\\\a@": runAsUserName's User cannot contain`],
  ['windowsOptions.hostProcess', { [`${c}.securityContext`]: { windowsOptions: { hostProcess: true } }, 'spec.containers[1]': { name: 'd', image: 'i' } }, 'spec: Invalid value: "": If pod contains any hostProcess containers', 'spec.hostNetwork: Invalid value: false: hostNetwork must be true'],
]);
const sc = `${c}.securityContext`;
rules('SecurityContext', [
  ['runAsUser, runAsGroup', { [sc]: { runAsUser: -1 } }, `${sc}.runAsUser: Invalid value: -1`],
  ['privileged', { [sc]: { privileged: true } }],
  ['allowPrivilegeEscalation', { [sc]: { allowPrivilegeEscalation: false, privileged: true, capabilities: { add: ['CAP_SYS_ADMIN'] } } }, `${sc}: Invalid value: `, `${sc}: Invalid value: `],
  ['procMount', { [sc]: { procMount: 'X' } }, `${sc}.procMount: Unsupported value: "X": supported values: "Default", "Unmasked"`],
  ['procMount', { [sc]: { procMount: 'Unmasked' } }, `${sc}.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``],
  ['seccompProfile, appArmorProfile, windowsOptions', { [sc]: { seccompProfile: { type: '' }, appArmorProfile: { type: 'X' }, windowsOptions: { runAsUserName: '' } } }, `${sc}.seccompProfile.type: Required value: type is required when seccompProfile is set`, `${sc}.windowsOptions.runAsUserName: Invalid value: "": runAsUserName cannot be an empty string`, `${sc}.appArmorProfile.type: Unsupported value: "X": supported values: "Localhost", "RuntimeDefault", "Unconfined"`],
]);

updateRules('v1 Pod', pod, [
  ['spec.containers[*].resources', { [r]: { limits: { cpu: '1' } } }, 'spec: Forbidden: pod updates may not change fields other than'],
  ['spec.containers[*].resizePolicy', { [`${c}.resizePolicy`]: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }, 'spec: Forbidden'],
  ['spec.affinity.nodeAffinity', { 'spec.affinity': { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } } }, 'spec: Forbidden'],
]);
const terms = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
const inA = { key: 'a', operator: 'In', values: ['b'] };
const gated = withChange(pod, { 'spec.schedulingGates': [{ name: 'g' }], [terms]: [{ matchExpressions: [inA] }] });
updateRules('v1 Pod', gated, [
  ['spec.affinity.nodeAffinity', { [`${terms}[0].matchExpressions[1]`]: { ...inA, key: 'b' }, 'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution': [{ weight: 1, preference: {} }] }],
  ['spec.affinity.nodeAffinity', { [`${terms}[0].matchExpressions`]: [{ ...inA, key: 'b' }] }, `${terms}[0]: Invalid value: `],
  ['spec.affinity.nodeAffinity', { [`${terms}[1]`]: { matchExpressions: [inA] } }, `${terms}: Invalid value: `],
]);
const state = (terminated: object | undefined): object => ({ status: { containerStatuses: [{ name: 'c', state: terminated === undefined ? { running: {} } : { terminated } }] } });
const revived = { 'status.containerStatuses': [{ name: 'c', state: { running: {} } }] };
statusRules('v1 Pod', withChange(pod, { 'spec.restartPolicy': 'Never' }), [['status.containerStatuses', revived, 'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state']], state({ exitCode: 1 }));
statusRules('v1 Pod', withChange(pod, { 'spec.restartPolicy': 'OnFailure' }), [['status.containerStatuses', revived]], state({ exitCode: 1 }));
statusRules('v1 Pod', withChange(pod, { 'spec.restartPolicy': 'OnFailure' }), [['status.containerStatuses', revived, 'status.containerStatuses[0].state: Forbidden']], state({ exitCode: 0 }));
statusRules('v1 Pod', withChange(pod, { 'spec.nodeName': 'n' }), [
  ['status.nominatedNodeName', { 'status.nominatedNodeName': 'n' }, 'status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node'],
], state(undefined));

const resources = { limits: { cpu: '1', 'a.b/c': '2' } };
defaultRules('v1 Pod', [
  ['spec.containers[*].resources.requests[R]', withChange(pod, { [r]: resources }), { [`${r}.requests.cpu`]: '1' }],
  ['spec.resources.limits[hugepages-*]', withChange(pod, { 'spec.resources': { limits: { cpu: '1', memory: '1Gi' } }, [r]: { limits: { 'hugepages-2Mi': '2Mi', cpu: '1' } } }), { 'spec.resources.limits.hugepages-2Mi': '2Mi' }],
  ['spec.resources.requests[R]', withChange(pod, { 'spec.resources': { limits: { cpu: '2', memory: '1Gi' } }, [r]: { requests: { cpu: '1' } } }), { 'spec.resources.requests': { cpu: '1', memory: '1Gi' } }],
  ['spec.containers[*].ports[*].hostPort', withChange(pod, { 'spec.hostNetwork': true, [`${c}.ports`]: [{ containerPort: 80 }] }), { [`${c}.ports[0].hostPort`]: 80 }],
  ['schedulerName', pod, { 'spec.schedulerName': 'default-scheduler' }],
  ['emptyDir', withChange(pod, { 'spec.volumes': [{ name: 'v' }] }), { 'spec.volumes[0].emptyDir': {} }],
  ['pullPolicy', withChange(pod, { 'spec.volumes': [{ name: 'v', image: { reference: 'a' } }, { name: 'w', image: { reference: 'a@sha256:b' } }] }), { 'spec.volumes[0].image.pullPolicy': 'Always', 'spec.volumes[1].image.pullPolicy': 'IfNotPresent' }],
  ['periodSeconds', withChange(pod, { [`${c}.livenessProbe`]: { httpGet: { port: 80 }, periodSeconds: 0 } }), { [`${c}.livenessProbe.periodSeconds`]: 10, [`${c}.livenessProbe.failureThreshold`]: 3, [`${c}.livenessProbe.httpGet.path`]: '/', [`${c}.livenessProbe.httpGet.scheme`]: 'HTTP' }],
  ['service', withChange(pod, { [`${c}.livenessProbe`]: { grpc: { port: 80 } } }), { [`${c}.livenessProbe.grpc.service`]: '' }],
  ['apiVersion', withChange(pod, env({ fieldRef: { fieldPath: 'metadata.name' } })), { [`${from}.fieldRef.apiVersion`]: 'v1' }],
  ['status.conditions[PodScheduled]', withChange(pod, { 'spec.schedulingGates': [{ name: 'g' }] }), { 'status.conditions[0].type': 'PodScheduled', 'status.conditions[0].reason': 'SchedulingGated' }],
  ['status.podIPs / status.podIP', { ...pod, status: { podIP: '1.2.3.4' } }, { 'status.podIP': undefined }],
]);
