/** The objects that are worked on: of the sizes and shapes with which the kube-apiserver of the table of aims was measured. */
import { randomBytes } from 'node:crypto';

const text = (length: number): string => randomBytes(length).toString('hex').slice(0, length);

/** About `bytes` of JSON. */
export function configMap(name: string, bytes = 1024): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { bench: 'api' } }, data: { payload: text(Math.max(1, bytes - 140)) } };
}

/** About 3 KB of JSON as it is sent, 6 KB as it is stored, managed fields included. No scheduler has that name. */
export function pod(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { bench: 'api', app: 'web', tier: 'front', 'pod-template-hash': '5d8c7f9b6' }, annotations: { 'example.com/checksum': text(64), 'example.com/owner': 'team-a' } },
    spec: {
      schedulerName: 'none',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 0,
      dnsPolicy: 'ClusterFirst',
      automountServiceAccountToken: false,
      enableServiceLinks: true,
      containers: [mainContainer(), sidecar],
      volumes: [
        { name: 'config', configMap: { name: 'web-config', defaultMode: 420, optional: true } },
        { name: 'scratch', emptyDir: {} },
      ],
      tolerations: ['not-ready', 'unreachable'].map((taint) => ({ key: `node.kubernetes.io/${taint}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' } }] } },
    },
  };
}

const sidecar = {
  name: 'sidecar',
  image: 'registry.example/team/sidecar:v1.4.0',
  imagePullPolicy: 'IfNotPresent',
  args: ['--port=8081'],
  resources: { requests: { cpu: '10m', memory: '32Mi' } },
  volumeMounts: [{ name: 'config', mountPath: '/etc/app', readOnly: true }],
};

function mainContainer(): object {
  const probe = (path: string): object => ({ httpGet: { path, port: 8080, scheme: 'HTTP' }, initialDelaySeconds: 10, timeoutSeconds: 5, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  const fromField = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });
  return {
    name: 'web',
    image: 'registry.example/team/web:v1.24.3',
    imagePullPolicy: 'IfNotPresent',
    command: ['/app/web'],
    args: ['--listen=:8080', '--log-level=info', '--config=/etc/app/config.yaml'],
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [
      fromField('POD_NAME', 'metadata.name'),
      fromField('POD_IP', 'status.podIP'),
      ...Array.from({ length: 6 }, (_, at) => ({ name: `SETTING_${at}`, value: text(16) })),
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password', optional: true } } },
    ],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/app', readOnly: true },
      { name: 'scratch', mountPath: '/tmp' },
    ],
    livenessProbe: probe('/healthz'),
    readinessProbe: probe('/readyz'),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    securityContext: { runAsNonRoot: true, runAsUser: 1000, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

/** One of many definitions of custom resources, a group of its own for every hundred. */
export function definition(at: number): { readonly object: object; readonly group: string; readonly plural: string; readonly name: string } {
  const group = `group-${Math.floor(at / 100)}.bench.example`;
  const plural = `things${at}`;
  const properties = { size: { type: 'integer', minimum: 0 }, colour: { type: 'string', enum: ['red', 'green'] }, parts: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, count: { type: 'integer' } } } } };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties }, status: { type: 'object', properties: { phase: { type: 'string' } } } } } };
  const names = { plural, singular: `thing${at}`, kind: `Thing${at}`, listKind: `Thing${at}List` };
  return {
    group,
    plural,
    name: `${plural}.${group}`,
    object: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: { group, scope: 'Namespaced', names, versions: [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }] },
    },
  };
}
