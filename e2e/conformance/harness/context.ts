import { ApiException, ApiextensionsV1Api, AppsV1Api, AuthenticationV1Api, AuthorizationV1Api, BatchV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi, type ApiConstructor, type ApiType, type KubernetesObject } from '@kubernetes/client-node';
import { inject } from 'vitest';
import { Cluster, eventually, exec, type Output } from '../../support/cluster.ts';
import { fails, Unexpected, type Refusal } from './failure.ts';
import { patienceMs, semantics } from './patience.ts';
import { rawClient, type Raw, type RawOptions } from './raw.ts';
import { Watching, type WatchEvent } from './watching.ts';
import { webhookBehindService, type Verdict, type Webhook } from './webhook.ts';

export const patchTypes = { json: 'application/json-patch+json', merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json', apply: 'application/apply-patch+yaml' } as const;

const conflictsMax = 10;
const random = (): string => Math.random().toString(36).slice(2, 8).padEnd(6, '0');

/** What one row has to work with: a namespace of its own, and real clients of the cluster that `rhythm up` started. */
export class Context {
  readonly namespace: string;
  /** For `Watch`, `makeInformer`, `Exec` and whatever else takes one; the administrator's. */
  readonly config: KubeConfig;
  readonly #kubeconfig: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #cleanups: (() => Promise<unknown> | void)[];
  readonly #apis = new Map<unknown, ApiType>();

  constructor(kubeconfig: string, namespace: string, headers: Readonly<Record<string, string>> = {}, cleanups: (() => Promise<unknown> | void)[] = []) {
    this.#kubeconfig = kubeconfig;
    this.namespace = namespace;
    this.#headers = headers;
    this.#cleanups = cleanups;
    this.config = new KubeConfig();
    this.config.loadFromFile(kubeconfig);
  }

  /** A namespace, made for one row; taken away by `end`. */
  static async begin(id: string): Promise<Context> {
    const { kubeconfig } = new Cluster(inject('clusterDir'));
    const made = await rawClient(kubeconfig).ask('POST', '/api/v1/namespaces', { body: { metadata: { generateName: `${id.slice(0, 40)}-`, labels: { 'conformance-row': id } } } });
    if (made.code !== 201) throw new Error(`no namespace for ${id}: ${made.code} ${made.text}`);
    const k = new Context(kubeconfig, made.json<{ metadata: { name: string } }>().metadata.name);
    k.cleanup(() => k.raw('DELETE', `/api/v1/namespaces/${k.namespace}`));
    return k;
  }

  /** Undoes what the row did, last first; errors of it are not the row's. */
  async end(): Promise<void> {
    for (const undo of this.#cleanups.splice(0).toReversed()) {
      try {
        await undo();
      } catch {
        // The cluster goes away after the run.
      }
    }
  }

  /** Done when the row has ended, however it ended. */
  cleanup(undo: () => Promise<unknown> | void): void {
    this.#cleanups.push(undo);
  }

  /** A name that no other row has; a DNS label. */
  unique(prefix: string): string {
    return `${prefix}-${random()}`;
  }

  // Typed clients.

  /** Any typed API of client-node, `k.api(DiscoveryV1Api)`. */
  api<T extends ApiType>(constructor: ApiConstructor<T>): T {
    let made = this.#apis.get(constructor) as T | undefined;
    if (made === undefined) {
      made = this.config.makeApiClient(constructor);
      this.#apis.set(constructor, made);
    }
    return made;
  }

  get core(): CoreV1Api {
    return this.api(CoreV1Api);
  }

  get apps(): AppsV1Api {
    return this.api(AppsV1Api);
  }

  get batch(): BatchV1Api {
    return this.api(BatchV1Api);
  }

  get extensions(): ApiextensionsV1Api {
    return this.api(ApiextensionsV1Api);
  }

  get authentication(): AuthenticationV1Api {
    return this.api(AuthenticationV1Api);
  }

  get authorization(): AuthorizationV1Api {
    return this.api(AuthorizationV1Api);
  }

  /** The dynamic client, which finds resources by discovery. */
  get objects(): KubernetesObjectApi {
    return KubernetesObjectApi.makeApiClient(this.config);
  }

  // Bytes, headers, paths.

  /** `path('configmaps')`, `path('apps/v1', 'deployments', 'name', 'status')`: in the row's namespace. */
  path(...parts: [resource: string] | [groupVersion: string, resource: string, ...more: string[]]): string {
    const [groupVersion, resource, ...more] = parts.length === 1 ? ['v1', parts[0]] : parts;
    return [groupVersion.includes('/') ? '/apis' : '/api', groupVersion, 'namespaces', this.namespace, resource, ...more].join('/');
  }

  /** One request over HTTPS, whatever the answer. */
  raw(method: string, path: string, { headers, body }: RawOptions = {}): Promise<Raw> {
    return rawClient(this.#kubeconfig).ask(method, path, { headers: { ...this.#headers, ...headers }, ...(body === undefined ? {} : { body }) });
  }

  /** POST, which must give 201. What is not in the row's namespace is deleted after it. */
  async create<T extends KubernetesObject>(path: string, object: object): Promise<T> {
    const made = await this.#must<T>(201, 'POST', path, { body: object });
    const name = made.metadata?.name;
    if (name !== undefined && !path.includes(`/namespaces/${this.namespace}/`)) this.cleanup(() => this.raw('DELETE', `${path}/${name}`));
    return made;
  }

  get<T = KubernetesObject>(path: string): Promise<T> {
    return this.#must<T>(200, 'GET', path);
  }

  put<T = KubernetesObject>(path: string, object: object): Promise<T> {
    return this.#must<T>(200, 'PUT', path, { body: object });
  }

  /** A merge patch, or another. */
  patch<T = KubernetesObject>(path: string, patch: object, type: keyof typeof patchTypes = 'merge'): Promise<T> {
    return this.#must<T>(200, 'PATCH', path, { body: patch, headers: { 'content-type': patchTypes[type] } });
  }

  delete<T = KubernetesObject>(path: string, options?: object): Promise<T> {
    return this.#must<T>(200, 'DELETE', path, options === undefined ? {} : { body: options });
  }

  async #must<T>(code: number, method: string, path: string, options: RawOptions = {}): Promise<T> {
    const answer = await this.raw(method, path, options);
    if (answer.code !== code) throw new Unexpected(`${method} ${path}: ${answer.code} instead of ${code}`, answer);
    return answer.json<T>();
  }

  /** Expects a refusal of a typed client or of `k.raw`. */
  fails(request: Promise<unknown>, refusal: Refusal): ReturnType<typeof fails> {
    return fails(request, refusal);
  }

  /** Does a read and an update again when somebody else, a controller for one, was faster. */
  async retried<T>(change: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await change();
      } catch (error) {
        if (!(error instanceof ApiException || error instanceof Unexpected) || error.code !== 409 || attempt === conflictsMax) throw error;
      }
    }
  }

  // Waiting.

  /** A watch of a collection; `query` without `watch=`. It ends with the row. */
  async watch<T extends KubernetesObject = KubernetesObject>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Watching<T>> {
    const message = await rawClient(this.#kubeconfig).open('GET', `${path}?${new URLSearchParams({ ...query, watch: '1' }).toString()}`, this.#headers);
    const watching = new Watching<T>(message);
    this.cleanup(() => watching.stop());
    return watching;
  }

  /** Waits, by a watch, until one object is as wanted; `undefined`: it is not there. Gives it. */
  async until<T extends KubernetesObject>(path: string, isSo: (object: T | undefined) => boolean, what: string): Promise<T | undefined> {
    const at = path.lastIndexOf('/');
    const [collection, name] = [path.slice(0, at), path.slice(at + 1)];
    // The list's version, since an object's own may be long gone.
    const listed = await this.get<{ metadata: { resourceVersion: string }; items: T[] }>(`${collection}?fieldSelector=metadata.name%3D${name}`);
    const present = listed.items.find(({ metadata }) => metadata?.name === name);
    if (isSo(present)) return present;
    const watching = await this.watch<T>(collection, { fieldSelector: `metadata.name=${name}`, resourceVersion: listed.metadata.resourceVersion });
    const objectOf = ({ type, object }: WatchEvent<T>): T | undefined => (type === 'DELETED' ? undefined : object);
    const found = await watching.until((event) => event.object.metadata?.name === name && isSo(objectOf(event)), what);
    watching.stop();
    return objectOf(found);
  }

  gone(path: string): Promise<unknown> {
    return this.until(path, (object) => object === undefined, `${path} is gone`);
  }

  /** Asks again until there is an answer: for documents that cannot be watched. What is thrown meanwhile is asked again, too. */
  eventually<T>(look: () => Promise<T | undefined | false>, what: string, timeoutMs = patienceMs): Promise<T> {
    return eventually(look, what, timeoutMs);
  }

  /** Waits for what controllers put into every namespace: pods need the account. */
  async settled(): Promise<void> {
    if (semantics === 'none') return;
    await this.until(`${this.path('serviceaccounts')}/default`, (object) => object !== undefined, 'the default ServiceAccount');
    await this.until(`${this.path('configmaps')}/kube-root-ca.crt`, (object) => object !== undefined, 'the ConfigMap kube-root-ca.crt');
  }

  // Others.

  /** kubectl 1.35 in the row's namespace; it must succeed. Gives its standard output. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const output = await this.tryKubectl(args, input);
    if (output.code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${output.code}\n${output.stdout}${output.stderr}`);
    return output.stdout;
  }

  /** The same, whatever it ends with. */
  tryKubectl(args: readonly string[], input?: string): Promise<Output> {
    return exec(inject('kubectl'), ['-n', this.namespace, ...args], { env: { ...process.env, KUBECONFIG: this.#kubeconfig }, timeoutMs: patienceMs + 10_000, ...(input === undefined ? {} : { input }) });
  }

  /** The same row as somebody else, by impersonation: `raw` and what is built on it. */
  as(user: string, groups: readonly string[] = []): Context {
    // One header line for each group would be sent as one joined by commas: one group is all that rows need.
    const [group, ...more] = groups;
    if (more.length > 0) throw new Error('one group at most');
    return new Context(this.#kubeconfig, this.namespace, { 'impersonate-user': user, ...(group === undefined ? {} : { 'impersonate-group': group }) }, this.#cleanups);
  }

  /** A webhook server behind a Service in the row's namespace. */
  webhook(verdict: Verdict): Promise<Webhook> {
    return webhookBehindService(this, verdict);
  }
}
