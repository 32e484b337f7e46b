import type { SecureContext } from 'node:tls';

/** Node's way of choosing a certificate by the name that a client asks for. */
export function sniOf({ sni }: { readonly sni?: (name: string) => SecureContext | undefined }): { readonly SNICallback?: (name: string, done: (error: Error | null, context?: SecureContext) => void) => void } {
  return sni === undefined ? {} : { SNICallback: (name, done) => done(null, sni(name)) };
}
