// The parts of Node's modules that workerd has and the Workers use: sources see workerd's types only, and
// those leave them out.
declare module 'node:stream' {
  export interface Transform extends AsyncIterable<Uint8Array> {}
  /** Ends `to` with an error if `from` breaks off, and cancels `from` if nobody reads `to` any more. */
  export function pipeline(from: AsyncIterable<Uint8Array>, to: Transform, done: () => void): void
}

declare module 'node:zlib' {
  import type { Transform } from 'node:stream'
  export const constants: { readonly BROTLI_PARAM_QUALITY: number }
  export function gzipSync(bytes: Uint8Array): Uint8Array
  export function brotliCompressSync(
    bytes: Uint8Array,
    options: { readonly params: Readonly<Record<number, number>> },
  ): Uint8Array
  type Inflate = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array
  export const gunzipSync: Inflate
  export const inflateSync: Inflate
  export const brotliDecompressSync: Inflate
  export function createGunzip(): Transform
  export function createInflate(): Transform
  export function createBrotliDecompress(): Transform
}
