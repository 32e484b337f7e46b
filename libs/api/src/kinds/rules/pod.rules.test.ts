import { createRules, defaultRules, updateRules } from './testing.ts';
import type { RuleCase } from './testing.ts';

const c = 'spec.containers[0]';
const pod = { spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const rules = (of: string, cases: readonly RuleCase[]): void => createRules('v1 Pod', pod, cases, of);

rules('PodSpec', [
  ['containers', { 'spec.containers': [] }, 'spec.containers: Required value'],
  ['containers[*].name, initContainers[*].name, ephemeralContainers[*].name', { [`${c}.name`]: 'A' }, `${c}.name: Invalid value: "A": a lowercase RFC 1123 label`],
  ['volumes[*].name', { 'spec.volumes': [{ name: 'A' }] }, 'spec.volumes[0].name: Invalid value: "A"'],
  ['restartPolicy', { 'spec.restartPolicy': 'X' }, 'spec.restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"'],
  ['dnsPolicy', { 'spec.dnsPolicy': 'X' }, 'spec.dnsPolicy: Unsupported value: "X"'],
  ['activeDeadlineSeconds', { 'spec.activeDeadlineSeconds': 0 }, 'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  ['nodeSelector', { 'spec.nodeSelector': { 'a b': '' } }, 'spec.nodeSelector: Invalid value: "a b"'],
  ['nodeName', { 'spec.nodeName': 'A' }, 'spec.nodeName: Invalid value: "A"'],
  ['serviceAccountName', { 'spec.serviceAccountName': 'A' }, 'spec.serviceAccountName: Invalid value: "A"'],
  ['priorityClassName', { 'spec.priorityClassName': 'A' }, 'spec.priorityClassName: Invalid value: "A"'],
  ['runtimeClassName', { 'spec.runtimeClassName': 'A' }, 'spec.runtimeClassName: Invalid value: "A"'],
  ['hostname', { 'spec.hostname': 'A' }, 'spec.hostname: Invalid value: "A"'],
  ['subdomain', { 'spec.subdomain': 'A' }, 'spec.subdomain: Invalid value: "A"'],
  ['preemptionPolicy', { 'spec.preemptionPolicy': 'X' }, 'spec.preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"'],
  ['hostAliases[*].ip', { 'spec.hostAliases': [{ ip: 'x' }] }, 'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address'],
  ['hostAliases[*].hostnames[*]', { 'spec.hostAliases': [{ ip: '1.2.3.4', hostnames: ['A'] }] }, 'spec.hostAliases[0].hostnames[0]: Invalid value: "A"'],
  ['dnsConfig', { 'spec.dnsPolicy': 'None' }, 'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  ['dnsConfig.nameservers', { 'spec.dnsConfig': { nameservers: ['x'] } }, 'spec.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address'],
  ['dnsConfig.options[*].name', { 'spec.dnsConfig': { options: [{}] } }, 'spec.dnsConfig.options[0]: Required value: must not be empty'],
  ['readinessGates[*].conditionType', { 'spec.readinessGates': [{ conditionType: 'a b' }] }, 'spec.readinessGates[0].conditionType: Invalid value: "a b"'],
  ['ephemeralContainers', { 'spec.ephemeralContainers': [{ name: 'e', image: 'i' }] }, 'spec.ephemeralContainers: Forbidden: cannot be set on create'],
  ['schedulingGates[*].name', { 'spec.schedulingGates': [{ name: 'a' }, { name: 'a' }] }, 'spec.schedulingGates[1]: Duplicate value: "a"'],
  ['os.name', { 'spec.os': { name: 'x' } }, 'spec.os: Unsupported value: "x": supported values: "linux", "windows"'],
  ['shareProcessNamespace', { 'spec.shareProcessNamespace': true, 'spec.hostPID': true }, 'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled'],
]);
rules('Container', [
  ['image', { [`${c}.image`]: '' }, `${c}.image: Required value`],
  ['imagePullPolicy', { [`${c}.imagePullPolicy`]: 'X' }, `${c}.imagePullPolicy: Unsupported value: "X": supported values: "Always", "IfNotPresent", "Never"`],
  ['terminationMessagePolicy', { [`${c}.terminationMessagePolicy`]: 'X' }, `${c}.terminationMessagePolicy: Unsupported value: "X"`],
  ['ports[*].name', { [`${c}.ports`]: [{ containerPort: 1, name: 'a' }, { containerPort: 2, name: 'a' }] }, `${c}.ports[1].name: Duplicate value: "a"`],
  ['ports[*].containerPort', { [`${c}.ports`]: [{ containerPort: 0 }] }, `${c}.ports[0].containerPort: Required value`],
  ['ports[*].hostPort', { [`${c}.ports`]: [{ containerPort: 1, hostPort: 70000 }] }, `${c}.ports[0].hostPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
  ['ports[*].protocol', { [`${c}.ports`]: [{ containerPort: 1, protocol: 'X' }] }, `${c}.ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"`],
  ['env[*].name', { [`${c}.env`]: [{ name: '' }, { name: 'a=b' }] }, `${c}.env[0].name: Required value`, `${c}.env[1].name: Invalid value: "a=b"`],
  ['env[*].valueFrom', { [`${c}.env`]: [{ name: 'A', valueFrom: {} }] }, `${c}.env[0].valueFrom: Invalid value: "": must specify one of: `],
  ['envFrom[*]', { [`${c}.envFrom`]: [{}] }, `${c}.envFrom[0]: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
  ['volumeMounts[*].name', { [`${c}.volumeMounts`]: [{ name: 'v', mountPath: '/v' }] }, `${c}.volumeMounts[0].name: Not found: "v"`],
  ['lifecycle.postStart, lifecycle.preStop', { [`${c}.lifecycle`]: { preStop: {} } }, `${c}.lifecycle.preStop: Required value: must specify a handler type`],
  ['lifecycle.preStop.sleep.seconds', { [`${c}.lifecycle`]: { preStop: { sleep: { seconds: 31 } } } }, `${c}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`],
]);
rules('Probe', [
  ['(handler)', { [`${c}.livenessProbe`]: {} }, `${c}.livenessProbe: Required value: must specify a handler type`],
  ['successThreshold', { [`${c}.livenessProbe`]: { exec: { command: ['a'] }, successThreshold: 2 } }, `${c}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
  ['exec.command', { [`${c}.readinessProbe`]: { exec: {} } }, `${c}.readinessProbe.exec.command: Required value`],
  ['grpc.port', { [`${c}.readinessProbe`]: { grpc: { port: 0 } } }, `${c}.readinessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
]);
rules('Volume', [
  ['hostPath.path', { 'spec.volumes': [{ name: 'v', hostPath: { path: '' } }] }, 'spec.volumes[0].hostPath.path: Required value'],
  ['hostPath.type', { 'spec.volumes': [{ name: 'v', hostPath: { path: '/a', type: 'X' } }] }, 'spec.volumes[0].hostPath.type: Unsupported value: "X"'],
  ['secret.secretName', { 'spec.volumes': [{ name: 'v', secret: {} }] }, 'spec.volumes[0].secret.secretName: Required value'],
  ['persistentVolumeClaim.claimName', { 'spec.volumes': [{ name: 'v', persistentVolumeClaim: { claimName: '' } }] }, 'spec.volumes[0].persistentVolumeClaim.claimName: Required value'],
  ['csi.driver', { 'spec.volumes': [{ name: 'v', csi: { driver: '' } }] }, 'spec.volumes[0].csi.driver: Required value'],
]);
updateRules('v1 Pod', pod, [
  ['spec.containers, spec.initContainers', { 'spec.containers[1]': { name: 'd', image: 'i' } }, 'spec.containers: Forbidden: pod updates may not add or remove containers'],
  ['spec.containers[*].image', { [`${c}.image`]: ' i' }, `${c}.image: Invalid value: " i": must not have leading or trailing whitespace`, `${c}.image: Invalid value: " i"`],
  ['spec', { 'spec.hostname': 'h' }, 'spec: Forbidden: pod updates may not change fields other than'],
  ['spec.schedulingGates', { 'spec.schedulingGates': [{ name: 'g' }] }, "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
  ['metadata.annotations[kubernetes.io/config.mirror]', { 'metadata.annotations': { 'kubernetes.io/config.mirror': 'x' }, 'spec.nodeName': '' }, 'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName', 'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add, remove or update the mirror pod annotation'],
]);
defaultRules('v1 Pod', [
  ['spec.enableServiceLinks', pod, { 'spec.enableServiceLinks': true, 'metadata.generation': 1 }],
  ['status.phase', pod, { 'status.phase': 'Pending', 'status.qosClass': 'BestEffort' }],
  ['PodSpec dnsPolicy, restartPolicy, schedulerName, terminationGracePeriodSeconds, securityContext', pod, { 'spec.dnsPolicy': 'ClusterFirst', 'spec.restartPolicy': 'Always', 'spec.schedulerName': 'default-scheduler', 'spec.terminationGracePeriodSeconds': 30, 'spec.securityContext': {} }],
  ['Container imagePullPolicy, terminationMessagePath, terminationMessagePolicy', pod, { [`${c}.imagePullPolicy`]: 'IfNotPresent', [`${c}.terminationMessagePath`]: '/dev/termination-log', [`${c}.terminationMessagePolicy`]: 'File' }],
]);
