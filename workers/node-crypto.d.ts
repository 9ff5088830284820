// The part of Node's crypto that workerd has and edge uses: WebCrypto has no hash that is there at once.
declare module 'node:crypto' {
  interface Hash {
    update(text: string): Hash
    digest(encoding: 'hex'): string
  }
  export function createHash(algorithm: 'sha256'): Hash
}
