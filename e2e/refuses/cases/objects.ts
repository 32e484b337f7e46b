import { api, apps, batch, container, deployment, pod, service, template } from '../bad-input.ts';

/** What is there before the bad input comes: path of the collection and object, in order. */
export const present: ReadonlyArray<readonly [path: string, object: object]> = [
  [`${api}/serviceaccounts`, { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'default' } }],
  ...['mine', 'others'].map((name): [string, object] => [`${api}/configmaps`, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, labels: { a: 'b' } }, data: { a: '1' } }]),
  [`${api}/configmaps`, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'fixed' }, immutable: true, data: { a: '1' } }],
  [`${api}/secrets`, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'here' }, data: { a: 'YQ==' } }],
  [`${api}/pods`, { ...pod(), metadata: { name: 'here', labels: { a: 'b' } } }],
  [`${api}/services`, { ...service({ ports: [{ port: 80 }], clusterIP: '10.96.0.77' }), metadata: { name: 'here' } }],
  [`${api}/persistentvolumeclaims`, { kind: 'PersistentVolumeClaim', apiVersion: 'v1', metadata: { name: 'here' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }],
  [`${apps}/deployments`, { ...deployment(), metadata: { name: 'here' } }],
  [`${apps}/statefulsets`, { kind: 'StatefulSet', apiVersion: 'apps/v1', metadata: { name: 'here' }, spec: { serviceName: 'a', selector: { matchLabels: { a: 'b' } }, template: template() } }],
  [`${batch}/jobs`, { kind: 'Job', apiVersion: 'batch/v1', metadata: { name: 'here' }, spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } }],
  ['/apis/storage.k8s.io/v1/storageclasses', { kind: 'StorageClass', apiVersion: 'storage.k8s.io/v1', metadata: { name: 'here' }, provisioner: 'example.com/a' }],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', { kind: 'PriorityClass', apiVersion: 'scheduling.k8s.io/v1', metadata: { name: 'here' }, value: 5 }],
  ['/api/v1/nodes', { kind: 'Node', apiVersion: 'v1', metadata: { name: 'here' } }],
  ['/api/v1/nodes', { kind: 'Node', apiVersion: 'v1', metadata: { name: 'there' } }],
  ['/api/v1/namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'going' } }],
  ['/apis/rbac.authorization.k8s.io/v1/clusterroles', { kind: 'ClusterRole', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'powerful' }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }],
  ...role('carol', [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['get', 'watch', 'list', 'deletecollection'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['update', 'patch', 'get'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['deployments/status'], verbs: ['update', 'patch'] },
  ]),
  ...role('dave', [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create', 'get', 'update', 'patch'] }]),
];

function role(user: string, rules: readonly object[]): [string, object][] {
  const group = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: user } };
  const at = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  return [
    [`${at}/roles`, { ...group, kind: 'Role', rules }],
    [`${at}/rolebindings`, { ...group, kind: 'RoleBinding', roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }] }],
  ];
}
