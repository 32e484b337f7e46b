/** Whether `If-None-Match` names the tag (RFC 9110, 13.1.2): a list, compared weakly, or `*`. */
export function namesTag(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
