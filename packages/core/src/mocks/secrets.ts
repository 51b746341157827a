/** Random codes and tokens of fakes. @module */

/** The characters of base64url, [RFC 4648 §5](https://www.rfc-editor.org/rfc/rfc4648#section-5). */
const base64urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** A random secret of a form that can be recognized: so many characters of an alphabet of at most 256. */
export function generateSecret(length = 32, alphabet: string = base64urlAlphabet): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => alphabet[byte % alphabet.length]).join('')
}
