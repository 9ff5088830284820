// The part of Node's zlib that workerd has and edge uses: sources see workerd's types only, and those leave
// it out.
declare module 'node:zlib' {
  export const constants: { readonly BROTLI_PARAM_QUALITY: number }
  export function gzipSync(bytes: Uint8Array): Uint8Array
  export function brotliCompressSync(
    bytes: Uint8Array,
    options: { readonly params: Readonly<Record<number, number>> },
  ): Uint8Array
}
