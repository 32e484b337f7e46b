/** The file is not a bolt database, or is damaged; the message names the place. */
export class BoltError extends Error {
  override readonly name = 'BoltError';
}
