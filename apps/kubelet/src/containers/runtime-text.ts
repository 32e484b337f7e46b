import { causeChain } from '@rhythm/base';
import { RuntimeError } from '@rhythm/cri';

/** The runtime's words as Kubernetes shows them: an image that is not there keeps the code of the call. */
export function runtimeText(error: unknown): string {
  if (!(error instanceof RuntimeError)) return causeChain(error);
  return error.code === 'not-found' ? `rpc error: code = NotFound desc = ${error.details}` : error.details;
}
