import { inflateSync } from 'node:zlib';

/** The header dictionary of SPDY/3 and 3.1 (draft-mbelshe-httpbis-spdy-00, 2.6.10.1), itself compressed. */
const compressed = [
  'eNplVFFv2zYQFhbHLrq2W9c/wOdNaiiJStMBeUi7ZUsGp8XiYc9n8iSxoUiWomS7v34gZWfuBgjQ3ce77767o5QkycJYL43ukySZtQgivK3pfZIkJ3YIr7lAhR6TJDn1Dngw5sA52nD4',
  'YrIy3oLrMSDf7RHU3AipmyNIgW4GaALD8z3kQDcYip9M+CkoZTYxYPCtcfILBHkB4MBbzLjR3hmVJMlTbrRGvj9+Fg5Q+2wNfSD6/uAf6XjEjoS8eMRQN779KsrwQ/FvD1gnqqhl70b5',
  'x9X9zgZ/JiBObIYeQuU5bi3yMJ4Fbq10seVZ7UwX5z7N+4mssw48DyJeBtsIWUsUWS91HPtzWWfaaHyMChkHCa9knQ36/zkKev9IFXKO2nrWwTarjduAE0HR3DpoOkiS5AfrzHaXhSWg',
  '9pJP7bz6Fz1ezelBw8JhjQ5dmJhD73YZ1D668x7dGK1vItPCO5AqAi+9A93X6I5XtRhs40CE0KdDjy6DBnUY0mwEtwv3ZZRB52IDTu+3u9ls/it43qFvTWj7pIm3c9578EPstaCUfPgj',
  'cIzo+qmTJ7+vVh/P8td5yBicijMZ1kryIKRHn3FjHmSU9YBoM1ByjIWMk43UOaU5zYvwFAWtCnpeUlrSoqRlSVlJqzIgbxgtGK0YPWfBvmD0Lcspy3OWFywvWc5YXrH8nOVvKlpUlFWB',
  'qiR3RmdX0+w9eDkiudG1cV3cQ0EZuTPk/XQRS5qTpRlRkI/oOtCovdoxSsk7EORP/Dxg7xnNyV/6sEwUjJbk2ri1FAI1i3SeXJtBi4pScqM9Og2K3MdNkl+dM66ieYy66azCDrVHUdEy',
  'hkiOgX0EqWCt8BY0ucY1WYIjV9aRJezI7aDJ7aDI1dCQe7SefOCe3JmR/IKcUPpzfMjS6JSsBkzJ3yhSsmqHlFw7mZJ78Cm5H3RKfluueDvoBxSpx60/a32nUtlBg2dWN3vrkz1YjaxT',
  'sFbJ6UM423bqaz/k/xTQyGYVSD2Zn2CEnjtpfTpdC+vkCB7DdwQNXjZfpE0F1go8pr3g7f6/eDn4Ors4OLI32cVF9TbL04CnP6aoP1/S1/8A48anwg==',
].join('');

export const headerDictionary: Buffer = inflateSync(Buffer.from(compressed, 'base64'));
