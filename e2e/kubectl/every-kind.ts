/** One object of every kind that `describe` knows, for a namespace; `NAME` for those of the whole cluster too. */
export function everyKind(name: string, image: string): string {
  const rules = 'rules: [{ apiGroups: [""], resources: [pods], resourceNames: [one], verbs: [get] }]';
  const subjects = 'subjects: [{ kind: User, apiGroup: rbac.authorization.k8s.io, name: ann }]';
  const template = `template: { metadata: { labels: { app: none } }, spec: { nodeSelector: { there: is-none }, containers: [{ name: c, image: "${image}" }] } }`;
  const selector = 'selector: { matchLabels: { app: none } }';
  const object = (apiVersion: string, kind: string, rest: string, called = name): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${called} }\n${rest}\n`;
  return [
    object('v1', 'ConfigMap', 'data: { word: first }', 'settings'),
    object('v1', 'Secret', 'stringData: { pass: word }', 'secrets'),
    object('v1', 'ServiceAccount', '', 'account'),
    object('v1', 'ResourceQuota', 'spec: { hard: { configmaps: 1k } }', 'quota'),
    object('v1', 'LimitRange', 'spec: { limits: [{ type: Container, max: { cpu: 2 } }] }', 'limits'),
    object('scheduling.k8s.io/v1', 'PriorityClass', 'value: 7'),
    object('rbac.authorization.k8s.io/v1', 'Role', rules),
    object('rbac.authorization.k8s.io/v1', 'ClusterRole', rules),
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name} }\n${subjects}`),
    object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${name} }\n${subjects}`),
    object('networking.k8s.io/v1', 'Ingress', 'spec: { rules: [{ host: example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }'),
    object('networking.k8s.io/v1', 'IngressClass', 'spec: { controller: example.com/ingress }'),
    object('networking.k8s.io/v1', 'NetworkPolicy', 'spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: client } } }], ports: [{ port: 80 }] }] }'),
    object('apps/v1', 'StatefulSet', `spec: { replicas: 0, serviceName: none, ${selector}, ${template} }`),
    object('apps/v1', 'DaemonSet', `spec: { ${selector}, ${template} }`),
    object('v1', 'ReplicationController', `spec: { replicas: 0, selector: { app: none }, ${template} }`),
    object('batch/v1', 'Job', `spec: { template: { spec: { nodeSelector: { there: is-none }, restartPolicy: Never, containers: [{ name: c, image: "${image}" }] } } }`),
    object('batch/v1', 'CronJob', `spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: c, image: "${image}" }] } } } } }`),
    object('autoscaling/v2', 'HorizontalPodAutoscaler', 'spec: { minReplicas: 1, maxReplicas: 5, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }] }'),
    object('policy/v1', 'PodDisruptionBudget', `spec: { minAvailable: 1, ${selector} }`),
    object('v1', 'PersistentVolume', 'spec: { capacity: { storage: 1Gi }, accessModes: [ReadWriteOnce], storageClassName: none, hostPath: { path: /nowhere } }'),
    object('v1', 'PersistentVolumeClaim', 'spec: { accessModes: [ReadWriteOnce], storageClassName: none, resources: { requests: { storage: 2Gi } } }'),
    object('storage.k8s.io/v1', 'StorageClass', 'provisioner: example.com/disk'),
    object('node.k8s.io/v1', 'RuntimeClass', 'handler: runc'),
    fullPod(name, image),
  ].join('---\n');
}

/** A pod that says all that a pod can say, and that no node takes. */
function fullPod(priorityClass: string, image: string): string {
  return `apiVersion: v1
kind: Pod
metadata: { name: full }
spec:
  priorityClassName: ${priorityClass}
  nodeSelector: { there: is-none }
  tolerations: [{ key: dedicated, value: kubectl, effect: NoSchedule }]
  initContainers: [{ name: first, image: "${image}", resources: { limits: { cpu: 100m, memory: 64Mi } } }]
  containers:
    - name: c
      image: "${image}"
      resources: { limits: { cpu: 100m, memory: 64Mi } }
      livenessProbe: { httpGet: { path: /live, port: 80 }, initialDelaySeconds: 5 }
      readinessProbe: { tcpSocket: { port: 80 } }
      startupProbe: { exec: { command: ["true"] } }
      envFrom: [{ configMapRef: { name: settings } }]
      env:
        - { name: PASS, valueFrom: { secretKeyRef: { name: secrets, key: pass } } }
        - { name: NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
      volumeMounts: [{ name: settings, mountPath: /settings }, { name: scratch, mountPath: /scratch }]
  volumes: [{ name: settings, configMap: { name: settings } }, { name: scratch, emptyDir: {} }]
`;
}
