import { api, apps, batch, container, creates, deployment, invalid, pod, pods, service, template, withContainer, type BadInput, type Row } from '../bad-input.ts';

const named = { name: 'new', namespace: 'default' };
const object = (apiVersion: string, kind: string, more: object): object => ({ kind, apiVersion, metadata: named, ...more });
const required = { ...invalid, cause: 'FieldValueRequired' };
const unsupported = { ...invalid, cause: 'FieldValueNotSupported' };
const first = 'spec.containers[0]';
const job = (spec: object): object => object('batch/v1', 'Job', { spec: { template: template({ restartPolicy: 'Never' }), ...spec } });

const podRows: readonly Row[] = [
  { name: 'no containers', body: pod({ containers: [] }), ...required, field: 'spec.containers' },
  { name: 'a container without image', body: pod({ containers: [{ name: 'a' }] }), ...required, field: `${first}.image` },
  { name: 'a container without name', body: pod({ containers: [{ image: 'b' }] }), ...required, field: `${first}.name` },
  { name: 'two containers of a name', body: pod({ containers: [container, container] }), ...invalid, field: 'spec.containers[1].name', cause: 'FieldValueDuplicate' },
  { name: 'port 70000', body: withContainer({ ports: [{ containerPort: 70_000 }] }), ...invalid, field: `${first}.ports[0].containerPort`, says: 'must be between 1 and 65535, inclusive' },
  { name: 'port -1', body: withContainer({ ports: [{ containerPort: -1 }] }), ...invalid, field: `${first}.ports[0].containerPort` },
  { name: 'a protocol nobody speaks', body: withContainer({ ports: [{ containerPort: 1, protocol: 'ICMP' }] }), ...unsupported, field: `${first}.ports[0].protocol` },
  { name: 'a port name in capitals', body: withContainer({ ports: [{ containerPort: 1, name: 'HTTP' }] }), ...invalid, field: `${first}.ports[0].name` },
  { name: 'a mount of no volume', body: withContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }), ...invalid, field: `${first}.volumeMounts[0].name`, cause: 'FieldValueNotFound' },
  { name: 'an environment variable with =', body: withContainer({ env: [{ name: 'a=b', value: 'c' }] }), ...invalid, field: `${first}.env[0].name` },
  { name: 'a pull policy', body: withContainer({ imagePullPolicy: 'Sometimes' }), ...unsupported, field: `${first}.imagePullPolicy` },
  { name: 'a negative limit', body: withContainer({ resources: { limits: { cpu: '-1' } } }), ...invalid, field: `${first}.resources.limits[cpu]` },
  { name: 'a request above its limit', body: withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }), ...invalid, field: `${first}.resources.requests` },
  { name: 'a probe of nothing', body: withContainer({ livenessProbe: {} }), ...required, field: `${first}.livenessProbe` },
  { name: 'a restart policy', body: pod({ restartPolicy: 'Sometimes' }), ...unsupported, field: 'spec.restartPolicy' },
  { name: 'a DNS policy', body: pod({ dnsPolicy: 'Never' }), ...unsupported, field: 'spec.dnsPolicy' },
  { name: 'a deadline of nought', body: pod({ activeDeadlineSeconds: 0 }), ...invalid, field: 'spec.activeDeadlineSeconds' },
  { name: 'a node selector that cannot match', body: pod({ nodeSelector: { 'a b': 'c' } }), ...invalid, field: 'spec.nodeSelector' },
  { name: 'a toleration with a bad operator', body: pod({ tolerations: [{ key: 'a', operator: 'Like' }] }), ...unsupported, field: 'spec.tolerations[0].operator' },
  { name: 'two volumes of a name', body: pod({ volumes: [{ name: 'v', emptyDir: {} }, { name: 'v', emptyDir: {} }] }), ...invalid, field: 'spec.volumes[1].name', cause: 'FieldValueDuplicate' },
  { name: 'a service account that is not there', body: pod({ serviceAccountName: 'nobody' }), status: 403, reason: 'Forbidden', says: 'serviceaccount "nobody" not found', source: 'plugin/pkg/admission/serviceaccount' },
  { name: 'a priority class that is not there', body: pod({ priorityClassName: 'nothing' }), status: 403, reason: 'Forbidden', says: 'no PriorityClass with name nothing was found', source: 'plugin/pkg/admission/priority' },
];

const serviceRows: readonly Row[] = [
  { name: 'a service without ports', body: service({}), ...required, field: 'spec.ports' },
  { name: 'a service on port 70000', body: service({ ports: [{ port: 70_000 }] }), ...invalid, field: 'spec.ports[0].port' },
  { name: 'two ports without names', body: service({ ports: [{ port: 1 }, { port: 2 }] }), ...required, field: 'spec.ports[0].name' },
  { name: 'a type of service', body: service({ type: 'Magic', ports: [{ port: 1 }] }), ...unsupported, field: 'spec.type' },
  { name: 'a node port without being of that type', body: service({ ports: [{ port: 1, nodePort: 30_000 }] }), ...invalid, field: 'spec.ports[0].nodePort', cause: 'FieldValueForbidden' },
  { name: 'an address that is none', body: service({ clusterIP: '300.1.1.1', ports: [{ port: 1 }] }), ...invalid, field: 'spec.clusterIPs[0]' },
  { name: 'an address of another network', body: service({ clusterIP: '192.0.2.9', ports: [{ port: 1 }] }), ...invalid, field: 'spec.clusterIPs' },
  { name: 'an address that is taken', body: service({ clusterIP: '10.96.0.77', ports: [{ port: 1 }] }), ...invalid, field: 'spec.clusterIPs' },
  { name: 'a session affinity', body: service({ sessionAffinity: 'Always', ports: [{ port: 1 }] }), ...unsupported, field: 'spec.sessionAffinity' },
  { name: 'a bad name of a target port', body: service({ ports: [{ port: 1, targetPort: 'Bad_Port' }] }), ...invalid, field: 'spec.ports[0].targetPort' },
  { name: 'an external name that is missing', body: service({ type: 'ExternalName' }), ...invalid, field: 'spec.externalName' },
];

const selector = (more: object): object => deployment({ selector: more });
const deploymentRows: readonly Row[] = [
  { name: 'replicas below nought', body: deployment({ replicas: -1 }), ...invalid, field: 'spec.replicas' },
  { name: 'no selector', body: deployment({ selector: undefined }), ...required, field: 'spec.selector' },
  { name: 'a selector that misses its own pods', body: selector({ matchLabels: { a: 'c' } }), ...invalid, field: 'spec.template.metadata.labels', says: '`selector` does not match template `labels`' },
  { name: 'an operator of a selector', body: selector({ matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] }), ...invalid, field: 'spec.selector.matchExpressions[0].operator' },
  { name: 'In without values', body: selector({ matchExpressions: [{ key: 'a', operator: 'In' }] }), ...required, field: 'spec.selector.matchExpressions[0].values' },
  { name: 'a percentage that is none', body: deployment({ strategy: { rollingUpdate: { maxSurge: 'x%' } } }), ...invalid, field: 'spec.strategy.rollingUpdate.maxSurge' },
  { name: 'a strategy', body: deployment({ strategy: { type: 'Slowly' } }), ...unsupported, field: 'spec.strategy' },
  { name: 'pods that end', body: deployment({ template: template({ restartPolicy: 'Never' }) }), ...unsupported, field: 'spec.template.spec.restartPolicy' },
];

/** Fields whose value cannot be. */
export const fields: readonly BadInput[] = [
  ...creates(pods, podRows),
  ...creates(`${api}/services`, serviceRows),
  ...creates(`${apps}/deployments`, deploymentRows),
  ...creates(`${batch}/jobs`, [
    { name: 'a job whose pods never end', body: job({ template: template({ restartPolicy: 'Always' }) }), ...required, field: 'spec.template.spec.restartPolicy' },
    { name: 'a job of less than no pods', body: job({ parallelism: -1 }), ...invalid, field: 'spec.parallelism' },
  ]),
  ...creates(`${batch}/cronjobs`, [{ name: 'a schedule that is none', body: object('batch/v1', 'CronJob', { spec: { schedule: 'at noon', jobTemplate: { spec: { template: template({ restartPolicy: 'Never' }) } } } }), ...invalid, field: 'spec.schedule' }]),
  ...creates(`${api}/secrets`, [
    { name: 'a TLS secret without certificate', body: object('v1', 'Secret', { type: 'kubernetes.io/tls', data: {} }), ...required, field: 'data[tls.crt]' },
    { name: 'a secret of a megabyte and more', body: object('v1', 'Secret', { stringData: { a: 'x'.repeat(1_100_000) } }), ...invalid, field: 'data', cause: 'FieldValueTooLong' },
  ]),
  ...creates(`${api}/persistentvolumeclaims`, [{ name: 'a claim without access mode', body: object('v1', 'PersistentVolumeClaim', { spec: { resources: { requests: { storage: '1Gi' } } } }), ...required, field: 'spec.accessModes' }]),
  ...creates('/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', [{ name: 'a rule without verbs', body: object('rbac.authorization.k8s.io/v1', 'Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: [] }] }), ...required, field: 'rules[0].verbs' }]),
  ...creates('/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', [{ name: 'a binding to no kind of role', body: object('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'a' } }), ...unsupported, field: 'roleRef.kind' }]),
  ...creates('/apis/policy/v1/namespaces/default/poddisruptionbudgets', [{ name: 'a budget with both bounds', body: object('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 1, maxUnavailable: 1 } }), ...invalid, field: 'spec' }]),
  ...creates('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', [{ name: 'an autoscaler to nought', body: object('autoscaling/v2', 'HorizontalPodAutoscaler', { spec: { maxReplicas: 0, scaleTargetRef: { kind: 'Deployment', name: 'a' } } }), ...invalid, field: 'spec.maxReplicas' }]),
  ...creates('/apis/scheduling.k8s.io/v1/priorityclasses', [{ name: 'a priority that is the system\'s', body: { kind: 'PriorityClass', apiVersion: 'scheduling.k8s.io/v1', metadata: { name: 'new' }, value: 2_000_000_000 }, ...invalid, field: 'value', cause: 'FieldValueForbidden' }]),
  ...creates('/apis/coordination.k8s.io/v1/namespaces/default/leases', [{ name: 'a lease of no time', body: object('coordination.k8s.io/v1', 'Lease', { spec: { leaseDurationSeconds: 0 } }), ...invalid, field: 'spec.leaseDurationSeconds' }]),
  ...creates('/apis/networking.k8s.io/v1/namespaces/default/ingresses', [{ name: 'an ingress of nothing', body: object('networking.k8s.io/v1', 'Ingress', { spec: {} }), ...invalid, field: 'spec' }]),
  ...creates('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', [{ name: 'a review of nothing', body: { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec: {} }, ...invalid, field: 'spec.resourceAttributes' }]),
  ...creates(`${api}/serviceaccounts/default/token`, [{ name: 'a token for five seconds', body: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { expirationSeconds: 5, audiences: [] } }, ...invalid, field: 'spec.expirationSeconds' }]),
];
