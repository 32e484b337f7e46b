/** Why a command or read is refused; the texts and codes of etcd are put on where the answer leaves the process. */
export type MvccErrorKind =
  | 'Compacted'
  | 'FutureRevision'
  | 'KeyNotFound'
  | 'LeaseNotFound'
  | 'LeaseExists'
  | 'LeaseTtlTooLarge';

export class MvccError extends Error {
  override readonly name = 'MvccError';
  readonly kind: MvccErrorKind;

  constructor(kind: MvccErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
