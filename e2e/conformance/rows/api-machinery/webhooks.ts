import type { V1ConfigMap, V1MutatingWebhookConfiguration, V1Pod } from '@kubernetes/client-node';
import type { Context, Question, Raw, Webhook, WebhookClient } from '../../harness/index.ts';

export const group = '/apis/admissionregistration.k8s.io/v1';
export const mutating = `${group}/mutatingwebhookconfigurations`;
export const validating = `${group}/validatingwebhookconfigurations`;
/** How long the webhook at /slow takes. */
const slowMs = 1_500;

/** Both kinds of configuration look the same to those who write them. */
export type Configuration = V1MutatingWebhookConfiguration;

/** What the webhook says at each of its paths. */
export async function verdict(path: string, { object, oldObject, operation }: Question): Promise<object> {
  const data = (object as V1ConfigMap | null)?.data ?? {};
  const patch = (...operations: object[]): object => ({ patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') });
  switch (path) {
    case '/add-1':
      return data['start'] === undefined ? {} : patch({ op: 'add', path: '/data/stage-1', value: 'yes' });
    case '/add-2':
      return data['stage-1'] === undefined ? {} : patch({ op: 'add', path: '/data/stage-2', value: 'yes' });
    case '/add-init':
      return patch({ op: 'add', path: '/spec/initContainers', value: [{ name: 'added', image: (object as unknown as V1Pod).spec?.containers[0]?.image ?? '', resources: { requests: { cpu: '10m' } } }] });
    case '/label':
      return patch({ op: 'add', path: '/metadata/labels', value: { added: 'yes' } });
    case '/deny':
      return { allowed: false, status: { message: 'this will never do' } };
    case '/deny-bad': {
      const bad = operation === 'DELETE' ? (oldObject as V1ConfigMap | null)?.data?.['kept'] !== undefined : data['bad'] !== undefined || (object as unknown as V1Pod).metadata?.name === 'bad';
      return bad ? { allowed: false, status: { message: 'the object contains unwanted content', code: 403 } } : {};
    }
    case '/slow':
      await new Promise((done) => setTimeout(done, slowMs));
      return {};
    default:
      return {};
  }
}

/** What the webhook of /deny-bad refuses with. */
export const refusedBad = { code: 403, message: 'admission webhook "deny-bad.hooks.example.com" denied the request: the object contains unwanted content' };

export const rule = (resources: string[], operations = ['CREATE'], apiGroups = [''], apiVersions = ['v1']): object => ({ apiGroups, apiVersions, operations, resources });

/** The webhook of one row, which is asked about its namespace only. */
export class Hooks {
  readonly #k: Context;
  readonly #webhook: Webhook;

  constructor(k: Context, webhook: Webhook) {
    this.#k = k;
    this.#webhook = webhook;
  }

  static async start(k: Context): Promise<Hooks> {
    return new Hooks(k, await k.webhook(verdict));
  }

  client(path: string): WebhookClient {
    return this.#webhook.client(path);
  }

  /** One webhook of a configuration, called at `/path`. */
  hook(path: string, rules: object[], more: object = {}): object {
    return {
      name: `${path}.hooks.example.com`,
      clientConfig: this.client(`/${path}`),
      rules,
      sideEffects: 'None',
      admissionReviewVersions: ['v1', 'v1beta1'],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': this.#k.namespace } },
      ...more,
    };
  }

  configuration(webhooks: object[], labels: object = {}): { metadata: { name: string; labels: object }; webhooks: object[] } {
    return { metadata: { name: this.#k.unique('hooks'), labels }, webhooks };
  }

  mutate(webhooks: object[]): Promise<Configuration> {
    return this.#k.create(mutating, this.configuration(webhooks));
  }

  validate(webhooks: object[]): Promise<Configuration> {
    return this.#k.create(validating, this.configuration(webhooks));
  }
}

export const configMap = (name: string, data: Record<string, string>): object => ({ metadata: { name }, data });

/** POST of a ConfigMap in the row's namespace. */
export const post = (k: Context, name: string, data: Record<string, string>): Promise<Raw> => k.raw('POST', k.path('configmaps'), { body: configMap(name, data) });

export const pod = (name: string, image: string, more: object = {}): object => ({ metadata: { name }, spec: { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image, command: ['sleep', '3600'], ...more }] } });
