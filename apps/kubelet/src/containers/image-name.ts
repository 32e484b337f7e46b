const component = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const domain = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$/;
const tag = /^\w[\w.-]{0,127}$/;
const digest = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const lengthMax = 255;

/** Why `image` is not a reference of the distribution specification; undefined for one that is. */
export function imageNameFault(image: string): string | undefined {
  const wrong = 'invalid reference format';
  const [named = '', hash, ...more] = image.split('@');
  if (more.length > 0 || (hash !== undefined && !digest.test(hash))) return wrong;
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const path = colon === -1 ? named : named.slice(0, colon);
  if (colon !== -1 && !tag.test(named.slice(colon + 1))) return wrong;
  const parts = path.split('/');
  const first = parts[0] ?? '';
  const hasDomain = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  if (hasDomain && !domain.test(first)) return wrong;
  const names = hasDomain ? parts.slice(1) : parts;
  if (names.join('/').length > lengthMax) return `${wrong}: repository name must not be more than ${lengthMax} characters`;
  if (names.every((name) => component.test(name))) return undefined;
  const lower = names.every((name) => component.test(name.toLowerCase()));
  return lower ? `${wrong}: repository name (${names.join('/')}) must be lowercase` : wrong;
}
