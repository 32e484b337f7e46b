import { adminHttp, objectOf, messageOf, type AdminHttp } from '../cluster/admin-http.ts';
import type { ClusterConfig } from '../config/cluster-config.ts';

interface Secret {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

interface SecretList {
  readonly items: readonly Secret[];
  readonly metadata: { readonly continue?: string };
}

const pageMax = 200;
const timeoutMs = 30_000;
const attemptsMax = 5;

/** Writes every Secret again as it is, so that it is stored as the first provider writes. Gives how many there were. Secrets that go meanwhile need nothing. */
export async function rewriteSecrets(config: ClusterConfig): Promise<number> {
  const http = adminHttp(config);
  let written = 0;
  try {
    for (let token = ''; ; ) {
      const page = objectOf<SecretList>(await http.get(`/api/v1/secrets?limit=${pageMax}${token === '' ? '' : `&continue=${encodeURIComponent(token)}`}`, timeoutMs), 'the secrets cannot be listed');
      for (const secret of page.items) {
        await rewrite(http, secret);
        written++;
      }
      token = page.metadata.continue ?? '';
      if (token === '') return written;
    }
  } finally {
    http.close();
  }
}

async function rewrite(http: AdminHttp, listed: Secret): Promise<void> {
  const { namespace, name } = listed.metadata;
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  let secret: unknown = { apiVersion: 'v1', kind: 'Secret', ...listed };
  for (let attempt = 1; ; attempt++) {
    const answer = await http.put(path, secret, timeoutMs);
    if (answer.status === 404 || (answer.status >= 200 && answer.status < 300)) return;
    if (answer.status !== 409 || attempt === attemptsMax) throw new Error(`secret ${namespace}/${name} cannot be written again: ${messageOf(answer)}`);
    const fresh = await http.get(path, timeoutMs);
    if (fresh.status === 404) return;
    secret = objectOf<unknown>(fresh, `secret ${namespace}/${name} cannot be read`);
  }
}
