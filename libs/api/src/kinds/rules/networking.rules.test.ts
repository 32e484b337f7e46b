import { createRules, defaultRules, statusRules, updateRules } from './testing.ts';

const n = 'networking.k8s.io/v1';
const service = { service: { name: 's', port: { number: 80 } } };
const ingress = { spec: { rules: [{ host: 'a.b', http: { paths: [{ path: '/', pathType: 'Prefix', backend: service }] } }] } };
const path = 'spec.rules[0].http.paths[0]';
createRules(`${n} Ingress`, ingress, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec', { spec: {} }, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  ['spec.rules[*].host', { 'spec.rules[0].host': '1.2.3.4' }, 'spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
  ['spec.rules[*].host', { 'spec.rules[0].host': 'a.*.b' }, "spec.rules[0].host: Invalid value: \"a.*.b\": a wildcard DNS-1123 subdomain must start with '*.'"],
  ['spec.rules[*].host', { 'spec.rules[0].host': '*.a.b' }],
  ['spec.rules[*].http.paths', { 'spec.rules[0].http.paths': [] }, 'spec.rules[0].http.paths: Required value'],
  ['spec.rules[*].http.paths[*].pathType', { [`${path}.pathType`]: undefined }, `${path}.pathType: Required value: pathType must be specified`],
  ['spec.rules[*].http.paths[*].pathType', { [`${path}.pathType`]: 'X' }, `${path}.pathType: Unsupported value: "X": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
  ['spec.rules[*].http.paths[*].path', { [`${path}.path`]: 'x' }, `${path}.path: Invalid value: "x": must be an absolute path`],
  ['spec.rules[*].http.paths[*].path', { [`${path}.path`]: '/a//b/..' }, `${path}.path: Invalid value: "/a//b/..": must not contain '//'`, `${path}.path: Invalid value: "/a//b/..": cannot end with '/..'`],
  ['backend', { [`${path}.backend`]: {} }, `${path}.backend: Invalid value: "": resource or service backend is required`],
  ['backend', { [`${path}.backend`]: { ...service, resource: { kind: 'k', name: 'n' } } }, `${path}.backend: Invalid value: "": cannot set both resource and service backends`],
  ['backend.service.name', { [`${path}.backend.service.name`]: '' }, `${path}.backend.service.name: Required value`],
  ['backend.service.port', { [`${path}.backend.service.port`]: { name: 'a', number: 1 } }, `${path}.backend: Invalid value: "": cannot set both port name & port number`],
  ['backend.service.port', { [`${path}.backend.service.port`]: {} }, `${path}.backend: Required value: port name or number is required`],
  ['backend.service.port', { [`${path}.backend.service.port`]: { number: 70000 } }, `${path}.backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`],
  ['backend.resource', { [`${path}.backend`]: { resource: { apiGroup: 'A', kind: '', name: 'a/b' } } }, `${path}.backend.resource.apiGroup: Invalid value: "A"`, `${path}.backend.resource.kind: Required value: kind is required`, `${path}.backend.resource.name: Invalid value: "a/b": may not contain '/'`],
  ['spec.tls[*].hosts[*]', { 'spec.tls': [{ hosts: ['A', '*.a.b'] }] }, 'spec.tls[0].hosts[0]: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec.tls[*].secretName', { 'spec.tls': [{ secretName: 'A' }] }, 'spec.tls[0].secretName: Invalid value: "A"'],
  ['spec.ingressClassName', { 'spec.ingressClassName': 'A' }, 'spec.ingressClassName: Invalid value: "A"'],
  ['spec.ingressClassName', { 'spec.ingressClassName': 'a', 'metadata.annotations': { 'kubernetes.io/ingress.class': 'b' } }, 'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified'],
]);
updateRules(`${n} Ingress`, ingress, [['spec', { 'spec.rules[0].host': 'c.d' }]]);
statusRules(`${n} Ingress`, ingress, [['status.loadBalancer.ingress[*]', { 'status.loadBalancer.ingress': [{ ip: 'x' }, { hostname: '1.2.3.4' }] }, 'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address', 'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address']]);

const ingressClass = { spec: { controller: 'a.b/c', parameters: { kind: 'k', name: 'n' } } };
createRules(`${n} IngressClass`, ingressClass, [
  ['spec.controller', { 'spec.controller': 'a' }, 'spec.controller: Invalid value: "a": must be a domain-prefixed path (such as "acme.io/foo")'],
  ['spec.controller', { 'spec.controller': `a/${'b'.repeat(250)}` }, 'spec.controller: Too long: may not be more than 250 bytes'],
  ['spec.controller', { 'spec.controller': 'a/b c' }, "spec.controller: Invalid value: \"b c\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"],
  ['spec.controller', { 'spec.controller': '' }, 'spec.controller: Required value'],
  ['spec.controller', { 'spec.controller': 'A/b' }, 'spec.controller: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec.parameters', { 'spec.parameters': { kind: '', name: '', scope: 'X' } }, 'spec.parameters.kind: Required value: kind is required', 'spec.parameters.name: Required value: name is required', 'spec.parameters.scope: Unsupported value: "X": supported values: "Cluster", "Namespace"'],
  ['spec.parameters', { 'spec.parameters.scope': 'Namespace' }, "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  ['spec.parameters', { 'spec.parameters.namespace': 'n' }, "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
]);
updateRules(`${n} IngressClass`, ingressClass, [['the order', { 'spec.controller': '' }, 'spec.controller: Invalid value: "": field is immutable', 'spec.controller: Required value'], ['spec.controller', { 'spec.controller': 'd/e' }, 'spec.controller: Invalid value: "d/e": field is immutable'], ['spec.parameters', { 'spec.parameters.name': 'm' }]]);
defaultRules(`${n} IngressClass`, [['spec.parameters.scope', ingressClass, { 'spec.parameters.scope': 'Cluster', 'metadata.generation': 1 }]]);

const policy = { spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }], from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] } };
const port = 'spec.ingress[0].ports[0]';
const peer = 'spec.ingress[0].from[0]';
createRules(`${n} NetworkPolicy`, policy, [
  ['spec.podSelector', { 'spec.podSelector': { matchLabels: { 'a b': '' } } }, 'spec.podSelector.matchLabels: Invalid value: "a b"'],
  ['spec.policyTypes', { 'spec.policyTypes': ['Ingress', 'Egress', 'Ingress'] }, 'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes'],
  ['spec.policyTypes', { 'spec.policyTypes': ['X'] }, 'spec.policyTypes[0]: Unsupported value: "X": supported values: "Ingress", "Egress"'],
  ['ports[*].protocol', { [`${port}.protocol`]: 'X' }, `${port}.protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"`],
  ['ports[*].port', { [`${port}.port`]: 0 }, `${port}.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
  ['ports[*].port', { [`${port}.port`]: 'A' }, `${port}.port: Invalid value: "A": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`, `${port}.port: Invalid value: "A": must contain at least one letter (a-z)`],
  ['ports[*].endPort', { [port]: { port: 'http', endPort: 90 } }, `${port}.endPort: Invalid value: 90: may not be specified when \`port\` is non-numeric`],
  ['ports[*].endPort', { [`${port}.endPort`]: 79 }, `${port}.endPort: Invalid value: 80: must be greater than or equal to \`port\``],
  ['ports[*].endPort', { [port]: { endPort: 90 } }, `${port}.endPort: Invalid value: 90: may not be specified when \`port\` is not specified`],
  ['peers[*]', { [peer]: {} }, `${peer}: Required value: must specify a peer`],
  ['peers[*]', { [`${peer}.podSelector`]: {} }, `${peer}: Forbidden: may not specify both ipBlock and another peer`],
  ['peers[*].ipBlock.cidr', { [`${peer}.ipBlock.cidr`]: '' }, `${peer}.ipBlock.cidr: Required value`],
  ['peers[*].ipBlock.cidr', { [`${peer}.ipBlock.cidr`]: '10.0.0.0' }, `${peer}.ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value`],
  ['peers[*].ipBlock.except[*]', { [`${peer}.ipBlock.except`]: ['x', '11.0.0.0/16', '10.0.0.0/8', '10.1.0.0/16'] }, `${peer}.ipBlock.except[0]: Invalid value: "x": must be a valid CIDR value`, `${peer}.ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``, `${peer}.ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``],
  ['peers[*].ipBlock.except[*]', { [`${peer}.ipBlock`]: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] } }],
]);
updateRules(`${n} NetworkPolicy`, policy, [['spec', { 'spec.podSelector': { matchLabels: { a: 'b' } } }]]);
defaultRules(`${n} NetworkPolicy`, [
  ['spec.policyTypes', policy, { 'spec.policyTypes': ['Ingress'] }],
  ['spec.policyTypes', { spec: { podSelector: {}, egress: [{}] } }, { 'spec.policyTypes': ['Ingress', 'Egress'] }],
  ['NetworkPolicyPort protocol', policy, { [`${port}.protocol`]: 'TCP' }],
]);

const address = { metadata: { name: '10.0.0.1' }, spec: { parentRef: { resource: 'services', name: 'n' } } };
createRules(`${n} IPAddress`, address, [
  ['metadata.name', { 'metadata.name': 'x' }, 'metadata.name: Invalid value: "x": must be a valid IP address'],
  ['spec.parentRef', { 'spec.parentRef': undefined }, 'spec.parentRef: Required value'],
  ['spec.parentRef', { 'spec.parentRef': { group: 'A' } }, 'spec.parentRef.group: Invalid value: "A"', 'spec.parentRef.resource: Required value', 'spec.parentRef.name: Required value'],
]);
updateRules(`${n} IPAddress`, address, [['spec.parentRef', { 'spec.parentRef.name': 'm' }, 'spec.parentRef: Invalid value: {"resource":"services","name":"m"}: field is immutable']]);

const cidrs = { spec: { cidrs: ['10.0.0.0/8', '2001:db8::/32'] } };
createRules(`${n} ServiceCIDR`, cidrs, [
  ['spec.cidrs', { 'spec.cidrs': [] }, 'spec.cidrs: Required value: at least one CIDR required'],
  ['spec.cidrs', { 'spec.cidrs': ['x'] }, 'spec.cidrs[0]: Invalid value: "x": must be a valid CIDR value'],
  ['spec.cidrs', { 'spec.cidrs': ['10.0.0.1/8'] }, 'spec.cidrs[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length'],
  ['spec.cidrs', { 'spec.cidrs': ['2001:db8::1/64'] }, 'spec.cidrs[0]: Invalid value: "2001:db8::1/64": must not have bits set beyond the prefix length'],
  ['spec.cidrs', { 'spec.cidrs': ['192.0.2.7/32', '2001:db8::1/128'] }],
  ['spec.cidrs', { 'spec.cidrs[1]': '11.0.0.0/8' }, 'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/8","11.0.0.0/8"]}: may specify no more than one IP for each IP family'],
]);
updateRules(`${n} ServiceCIDR`, cidrs, [['spec.cidrs', { 'spec.cidrs': ['10.0.0.0/8'] }, 'spec.cidrs: Invalid value: ["10.0.0.0/8"]: field is immutable']]);

const slice = { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] };
const zones = Array.from({ length: 9 }, (_, i) => ({ name: `z${i}` }));
createRules('discovery.k8s.io/v1 EndpointSlice', slice, [
  ['addressType', { addressType: '', endpoints: [] }, 'addressType: Required value'],
  ['addressType', { addressType: 'X', endpoints: [] }, 'addressType: Unsupported value: "X": supported values: "FQDN", "IPv4", "IPv6"'],
  ['endpoints', { endpoints: Array.from({ length: 1001 }, () => slice.endpoints[0]) }, 'endpoints: Too many: 1001: must have at most 1000 items'],
  ['endpoints[*].addresses', { 'endpoints[0].addresses': [] }, 'endpoints[0].addresses: Required value: must contain at least 1 address'],
  ['endpoints[*].addresses', { 'endpoints[0].addresses': ['127.0.0.1', '2001:db8::1', 'x'] }, 'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range', 'endpoints[0].addresses[1]: Invalid value: "2001:db8::1": must be an IPv4 address', 'endpoints[0].addresses[2]: Invalid value: "x": must be a valid IP address'],
  ['endpoints[*].addresses', { addressType: 'FQDN', 'endpoints[0].addresses': ['a.b.', 'a', 'A.b', ''] }, 'endpoints[0].addresses[1]: Invalid value: "a": should be a domain with at least two segments', 'endpoints[0].addresses[2]: Invalid value: "A.b": a lowercase RFC 1123 subdomain', 'endpoints[0].addresses[3]: Required value'],
  ['endpoints[*].hostname', { 'endpoints[0].hostname': 'A' }, 'endpoints[0].hostname: Invalid value: "A"'],
  ['endpoints[*].nodeName', { 'endpoints[0].nodeName': 'A' }, 'endpoints[0].nodeName: Invalid value: "A"'],
  ['endpoints[*].deprecatedTopology', { 'endpoints[0].deprecatedTopology': Object.fromEntries(zones.flatMap(({ name }) => [[name, ''], [`${name}a`, '']])) }, 'endpoints[0].deprecatedTopology: Too many: 18: must have at most 16 items'],
  ['endpoints[*].hints.forZones', { 'endpoints[0].hints': { forZones: zones } }, 'endpoints[0].hints.forZones: Too many: 9: must have at most 8 items'],
  ['endpoints[*].hints.forZones', { 'endpoints[0].hints': { forZones: [{ name: 'a' }, { name: 'a' }, { name: 'b c' }] } }, 'endpoints[0].hints.forZones[1].name: Duplicate value: "a"', 'endpoints[0].hints.forZones[2].name: Invalid value: "b c"'],
  ['endpoints[*].hints.forNodes', { 'endpoints[0].hints': { forNodes: [{ name: 'A' }] } }, 'endpoints[0].hints.forNodes[0].name: Invalid value: "A"'],
  ['ports[*].name', { ports: [{ name: 'A' }, { name: 'b' }, { name: 'b' }] }, 'ports[0].name: Invalid value: "A"', 'ports[2].name: Duplicate value: "b"'],
  ['ports', { ports: Array.from({ length: 20001 }, () => ({})) }, 'ports: Too many: 20001: must have at most 20000 items'],
  ['ports[*].protocol', { 'ports[0].protocol': 'X' }, 'ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'],
  ['ports[*].appProtocol', { 'ports[0].appProtocol': 'a b' }, 'ports[0].appProtocol: Invalid value: "a b"'],
]);
updateRules('discovery.k8s.io/v1 EndpointSlice', slice, [['addressType', { addressType: 'FQDN', 'endpoints[0].addresses': ['a.b'] }, 'addressType: Invalid value: "FQDN": field is immutable']]);
defaultRules('discovery.k8s.io/v1 EndpointSlice', [['EndpointPort name, protocol', slice, { 'ports[0].name': '', 'ports[0].protocol': 'TCP', 'metadata.generation': 1 }]]);
