import { createRules, defaultRules, statusRules, updateRules, withChange } from './testing.ts';

const config = { data: { a: 'b' } };
createRules('v1 ConfigMap', config, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['data, binaryData', { 'data': { 'a b': 'c' }, binaryData: { '..': 'eA==' } }, 'data[a b]: Invalid value: "a b": a valid config key must consist of', "binaryData[..]: Invalid value: \"..\": must not be '..'"],
  ['data, binaryData', { binaryData: { a: 'eA==' } }, 'data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  ['(size)', { 'data.a': 'x'.repeat(1048577) }, '[]: Too long: may not be more than 1048576 bytes'],
]);
updateRules('v1 ConfigMap', withChange(config, { immutable: true }), [
  ['data, binaryData', { 'data.a': 'c' }, 'data: Forbidden: field is immutable when `immutable` is set'],
  ['immutable', { immutable: false }, 'immutable: Forbidden: field is immutable when `immutable` is set'],
]);
const secret = (type: string, data: object, ...refusals: string[]): readonly [string, Record<string, unknown>, ...string[]] => [`type ${type}`, { type, data }, ...refusals];
createRules('v1 Secret', {}, [
  ['data', { data: { 'a b': 'eA==' } }, 'data[a b]: Invalid value: "a b"'],
  secret('kubernetes.io/service-account-token', {}, 'metadata.annotations[kubernetes.io/service-account.name]: Required value'),
  secret('kubernetes.io/dockercfg', {}, 'data[.dockercfg]: Required value'),
  secret('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': 'eA==' }, 'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>"'),
  secret('kubernetes.io/basic-auth', {}, 'data[username]: Required value', 'data[password]: Required value'),
  secret('kubernetes.io/ssh-auth', {}, 'data[ssh-privatekey]: Required value'),
  secret('kubernetes.io/tls', { 'tls.crt': '' }, 'data[tls.key]: Required value'),
]);
updateRules('v1 Secret', { immutable: true, data: { a: 'eA==' } }, [
  ['type', { type: 'x' }, 'type: Invalid value: "x": field is immutable'],
  ['data', { 'data.a': 'eQ==' }, 'data: Forbidden: field is immutable when `immutable` is set'],
  ['immutable', { immutable: undefined }, 'immutable: Forbidden: field is immutable when `immutable` is set'],
]);
defaultRules('v1 Secret', [['type', {}, { type: 'Opaque' }], ['data', { stringData: { a: 'x' } }, { data: { a: 'eA==' }, stringData: undefined }]]);

createRules('v1 Namespace', {}, [
  ['metadata.name', { 'metadata.name': 'a.b' }, 'metadata.name: Invalid value: "a.b": must not contain dots'],
  ['spec.finalizers[*]', { 'spec.finalizers': ['mine'] }, 'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified'],
]);
defaultRules('v1 Namespace', [['status.phase', {}, { 'status.phase': 'Active', 'spec.finalizers': ['kubernetes'] }], ['metadata.labels[kubernetes.io/metadata.name]', {}, { 'metadata.labels[kubernetes.io/metadata.name]': 'x' }]]);

const node = { spec: { podCIDRs: ['10.0.0.0/24'], providerID: 'p' } };
createRules('v1 Node', node, [
  ['spec.taints[*].key', { 'spec.taints': [{ key: 'a b', effect: 'NoSchedule' }] }, 'metadata.taints[0].key: Invalid value: "a b"'],
  ['spec.taints[*].value', { 'spec.taints': [{ key: 'a', value: 'b c', effect: 'NoSchedule' }] }, 'metadata.taints[0].value: Invalid value: "b c"'],
  ['spec.taints[*].effect', { 'spec.taints': [{ key: 'a', effect: 'X' }, { key: 'a', effect: '' }] }, 'metadata.taints[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"', 'metadata.taints[1].effect: Required value'],
  ['spec.taints', { 'spec.taints': [{ key: 'a', effect: 'NoSchedule' }, { key: 'a', effect: 'NoSchedule' }] }, 'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair'],
  ['spec.podCIDRs', { 'spec.podCIDRs': ['x'] }, 'spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value'],
]);
updateRules('v1 Node', node, [
  ['spec.podCIDR, spec.podCIDRs', { 'spec.podCIDR': '10.0.1.0/24', 'spec.podCIDRs': ['10.0.1.0/24'] }, 'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
  ['spec.providerID', { 'spec.providerID': 'q' }, 'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'],
  ['spec.unschedulable, taints, configSource', { 'spec.unschedulable': true, 'spec.taints': [{ key: 'a', effect: 'NoExecute' }] }],
]);
createRules('v1 Node', node, [['status.capacity, status.allocatable', { 'status.capacity': { cpu: '-1', 'a.b/c': '1500m' } }, 'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0', 'status.capacity.a.b/c: Invalid value: "1500m": must be an integer', 'status.allocatable.cpu: Invalid value: "-1"', 'status.allocatable.a.b/c: Invalid value: "1500m"']]);
updateRules('v1 Node', node, [['metadata.labels[kubernetes.io/hostname]', { 'metadata.labels': { 'kubernetes.io/hostname': 'other' } }]]);
updateRules('v1 Node', node, [['spec.externalID', { 'spec.externalID': 'x' }, 'spec.externalID: Forbidden: may not be updated']]);
createRules('v1 Node', node, [
  ['spec.podCIDRs', { 'spec.podCIDRs': ['10.0.0.0/24', '10.0.0.0/24'], 'spec.podCIDR': '10.0.0.0/24' }, 'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.0.0/24"]: may specify no more than one CIDR for each IP family', 'spec.podCIDRs[1]: Duplicate value: "10.0.0.0/24"'],
  ['spec.podCIDRs', { 'spec.podCIDRs': ['10.0.0.0/24', '2001:db8::/64'], 'spec.podCIDR': '10.0.0.0/24' }],
  ['spec.taints', { 'spec.taints': [{ key: 'a', value: `${'x'.repeat(63)}!`, effect: 'NoSchedule' }] }, `metadata.taints[0].value: Invalid value: "${'x'.repeat(63)}!": must be no more than 63 bytes;a valid label must be`],
]);
statusRules('v1 Node', node, [['status.addresses', { 'status.addresses': [{ type: 'InternalIP', address: '1.2.3.4' }, { type: 'InternalIP', address: '1.2.3.4' }] }, 'status.addresses[1]: Duplicate value: ']]);
defaultRules('v1 Node', [['status.allocatable', { status: { capacity: { cpu: '1' } } }, { 'status.allocatable': { cpu: '1' } }]]);

const endpoints = { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] };
createRules('v1 Endpoints', endpoints, [
  ['subsets[*]', { subsets: [{ ports: [{ port: 80 }] }] }, 'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
  ['subsets[*].addresses[*].ip', { 'subsets[0].addresses[0].ip': '127.0.0.1' }, 'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range'],
  ['subsets[*].addresses[*].hostname', { 'subsets[0].addresses[0].hostname': 'A' }, 'subsets[0].addresses[0].hostname: Invalid value: "A"'],
  ['subsets[*].addresses[*].nodeName', { 'subsets[0].addresses[0].nodeName': 'A' }, 'subsets[0].addresses[0].nodeName: Invalid value: "A"'],
  ['subsets[*].ports[*]', { 'subsets[0].ports': [{ port: 0 }, { port: 1, name: 'A', protocol: 'X' }] }, 'subsets[0].ports[0].name: Required value', 'subsets[0].ports[0].port: Invalid value: 0', 'subsets[0].ports[1].name: Invalid value: "A"', 'subsets[0].ports[1].protocol: Unsupported value: "X"'],
]);
defaultRules('v1 Endpoints', [['subsets[*].ports[*].protocol', endpoints, { 'subsets[0].ports[0].protocol': 'TCP' }]]);

const controller = { spec: { selector: { a: 'b' }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } };
createRules('v1 ReplicationController', controller, [
  ['spec.selector', { 'spec.selector': {}, 'spec.template.metadata.labels': undefined }, 'spec.selector: Required value'],
  ['spec.replicas, minReadySeconds', { 'spec.replicas': -1, 'spec.minReadySeconds': -1 }, 'spec.minReadySeconds: Invalid value: -1', 'spec.replicas: Invalid value: -1'],
  ['spec.template', { 'spec.template': undefined }, 'spec.template: Required value'],
  ['spec.template', { 'spec.template.spec.restartPolicy': 'Never' }, 'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
]);
updateRules('v1 ReplicationController', controller, [['spec', { 'spec.selector': { a: 'c' }, 'spec.template.metadata.labels': { a: 'c' } }]]);
defaultRules('v1 ReplicationController', [['spec.replicas', controller, { 'spec.replicas': 1, 'metadata.generation': 1 }], ['spec.selector', withChange(controller, { 'spec.selector': undefined }), { 'spec.selector': { a: 'b' } }], ['metadata.labels', controller, { 'metadata.labels': { a: 'b' } }]]);

createRules('v1 Binding', { target: { name: 'n' } }, [
  ['target.kind', { 'target.kind': 'X' }, 'target.kind: Unsupported value: "X": supported values: "Node", "<empty>"'],
  ['target.name', { 'target.name': '' }, 'target.name: Required value'],
]);

const service = { spec: { ports: [{ port: 80 }], selector: { a: 'b' } } };
createRules('v1 Service', service, [
  ['metadata.name', { 'metadata.name': '1a' }, 'metadata.name: Invalid value: "1a": a DNS-1035 label'],
  ['spec.ports', { 'spec.ports': [] }, 'spec.ports: Required value'],
  ['spec.ports[*].name', { 'spec.ports': [{ port: 1 }, { port: 2, name: 'A' }] }, 'spec.ports[0].name: Required value', 'spec.ports[1].name: Invalid value: "A"'],
  ['spec.ports[*].port', { 'spec.ports': [{ port: 70000, targetPort: 1 }] }, 'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  ['spec.ports[*].protocol', { 'spec.ports': [{ port: 1, protocol: 'X' }] }, 'spec.ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'],
  ['spec.ports[*].targetPort', { 'spec.ports': [{ port: 1, targetPort: 'a--b' }] }, 'spec.ports[0].targetPort: Invalid value: "a--b": must not contain consecutive hyphens'],
  ['spec.ports[*].appProtocol', { 'spec.ports': [{ port: 1, appProtocol: 'a b' }] }, 'spec.ports[0].appProtocol: Invalid value: "a b"'],
  ['spec.ports[*]', { 'spec.ports': [{ port: 1, name: 'a' }, { port: 1, name: 'b' }] }, 'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":1,"TargetPort":0,"NodePort":0}'],
  ['spec.ports[*]', { 'spec.type': 'LoadBalancer', 'spec.ports': [{ port: 10250 }] }, 'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet'],
  ['metadata.annotations', { 'metadata.annotations': { 'service.kubernetes.io/topology-aware-hints': 'auto', 'service.kubernetes.io/topology-mode': 'x' } }, 'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "x": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified'],
  ['the order of all', { 'spec.ports': [{ port: 1, name: 'a', nodePort: 1 }, { port: 1, name: 'A' }], 'spec.externalIPs': ['x'], 'spec.sessionAffinity': 'X' }, 'spec.ports[1].name: Invalid', 'spec.sessionAffinity: Unsupported', 'spec.externalIPs[0]: Invalid', 'spec.ports[0].nodePort: Forbidden', 'spec.ports[1]: Duplicate'],
  ['spec.ports[*].nodePort', { 'spec.ports': [{ port: 1, nodePort: 30000 }] }, "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  ['spec.type', { 'spec.type': 'X' }, 'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
  ['spec.externalName', { 'spec.type': 'ExternalName' }, 'spec.externalName: Required value'],
  ['spec.clusterIP', { 'spec.type': 'NodePort', 'spec.clusterIP': 'None' }, "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"],
  ['spec.clusterIPs, ipFamilies, ipFamilyPolicy', { 'spec.type': 'ExternalName', 'spec.externalName': 'a.b', 'spec.clusterIPs': ['10.0.0.1'], 'spec.ipFamilies': ['IPv4'], 'spec.ipFamilyPolicy': 'SingleStack' }, 'spec.clusterIPs: Forbidden: may not be set for ExternalName services', 'spec.ipFamilies: Forbidden: may not be set for ExternalName services', 'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services'],
  ['spec.clusterIPs', { 'spec.clusterIPs': ['10.0.0.1'] }, 'spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified'],
  ['spec.clusterIPs', { 'spec.clusterIP': '10.0.0.2', 'spec.clusterIPs': ['10.0.0.1'] }, 'spec.clusterIPs: Invalid value: ["10.0.0.1"]: first value must match `clusterIP`'],
  ['spec.clusterIPs', { 'spec.clusterIP': 'None', 'spec.clusterIPs': ['None', '10.0.0.1'], 'spec.ipFamilies': ['IPv4'] }, `spec.clusterIPs: Invalid value: ["None","10.0.0.1"]: 'None' must be the first and only value`],
  ['spec.clusterIPs', { 'spec.clusterIP': '10.0.0.1', 'spec.clusterIPs': ['10.0.0.1', '10.0.0.2'], 'spec.ipFamilies': ['IPv4'] }, 'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family'],
  ['spec.ipFamilies', { 'spec.ipFamilies': ['IPv4', 'IPv4', 'IPv5'] }, 'spec.ipFamilies[1]: Duplicate value: "IPv4"', 'spec.ipFamilies[2]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"'],
  ['spec.ipFamilies', { 'spec.clusterIP': '10.0.0.1', 'spec.ipFamilies': ['IPv6'] }, 'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`'],
  ['spec.healthCheckNodePort', { 'spec.healthCheckNodePort': 30000 }, "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"],
  ['spec.healthCheckNodePort', { 'spec.type': 'LoadBalancer', 'spec.externalTrafficPolicy': 'Local', 'spec.healthCheckNodePort': 70000 }, 'spec.healthCheckNodePort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  ['spec.loadBalancerSourceRanges', { 'metadata.annotations': { 'service.beta.kubernetes.io/load-balancer-source-ranges': 'x' } }, "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Forbidden: may only be used when `type` is 'LoadBalancer'", 'metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "x": must be a valid CIDR value'],
  ['spec.ipFamilyPolicy', { 'spec.ipFamilyPolicy': 'X' }, 'spec.ipFamilyPolicy: Unsupported value: "X"'],
  ['spec.selector', { 'spec.selector': { 'a b': '' } }, 'spec.selector: Invalid value: "a b"'],
  ['spec.sessionAffinity', { 'spec.sessionAffinity': 'X' }, 'spec.sessionAffinity: Unsupported value: "X": supported values: "ClientIP", "None"'],
  ['spec.sessionAffinityConfig.clientIP.timeoutSeconds', { 'spec.sessionAffinity': 'ClientIP', 'spec.sessionAffinityConfig': { clientIP: { timeoutSeconds: 86401 } } }, 'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400'],
  ['spec.externalIPs[*]', { 'spec.externalIPs': ['0.0.0.0'] }, 'spec.externalIPs[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)'],
  ['spec.loadBalancerSourceRanges', { 'spec.loadBalancerSourceRanges': ['10.0.0.0/8'] }, "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
  ['spec.allocateLoadBalancerNodePorts', { 'spec.allocateLoadBalancerNodePorts': true }, "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'"],
  ['spec.loadBalancerClass', { 'spec.loadBalancerClass': 'a/b' }, "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
  ['spec.externalTrafficPolicy', { 'spec.externalTrafficPolicy': 'Local' }, 'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
  ['spec.internalTrafficPolicy', { 'spec.internalTrafficPolicy': 'X' }, 'spec.internalTrafficPolicy: Unsupported value: "X": supported values: "Cluster", "Local"'],
  ['spec.trafficDistribution', { 'spec.trafficDistribution': 'X' }, 'spec.trafficDistribution: Unsupported value: "X": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"'],
]);
defaultRules('v1 Service', [
  ['spec.sessionAffinity', service, { 'spec.sessionAffinity': 'None', 'spec.type': 'ClusterIP', 'spec.internalTrafficPolicy': 'Cluster', 'spec.ports[0]': { port: 80, protocol: 'TCP', targetPort: 80 } }],
  ['spec.sessionAffinityConfig.clientIP.timeoutSeconds', withChange(service, { 'spec.sessionAffinity': 'ClientIP' }), { 'spec.sessionAffinityConfig.clientIP.timeoutSeconds': 10800 }],
  ['spec.externalTrafficPolicy', withChange(service, { 'spec.type': 'NodePort' }), { 'spec.externalTrafficPolicy': 'Cluster' }],
  ['spec.allocateLoadBalancerNodePorts', withChange(service, { 'spec.type': 'LoadBalancer' }), { 'spec.allocateLoadBalancerNodePorts': true }],
]);

const balancer = { spec: { ...service.spec, type: 'LoadBalancer', clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', externalTrafficPolicy: 'Local', healthCheckNodePort: 30000 } };
const dual = withChange(balancer, { 'spec.clusterIPs': ['10.0.0.1', 'fd00::1'], 'spec.ipFamilies': ['IPv4', 'IPv6'], 'spec.ipFamilyPolicy': 'RequireDualStack' });
const onceSet = 'may not change once set';
updateRules('v1 Service', balancer, [
  ['spec.clusterIP, spec.clusterIPs[0]', { 'spec.clusterIP': '10.0.0.2' }, `spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: ${onceSet}`],
  ['spec.clusterIP, spec.clusterIPs[0]', { 'spec.clusterIP': undefined, 'spec.clusterIPs': undefined }],
  ['spec.clusterIPs[1]', { 'spec.clusterIPs': ['10.0.0.1', 'fd00::1'], 'spec.ipFamilies': ['IPv4', 'IPv6'], 'spec.ipFamilyPolicy': 'PreferDualStack' }],
  ['spec.ipFamilies[0]', { 'spec.ipFamilies': ['IPv6'] }, `spec.ipFamilies[0]: Invalid value: ["IPv6"]: ${onceSet}`, 'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value'],
  ['spec.ipFamilyPolicy', { 'spec.ipFamilyPolicy': 'PreferDualStack' }],
  ['spec.healthCheckNodePort', { 'spec.healthCheckNodePort': 30001 }, 'spec.healthCheckNodePort: Forbidden: field is immutable'],
  ['spec.loadBalancerClass', { 'spec.loadBalancerClass': 'a/b' }, `spec.loadBalancerClass: Invalid value: "a/b": ${onceSet}`],
  ['spec.type, selector, ports, sessionAffinity, externalTrafficPolicy', { 'spec.type': 'NodePort', 'spec.selector': { c: 'd' }, 'spec.ports': [{ port: 81 }], 'spec.sessionAffinity': 'ClientIP', 'spec.externalTrafficPolicy': 'Cluster' }],
  ['spec.clusterIP, spec.clusterIPs[0]', { 'spec.type': 'ExternalName', 'spec.externalName': 'a.b' }],
]);
updateRules('v1 Service', dual, [
  ['spec.clusterIPs[1]', { 'spec.clusterIPs': ['10.0.0.1', 'fd00::2'] }, `spec.clusterIPs[1]: Invalid value: ["10.0.0.1","fd00::2"]: ${onceSet}`],
  ['spec.clusterIPs[1]', { 'spec.clusterIPs': ['10.0.0.1'] }, "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP"],
  ['spec.ipFamilies[1]', { 'spec.ipFamilies': ['IPv4'] }, "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be set to 'SingleStack' when releasing the secondary ipFamily"],
  ['spec.ipFamilies[1]', { 'spec.clusterIPs': ['10.0.0.1'], 'spec.ipFamilies': ['IPv4'], 'spec.ipFamilyPolicy': 'SingleStack' }],
]);
const ingress = 'status.loadBalancer.ingress';
statusRules('v1 Service', balancer, [
  ['status.loadBalancer.ingress[*]', { [ingress]: [{ ip: 'x', ipMode: 'VIP' }, { ip: '1.2.3.4' }, { ipMode: 'VIP' }, { ip: '1.2.3.4', ipMode: 'X' }, { hostname: '1.2.3.4' }, { hostname: 'A' }] },
    `${ingress}[0].ip: Invalid value: "x": must be a valid IP address`, `${ingress}[1].ipMode: Required value: must be specified when \`ip\` is set`, `${ingress}[2].ipMode: Forbidden: may not be specified when \`ip\` is not set`,
    `${ingress}[3].ipMode: Unsupported value: "X": supported values: "Proxy", "VIP"`, `${ingress}[4].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address`, `${ingress}[5].hostname: Invalid value: "A"`],
  ['status.loadBalancer.ingress[*]', { [ingress]: [{ ip: '1.2.3.4', ipMode: 'VIP' }, { hostname: 'a.b' }] }],
]);
defaultRules('v1 Service', [['status.loadBalancer.ingress[*].ipMode', { ...balancer, status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } }, { 'status.loadBalancer': {} }]]);
statusRules('v1 Service', service, [['status.loadBalancer.ingress[*]', { [ingress]: [{ hostname: 'a.b' }] }, `${ingress}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`]]);

statusRules('v1 Namespace', {}, [
  ['status.phase', { 'status.phase': 'Terminating' }, "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"],
  ['status.phase', { 'status.conditions': [{ type: 'A', status: 'True' }] }],
]);
updateRules('v1 Namespace', {}, [['spec.finalizers', { 'spec.finalizers': [] }]]);
updateRules('v1 Endpoints', { subsets: [{}] }, [
  ['(all)', { 'metadata.labels': { a: 'b' } }],
  ['(all)', { subsets: [{}, {}] }, 'subsets[0]: Required value', 'subsets[1]: Required value'],
  ['all fields', { subsets: [] }],
]);
updateRules('v1 ServiceAccount', {}, [['all fields', { secrets: [{ name: 'a' }], imagePullSecrets: [{ name: 'b' }], automountServiceAccountToken: false }]]);
createRules('v1 ServiceAccount', {}, [['secrets, imagePullSecrets', { secrets: [{ name: '' }], imagePullSecrets: [{ name: 'A B' }] }]]);
updateRules('v1 PodTemplate', { template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } }, [['template', { 'template.spec.containers[0].image': 'j' }]]);
