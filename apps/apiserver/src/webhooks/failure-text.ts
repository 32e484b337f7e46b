import { toError } from '@rhythm/base';

/** What is known of a failed connection, in the words that users of Kubernetes know. */
export function failureText(thrown: unknown, dialled: string): string {
  const error = toError(thrown) as Error & { readonly code?: string; readonly host?: string; readonly hostname?: string };
  switch (error.code) {
    case 'ECONNREFUSED':
      return `dial tcp ${dialled}: connect: connection refused`;
    case 'ECONNRESET':
      return `read tcp ${dialled}: connection reset by peer`;
    case 'EHOSTUNREACH':
      return `dial tcp ${dialled}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp ${dialled}: connect: network is unreachable`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${error.hostname ?? dialled}: no such host`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${error.message}`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
  }
  if (error.code !== undefined && untrusted.has(error.code)) return `tls: failed to verify certificate: x509: certificate signed by unknown authority (${error.code})`;
  return error.message;
}

const untrusted = new Set(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'INVALID_CA']);

/** What an answer other than 200 means (client-go, NewGenericServerResponse). */
export function answerText(code: number, body: string): string {
  if (code >= 300 && code < 400) return `the server answered with a redirect (${code}), which is not followed`;
  switch (code) {
    case 401:
      return 'the server has asked for the client to provide credentials';
    case 403:
      return `forbidden: ${body}`;
    case 404:
      return 'the server could not find the requested resource';
    case 405:
      return 'the server does not allow this method on the requested resource';
    case 429:
      return 'the server has received too many requests and has asked us to try again later';
    case 503:
      return 'the server is currently unable to handle the request';
  }
  if (code >= 500) return `an error on the server (${JSON.stringify(body === '' ? 'unknown' : body)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${code} but did not return more information`;
}
