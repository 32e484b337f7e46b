import { createRules, defaultRules, statusRules, updateRules } from './testing.ts';
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
  ['terminationGracePeriodSeconds', { 'spec.terminationGracePeriodSeconds': -5 }],
  ['containers[*].image', { [`${c}.image`]: ' i' }, `${c}.image: Invalid value: " i": must not have leading or trailing whitespace`],
  ['metadata.annotations[kubernetes.io/config.mirror]', { 'metadata.annotations': { 'kubernetes.io/config.mirror': 'x' } }, 'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set'],
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
  ['envFrom[*]', { [`${c}.envFrom`]: [{}] }, `${c}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
  ['volumeMounts[*].name', { [`${c}.volumeMounts`]: [{ name: 'v', mountPath: '/v' }] }, `${c}.volumeMounts[0].name: Not found: "v"`],
  ['restartPolicy', { [`${c}.restartPolicy`]: 'X' }, `${c}.restartPolicy: Unsupported value: "X": supported values: "Always", "Never", "OnFailure"`],
  ['restartPolicy', { 'spec.initContainers': [{ name: 'i', image: 'i', restartPolicy: 'Always' }], [`${c}.restartPolicy`]: 'OnFailure' }],
  ['lifecycle.stopSignal', { [`${c}.lifecycle`]: { stopSignal: 'SIGUSR1' } }],
  ['lifecycle.postStart, lifecycle.preStop', { [`${c}.lifecycle`]: { preStop: {} } }, `${c}.lifecycle.preStop: Required value: must specify a handler type`],
  ['lifecycle.preStop.sleep.seconds', { [`${c}.lifecycle`]: { preStop: { sleep: { seconds: 31 } } } }, `${c}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`],
]);
rules('Probe', [
  ['(handler)', { [`${c}.livenessProbe`]: {} }, `${c}.livenessProbe: Required value: must specify a handler type`],
  ['successThreshold', { [`${c}.livenessProbe`]: { exec: { command: ['a'] }, successThreshold: 2 } }, `${c}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
  ['terminationGracePeriodSeconds', { [`${c}.livenessProbe`]: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 0 }, [`${c}.readinessProbe`]: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 1 } }, `${c}.livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0`, `${c}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes`],
  ['exec.command', { [`${c}.readinessProbe`]: { exec: {} } }, `${c}.readinessProbe.exec.command: Required value`],
  ['grpc.port', { [`${c}.readinessProbe`]: { grpc: { port: 0 } } }, `${c}.readinessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
]);
rules('Volume', [
  ['hostPath.path', { 'spec.volumes': [{ name: 'v', hostPath: { path: '' } }] }, 'spec.volumes[0].hostPath.path: Required value'],
  ['hostPath.type', { 'spec.volumes': [{ name: 'v', hostPath: { path: '/a', type: 'X' } }] }, 'spec.volumes[0].hostPath.type: Unsupported value: "X"'],
  ['secret.secretName', { 'spec.volumes': [{ name: 'v', secret: {} }] }, 'spec.volumes[0].secret.secretName: Required value'],
  ['persistentVolumeClaim.claimName', { 'spec.volumes': [{ name: 'v', persistentVolumeClaim: { claimName: '' } }] }, 'spec.volumes[0].persistentVolumeClaim.claimName: Required value'],
  ['csi.driver', { 'spec.volumes': [{ name: 'v', csi: { driver: '' } }] }, 'spec.volumes[0].csi.driver: Required value', 'spec.volumes[0].csi.driver: Invalid value: "": a lowercase RFC 1123 subdomain'],
]);
updateRules('v1 Pod', pod, [
  ['spec.containers, spec.initContainers', { 'spec.containers[1]': { name: 'd', image: 'i' } }, 'spec.containers: Forbidden: pod updates may not add or remove containers'],
  ['spec.containers[*].image', { [`${c}.image`]: ' i' }, `${c}.image: Invalid value: " i": must not have leading or trailing whitespace`, `${c}.image: Invalid value: " i"`],
  ['spec.activeDeadlineSeconds', { 'spec.activeDeadlineSeconds': 5 }],
  ['spec.tolerations', { 'spec.tolerations': [{ key: 'a', operator: 'Exists' }] }],
  ['spec.nodeSelector', { 'spec.nodeSelector': { a: 'b' } }, 'spec: Forbidden: pod updates may not change fields other than'],
  ['spec.resources', { 'spec.resources': { requests: { cpu: '1' } } }, 'spec: Forbidden: pod updates may not change fields other than'],
  ['spec.ephemeralContainers', { 'spec.ephemeralContainers': [{ name: 'e', image: 'i' }] }, 'spec: Forbidden: pod updates may not change fields other than'],
  ['spec.nodeName', { 'spec.nodeName': 'n' }, 'spec: Forbidden: pod updates may not change fields other than'],
  ['status.qosClass', { 'status.qosClass': 'Guaranteed' }],
  ['spec', { 'spec.hostname': 'h' }, 'spec: Forbidden: pod updates may not change fields other than'],
  ['spec.schedulingGates', { 'spec.schedulingGates': [{ name: 'g' }] }, "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
  ['metadata.annotations[kubernetes.io/config.mirror]', { 'metadata.annotations': { 'kubernetes.io/config.mirror': 'x' }, 'spec.nodeName': '' }, 'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName', 'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation', 'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName'],
]);
const busy = { spec: { ...pod.spec, activeDeadlineSeconds: 10, tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }], schedulingGates: [{ name: 'g' }], nodeSelector: { a: 'b' } } };
updateRules('v1 Pod', busy, [
  ['spec.activeDeadlineSeconds', { 'spec.activeDeadlineSeconds': 11 }, 'spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value'],
  ['spec.activeDeadlineSeconds', { 'spec.activeDeadlineSeconds': undefined }, 'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
  ['spec.tolerations', { 'spec.tolerations[0].tolerationSeconds': 6 }],
  ['spec.tolerations', { 'spec.tolerations': [] }, 'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  ['spec.schedulingGates', { 'spec.schedulingGates': [] }],
  ['spec.nodeSelector', { 'spec.nodeSelector.c': 'd' }],
  ['spec.nodeSelector', { 'spec.nodeSelector': {} }, 'spec.nodeSelector: Invalid value: null: only additions to spec.nodeSelector are allowed (no mutations or deletions)'],
]);
statusRules('v1 Pod', busy, [
  ['spec.nodeName', { 'spec.nodeName': 'n' }],
  ['status.qosClass', { 'status.qosClass': 'Guaranteed' }, 'status.qosClass: Invalid value: "Guaranteed": field is immutable'],
  ['status.podIPs / status.podIP', { 'status.podIPs': [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], 'status.hostIP': '1.1.1.1', 'status.hostIPs': [{ ip: 'x' }] }, 'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family', 'status.hostIPs[0].ip: Invalid value: "x": must be equal to `hostIP`', 'status.hostIPs[0]: Invalid value: "x": must be a valid IP address'],
  ['status.conditions', { 'status.conditions': [{ type: 'a b', status: 'True', observedGeneration: -1 }] }, 'status.conditions[0].observedGeneration: Invalid value: -1: must be a non-negative integer', 'status.conditions[0].Type: Invalid value: "a b"'],
], { status: { phase: 'Pending', qosClass: 'BestEffort' } });
defaultRules('v1 Pod', [
  ['spec.enableServiceLinks', pod, { 'spec.enableServiceLinks': true, 'metadata.generation': 1 }],
  ['status.phase', pod, { 'status.phase': 'Pending', 'status.qosClass': 'BestEffort' }],
  ['PodSpec dnsPolicy, restartPolicy, schedulerName, terminationGracePeriodSeconds, securityContext', pod, { 'spec.dnsPolicy': 'ClusterFirst', 'spec.restartPolicy': 'Always', 'spec.schedulerName': 'default-scheduler', 'spec.terminationGracePeriodSeconds': 30, 'spec.securityContext': {} }],
  ['Container imagePullPolicy, terminationMessagePath, terminationMessagePolicy', pod, { [`${c}.imagePullPolicy`]: 'IfNotPresent', [`${c}.terminationMessagePath`]: '/dev/termination-log', [`${c}.terminationMessagePolicy`]: 'File' }],
]);
