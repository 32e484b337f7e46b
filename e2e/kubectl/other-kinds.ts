/** One object, with all that `describe` shows of it, of every kind that everyKind has none of; `name` for those of the whole cluster too. */
export function otherKinds(name: string, address: string, request: string): string {
  const hook = (called: string): string => `webhooks: [{ name: ${called}.example.com, sideEffects: None, admissionReviewVersions: [v1], failurePolicy: Ignore, clientConfig: { service: { namespace: ${name}, name: hook } }, rules: [${rule}] }]`;
  const rule = '{ apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [none] }';
  const devices = `devices: { requests: [{ name: gpu, exactly: { deviceClassName: ${name}, count: 2 } }] }`;
  const object = (apiVersion: string, kind: string, rest: string, called = name): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${called} }\n${rest}\n`;
  return [
    object('certificates.k8s.io/v1', 'CertificateSigningRequest', `spec: { request: ${request}, signerName: example.com/nobody, usages: [client auth], expirationSeconds: 86400 }`),
    object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `spec: { group: ${name}.example.com, scope: Namespaced, names: { plural: things, singular: thing, kind: Thing }, versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, description: A thing. } } }] }`, `things.${name}.example.com`),
    object('storage.k8s.io/v1', 'CSIDriver', 'spec: { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: [Ephemeral], tokenRequests: [{ audience: there, expirationSeconds: 3600 }] }'),
    object('storage.k8s.io/v1', 'CSINode', 'spec: { drivers: [{ name: d.example.com, nodeID: one, topologyKeys: [zone], allocatable: { count: 5 } }] }'),
    object('storage.k8s.io/v1', 'CSIStorageCapacity', 'storageClassName: none\ncapacity: 5Gi\nmaximumVolumeSize: 1Gi'),
    object('storage.k8s.io/v1', 'VolumeAttachment', 'spec: { attacher: d.example.com, nodeName: nowhere, source: { persistentVolumeName: none } }'),
    object('storage.k8s.io/v1', 'VolumeAttributesClass', 'driverName: d.example.com\nparameters: { iops: "7" }'),
    object('networking.k8s.io/v1', 'ServiceCIDR', `spec: { cidrs: [${address}/32] }`),
    object('networking.k8s.io/v1', 'IPAddress', `spec: { parentRef: { group: "", resource: services, namespace: ${name}, name: web } }`, address),
    object('resource.k8s.io/v1', 'DeviceClass', 'spec: { selectors: [{ cel: { expression: device.driver == "d.example.com" } }] }'),
    object('resource.k8s.io/v1', 'ResourceClaim', `spec: { ${devices} }`),
    object('resource.k8s.io/v1', 'ResourceClaimTemplate', `spec: { spec: { ${devices} } }`),
    object('resource.k8s.io/v1', 'ResourceSlice', 'spec: { driver: d.example.com, nodeName: nowhere, pool: { name: pool, generation: 1, resourceSliceCount: 1 }, devices: [{ name: gpu0, attributes: { model: { string: big } }, capacity: { memory: { value: 4Gi } } }] }'),
    object('v1', 'PodTemplate', 'template: { metadata: { labels: { app: none } }, spec: { containers: [{ name: c, image: none }] } }'),
    object('apps/v1', 'ControllerRevision', 'revision: 3\ndata: { spec: { a: 1 } }'),
    object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', `spec: { failurePolicy: Ignore, matchConstraints: { resourceRules: [${rule}] }, validations: [{ expression: "true", message: always }] }`),
    object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', `spec: { policyName: ${name}, validationActions: [Audit] }`),
    object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', hook('v')),
    object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', hook('m')),
    object('flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', 'spec: { priorityLevelConfiguration: { name: global-default }, matchingPrecedence: 9000, rules: [{ subjects: [{ kind: User, user: { name: ann } }], resourceRules: [{ verbs: [get], apiGroups: [""], resources: [pods], namespaces: ["*"] }] }] }'),
    object('flowcontrol.apiserver.k8s.io/v1', 'PriorityLevelConfiguration', 'spec: { type: Limited, limited: { nominalConcurrencyShares: 3, limitResponse: { type: Reject } } }'),
  ].join('---\n');
}
